/** What the simulated models write: sentences that would fit under almost any ticket, in the customer's language. */

const english = [
  'Thank you for your message.',
  'We have looked into what you describe and checked it against our records.',
  'Please have your order number at hand, it helps us to find everything at once.',
  'You will find each step in your account, under “My orders”.',
  'If something is not as you expect it, simply reply to this message.',
  'A colleague will check what we could not answer here and come back to you.',
];

const phrases: Record<string, readonly string[]> = {
  en: english,
  de: [
    'vielen Dank für Ihre Nachricht.',
    'Wir haben uns angesehen, was Sie beschreiben, und es mit unseren Unterlagen verglichen.',
    'Bitte halten Sie Ihre Bestellnummer bereit, damit wir alles sofort finden.',
    'Jeden Schritt finden Sie in Ihrem Konto unter „Meine Bestellungen“.',
    'Wenn etwas nicht so ist, wie Sie es erwarten, antworten Sie einfach auf diese Nachricht.',
    'Eine Kollegin prüft, was wir hier nicht beantworten konnten, und meldet sich bei Ihnen.',
  ],
  es: [
    'Gracias por su mensaje.',
    'Hemos mirado lo que nos cuenta y lo hemos comparado con nuestros datos.',
    'Tenga a mano el número de su pedido, así lo encontramos todo enseguida.',
    'Encontrará cada paso en su cuenta, en «Mis pedidos».',
    'Si algo no es como espera, responda simplemente a este mensaje.',
    'Una compañera revisará lo que no hemos podido contestar aquí y le escribirá.',
  ],
  fr: [
    'Merci pour votre message.',
    'Nous avons regardé ce que vous décrivez et l’avons comparé à nos données.',
    'Gardez votre numéro de commande sous la main, cela nous aide à tout retrouver.',
    'Vous trouverez chaque étape dans votre compte, sous « Mes commandes ».',
    'Si quelque chose ne va pas comme prévu, répondez simplement à ce message.',
    'Une collègue vérifiera ce que nous n’avons pas pu régler ici et vous répondra.',
  ],
  it: [
    'Grazie per il suo messaggio.',
    'Abbiamo guardato quello che ci descrive e lo abbiamo confrontato con i nostri dati.',
    'Tenga a portata di mano il numero dell’ordine, così troviamo subito tutto.',
    'Trova ogni passaggio nel suo account, alla voce «I miei ordini».',
    'Se qualcosa non è come si aspetta, risponda semplicemente a questo messaggio.',
  ],
  nl: [
    'Bedankt voor uw bericht.',
    'We hebben bekeken wat u beschrijft en het met onze gegevens vergeleken.',
    'Houd uw bestelnummer bij de hand, dan vinden we alles meteen.',
    'U vindt elke stap in uw account, onder ‘Mijn bestellingen’.',
    'Is iets niet zoals u het verwacht, beantwoord dan gewoon dit bericht.',
  ],
  pt: [
    'Obrigado pela sua mensagem.',
    'Vimos o que descreve e comparámos com os nossos registos.',
    'Tenha à mão o número da encomenda, para encontrarmos tudo de imediato.',
    'Encontra cada passo na sua conta, em «As minhas encomendas».',
    'Se algo não estiver como espera, responda simplesmente a esta mensagem.',
  ],
  ru: [
    'Спасибо за ваше сообщение.',
    'Мы посмотрели то, что вы описали, и сверили это с нашими данными.',
    'Держите номер заказа под рукой, так мы быстрее всё найдём.',
    'Каждый шаг вы найдёте в личном кабинете, в разделе «Мои заказы».',
    'Если что-то не так, как вы ожидаете, просто ответьте на это сообщение.',
  ],
  zh: [
    '您好，感谢您的来信。',
    '我们已经查看了您所说的情况，并核对了我们的记录。',
    '请准备好您的订单号，这样我们可以马上找到全部信息。',
    '您可以在账户的“我的订单”中看到每一步的说明。',
    '如果有什么和您预期的不一样，直接回复这封邮件即可。',
    '这里没有回答到的问题，同事会核实后再联系您。',
  ],
  ja: [
    'お問い合わせいただきありがとうございます。',
    'ご説明いただいた内容を確認し、当店の記録と照らし合わせました。',
    'ご注文番号をお手元にご用意いただけますと、すぐにお調べできます。',
    '各手順はアカウントの「注文履歴」でご覧いただけます。',
    'ご不明な点がございましたら、このメールにそのままご返信ください。',
  ],
  ko: [
    '문의해 주셔서 감사합니다.',
    '말씀하신 내용을 살펴보고 저희 기록과 대조해 보았습니다.',
    '주문 번호를 준비해 두시면 모든 내용을 바로 찾을 수 있습니다.',
    '각 단계는 계정의 “내 주문”에서 확인하실 수 있습니다.',
    '예상과 다른 점이 있으면 이 메시지에 바로 답장해 주세요.',
  ],
  ar: [
    'شكرا على رسالتك.',
    'لقد نظرنا في ما وصفته وقارناه بسجلاتنا.',
    'يرجى تجهيز رقم طلبك حتى نجد كل شيء بسرعة.',
    'ستجد كل خطوة في حسابك تحت عنوان «طلباتي».',
    'إذا كان هناك شيء غير ما تتوقعه، فما عليك إلا الرد على هذه الرسالة.',
  ],
};

/** About `tokens` tokens of it, by `count`. English where the language is not known. */
export function writeReply(language: string, tokens: number, count: (text: string) => number): string {
  const sentences = phrases[language] ?? english;
  let text = '(Simulated reply)';
  for (let next = 0; count(text) < tokens; next += 1) text += ` ${sentences[next % sentences.length]}`;
  return text;
}
