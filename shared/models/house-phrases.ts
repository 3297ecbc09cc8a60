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

const phrases: ReadonlyMap<string, HousePhrases> = new Map([
  ['en', english],
  [
    'de',
    {
      greeting: 'Guten Tag,',
      intro: (title) => `in unserem Hilfebereich steht dazu unter „${title}“:`,
      link: 'Der ganze Artikel:',
      englishOnly: 'Diesen Artikel gibt es leider nur auf Englisch.',
      closing: 'Falls das Ihre Frage nicht beantwortet, antworten Sie einfach auf diese Nachricht.',
    },
  ],
  [
    'es',
    {
      greeting: 'Hola:',
      intro: (title) => `Esto es lo que dice nuestro centro de ayuda en «${title}»:`,
      link: 'El artículo completo:',
      englishOnly: 'Lamentablemente, este artículo solo está disponible en inglés.',
      closing: 'Si esto no responde a su pregunta, conteste simplemente a este mensaje.',
    },
  ],
  [
    'fr',
    {
      greeting: 'Bonjour,',
      intro: (title) => `voici ce que dit notre centre d’aide sous « ${title} » :`,
      link: 'L’article complet :',
      englishOnly: 'Cet article n’est malheureusement disponible qu’en anglais.',
      closing: 'Si cela ne répond pas à votre question, répondez simplement à ce message.',
    },
  ],
  [
    'zh',
    {
      greeting: '您好！',
      intro: (title) => `我们的帮助中心在《${title}》中有如下说明：`,
      link: '完整文章：',
      englishOnly: '抱歉，这篇文章目前只有英文版。',
      closing: '如果这没有解答您的问题，请直接回复此消息。',
    },
  ],
  [
    'ja',
    {
      greeting: 'お問い合わせありがとうございます。',
      intro: (title) => `ヘルプセンターの「${title}」に次のように記載されています。`,
      link: '記事の全文：',
      englishOnly: '申し訳ございませんが、この記事は英語版のみとなります。',
      closing: 'ご質問の答えになっていない場合は、このメッセージにそのままご返信ください。',
    },
  ],
]);

/** The phrases of a language, in English where there are none. */
export function phrasesFor(language: string): HousePhrases {
  return phrases.get(language) ?? english;
}
