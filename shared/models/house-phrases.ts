/** What the house model says around a quoted article, by language. */

type HousePhrases = {
  greeting: string;
  /** Introduces the quotation; names the article. */
  intro: (title: string) => string;
  /** Introduces the link to the whole article. */
  link: string;
  /** Said where the article exists in English only. */
  englishOnly: string;
  closing: string;
};

const english: HousePhrases = {
  greeting: 'Hello,',
  intro: (title) => `This is what our help centre says under “${title}”:`,
  link: 'The whole article:',
  englishOnly: 'Please note that this article is available in English only.',
  closing: 'If this does not answer your question, simply reply to this message.',
};

const phrases: Readonly<Record<string, HousePhrases>> = {
  en: english,
  de: {
    greeting: 'Guten Tag,',
    intro: (title) => `in unserem Hilfebereich steht dazu unter „${title}“:`,
    link: 'Der ganze Artikel:',
    englishOnly: 'Diesen Artikel gibt es leider nur auf Englisch.',
    closing: 'Falls das Ihre Frage nicht beantwortet, antworten Sie einfach auf diese Nachricht.',
  },
  es: {
    greeting: 'Hola:',
    intro: (title) => `Esto es lo que dice nuestro centro de ayuda en «${title}»:`,
    link: 'El artículo completo:',
    englishOnly: 'Lamentablemente, este artículo solo está disponible en inglés.',
    closing: 'Si esto no responde a su pregunta, conteste simplemente a este mensaje.',
  },
  fr: {
    greeting: 'Bonjour,',
    intro: (title) => `voici ce que dit notre centre d’aide sous « ${title} » :`,
    link: 'L’article complet :',
    englishOnly: 'Cet article n’est malheureusement disponible qu’en anglais.',
    closing: 'Si cela ne répond pas à votre question, répondez simplement à ce message.',
  },
  it: {
    greeting: 'Buongiorno,',
    intro: (title) => `ecco che cosa dice il nostro centro assistenza alla voce «${title}»:`,
    link: 'L’articolo completo:',
    englishOnly: 'Purtroppo questo articolo è disponibile solo in inglese.',
    closing: 'Se non risponde alla Sua domanda, risponda semplicemente a questo messaggio.',
  },
  nl: {
    greeting: 'Hallo,',
    intro: (title) => `dit staat in ons helpcentrum onder ‘${title}’:`,
    link: 'Het hele artikel:',
    englishOnly: 'Dit artikel is helaas alleen in het Engels beschikbaar.',
    closing: 'Is uw vraag hiermee niet beantwoord, antwoord dan gewoon op dit bericht.',
  },
  pt: {
    greeting: 'Olá,',
    intro: (title) => `isto é o que diz o nosso centro de ajuda em «${title}»:`,
    link: 'O artigo completo:',
    englishOnly: 'Infelizmente, este artigo só está disponível em inglês.',
    closing: 'Se isto não responder à sua pergunta, basta responder a esta mensagem.',
  },
  pl: {
    greeting: 'Dzień dobry,',
    intro: (title) => `oto co na ten temat mówi nasze centrum pomocy w artykule „${title}”:`,
    link: 'Cały artykuł:',
    englishOnly: 'Niestety ten artykuł jest dostępny tylko po angielsku.',
    closing: 'Jeśli to nie jest odpowiedź na Twoje pytanie, po prostu odpowiedz na tę wiadomość.',
  },
  sv: {
    greeting: 'Hej,',
    intro: (title) => `så här står det i vårt hjälpcenter under ”${title}”:`,
    link: 'Hela artikeln:',
    englishOnly: 'Den här artikeln finns tyvärr bara på engelska.',
    closing: 'Om det inte besvarar din fråga, svara bara på det här meddelandet.',
  },
  tr: {
    greeting: 'Merhaba,',
    intro: (title) => `yardım merkezimizde “${title}” başlığı altında şunlar yazıyor:`,
    link: 'Makalenin tamamı:',
    englishOnly: 'Bu makale ne yazık ki yalnızca İngilizce olarak mevcut.',
    closing: 'Bu sorunuzu yanıtlamıyorsa bu mesajı yanıtlamanız yeterli.',
  },
  ru: {
    greeting: 'Здравствуйте!',
    intro: (title) => `Вот что об этом сказано в нашем справочном центре, в статье «${title}»:`,
    link: 'Статья целиком:',
    englishOnly: 'К сожалению, эта статья есть только на английском языке.',
    closing: 'Если это не отвечает на ваш вопрос, просто ответьте на это сообщение.',
  },
  zh: {
    greeting: '您好！',
    intro: (title) => `我们的帮助中心在《${title}》中有如下说明：`,
    link: '完整文章：',
    englishOnly: '抱歉，这篇文章目前只有英文版。',
    closing: '如果这没有解答您的问题，请直接回复此消息。',
  },
  ja: {
    greeting: 'お問い合わせありがとうございます。',
    intro: (title) => `ヘルプセンターの「${title}」に次のように記載されています。`,
    link: '記事の全文：',
    englishOnly: '申し訳ございませんが、この記事は英語版のみとなります。',
    closing: 'ご質問の答えになっていない場合は、このメッセージにそのままご返信ください。',
  },
  ko: {
    greeting: '안녕하세요,',
    intro: (title) => `고객센터의 ‘${title}’ 문서에 다음과 같이 안내되어 있습니다.`,
    link: '전체 문서:',
    englishOnly: '죄송하지만 이 문서는 영어로만 제공됩니다.',
    closing: '질문에 대한 답이 되지 않았다면 이 메시지에 답장해 주세요.',
  },
  ar: {
    greeting: 'مرحبًا،',
    intro: (title) => `هذا ما يقوله مركز المساعدة لدينا تحت عنوان «${title}»:`,
    link: 'المقال الكامل:',
    englishOnly: 'للأسف، هذا المقال متوفر باللغة الإنجليزية فقط.',
    closing: 'إذا لم يكن هذا جوابًا عن سؤالك، فما عليك سوى الرد على هذه الرسالة.',
  },
};

/** The phrases of a language, in English where there are none. */
export function phrasesFor(language: string): HousePhrases {
  return Object.hasOwn(phrases, language) ? (phrases[language] ?? english) : english;
}
