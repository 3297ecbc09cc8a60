import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createLanguageDetector } from '../../shared/language/detect.ts';
import type { LanguageGuess, LanguageInput } from '../../shared/language/detect.ts';
import { primaryTag } from '../../shared/language/groups.ts';

type Detect = (input: LanguageInput) => LanguageGuess;

const sentences: Record<string, string> = {
  en: 'My order has not arrived yet and nobody answers the phone.',
  de: 'Meine Bestellung ist noch nicht angekommen und niemand geht ans Telefon.',
  fr: "Ma commande n'est toujours pas arrivée et personne ne répond au téléphone.",
  es: 'Mi pedido todavía no ha llegado y nadie contesta al teléfono.',
  it: 'Il mio ordine non è ancora arrivato e nessuno risponde al telefono.',
  pt: 'O meu pedido ainda não chegou e ninguém atende o telefone.',
  nl: 'Mijn bestelling is nog niet aangekomen en niemand neemt de telefoon op.',
  sv: 'Min beställning har inte kommit fram ännu och ingen svarar i telefonen.',
  da: 'Min bestilling er ikke kommet endnu, og ingen tager telefonen hos jer.',
  fi: 'Tilaukseni ei ole vielä saapunut eikä kukaan vastaa puhelimeen.',
  pl: 'Moje zamówienie jeszcze nie dotarło i nikt nie odbiera telefonu.',
  cs: 'Moje objednávka ještě nedorazila a nikdo nezvedá telefon.',
  ro: 'Comanda mea nu a ajuns încă și nimeni nu răspunde la telefon.',
  hu: 'A rendelésem még nem érkezett meg, és senki sem veszi fel a telefont.',
  tr: 'Siparişim hâlâ gelmedi ve kimse telefona cevap vermiyor.',
  vi: 'Đơn hàng của tôi vẫn chưa đến và không ai trả lời điện thoại.',
  id: 'Pesanan saya belum sampai dan tidak ada yang menjawab telepon.',
  ru: 'Мой заказ до сих пор не пришёл, и никто не берёт трубку.',
  uk: 'Моє замовлення досі не надійшло, і ніхто не бере слухавку.',
  bg: 'Поръчката ми още не е пристигнала и никой не вдига телефона.',
  el: 'Η παραγγελία μου δεν έχει φτάσει ακόμα και κανείς δεν απαντά.',
  ar: 'لم يصل طلبي بعد ولا أحد يرد على الهاتف منذ أسبوع.',
  fa: 'سفارش من هنوز نرسیده است و هیچ کس به تلفن پاسخ نمی‌دهد.',
  he: 'ההזמנה שלי עדיין לא הגיעה ואף אחד לא עונה לטלפון.',
  hi: 'मेरा ऑर्डर अभी तक नहीं आया है और कोई फ़ोन नहीं उठा रहा है।',
  th: 'คำสั่งซื้อของฉันยังไม่มาถึงและไม่มีใครรับโทรศัพท์เลย',
  ja: '注文した商品がまだ届いていません。電話にも誰も出ません。',
  ko: '주문한 상품이 아직 도착하지 않았고 아무도 전화를 받지 않습니다.',
  zh: '我的订单还没有到，打电话也没有人接。',
};

const agentMail = [
  'Dear customer,',
  '',
  'thank you for writing to our support team. The parcel left our warehouse on Monday and should be with you within',
  'five working days. Please do not hesitate to contact us again should you have any further questions about it.',
  '',
  'Kind regards,',
  'The support team',
].join('\n');
const marked = agentMail.replaceAll(/^/gmu, '> ');

/** What stands below or around the reply, all of it English. */
const shapes: Record<string, (reply: string) => string> = {
  'On … wrote: with marks': (reply) =>
    `${reply}\n\nOn Mon, Nov 2, 2026 at 10:12 AM Support <help@shop.example> wrote:\n${marked}`,
  'Outlook separator': (reply) =>
    `${reply}\n\n-----Original Message-----\nFrom: Support\nSent: Monday\nTo: Me\nSubject: Order\n\n${agentMail}`,
  'bare header block': (reply) => `${reply}\n\nFrom: Support\nDate: Monday\nSubject: Order\n\n${agentMail}`,
  'English below, unmarked': (reply) => `${reply}\n\n${agentMail}`,
  'disclaimer below --': (reply) =>
    `${reply}\n\n--\nThis email and any attachments are confidential and intended solely for the addressee.`,
  'stack trace in a fence': (reply) =>
    `${reply}\n\`\`\`\nTypeError: Cannot read properties of undefined\n    at render (/app/view.js:10:12)\n\`\`\``,
  'English error in quotes': (reply) =>
    `${reply} "Payment could not be processed. Please contact your bank."`,
  'links and numbers': (reply) =>
    `${reply} https://shop.example/orders/view?id=5531&tracking=true 1Z999AA10123456784 help@shop.example`,
  'sent from a phone': (reply) => `${reply}\n\nSent from my iPhone`,
};

describe('language detection', () => {
  let detectAll: Detect;
  before(async () => {
    detectAll = await createLanguageDetector({ languages: null });
  });
  const detect = (body: string, hint: string | null = null, subject = ''): LanguageGuess =>
    detectAll({ subject, body, hint });

  for (const [language, sentence] of Object.entries(sentences)) {
    it(`knows a sentence of ${language}, in capitals too`, () => {
      assert.equal(detect(sentence).language, language);
      assert.equal(detect(sentence.toUpperCase()).language, language);
      assert.ok(detect(sentence).confidence > 0.8, String(detect(sentence).confidence));
    });
  }

  for (const [shape, wrap] of Object.entries(shapes)) {
    it(`reads the reply and not what surrounds it: ${shape}`, () => {
      for (const [language, sentence] of Object.entries(sentences)) {
        assert.equal(detect(wrap(sentence)).language, language, `${language}: ${wrap(sentence)}`);
      }
    });
  }

  it('is not led by an English subject', () => {
    for (const [language, sentence] of Object.entries(sentences)) {
      assert.equal(detect(sentence, null, 'Re: your recent order with our shop').language, language);
    }
  });

  it('uses the subject where the body has no letters', () => {
    assert.equal(detect('12345 !!', null, 'Wo bleibt meine Bestellung von letzter Woche?').language, 'de');
  });

  it('says und where there are no letters', () => {
    for (const body of [
      '',
      '   \n',
      '12345',
      '?!?!',
      '👍👍🎉',
      '+49 170 1234567',
      'https://shop.example/x',
      'a@b.example',
      '#5531',
      '€ 12,50',
    ]) {
      const guess = detect(body);
      assert.equal(guess.language, 'und', JSON.stringify(body));
      assert.equal(guess.source, 'und');
      assert.equal(guess.confidence, 0);
    }
  });

  it('says und for letters that are no words', () => {
    assert.equal(detect('xkcdq zzzvw').language, 'und');
  });

  it('tells simplified from traditional Chinese, and says nothing where both write the same', () => {
    const scripts: [string, 'Hans' | 'Hant' | null][] = [
      ['我的订单还没有到，请问什么时候发货？', 'Hans'],
      ['我的訂單還沒有到，請問什麼時候出貨？', 'Hant'],
      ['请帮我退货', 'Hans'],
      ['請幫我退貨', 'Hant'],
      ['退款', null],
      ['你好', null],
    ];
    for (const [body, script] of scripts) {
      const guess = detect(body);
      assert.deepEqual([guess.language, guess.script], ['zh', script], body);
    }
    assert.equal(detect('訂單 订单').script, null);
    assert.equal(detect(sentences['ja'] ?? '').script, null);
  });

  it('calls Chinese with product names and error texts Chinese', () => {
    assert.equal(detect('我的 iPhone 15 Pro Max 收到 "Payment Declined" 的提示，怎么办').language, 'zh');
    assert.equal(detect('Samsung Galaxy Watch Ultra Classic 无法连接 Bluetooth 耳机').language, 'zh');
  });

  it('does not take one kana for Japanese, nor kanji that only Japan writes for Chinese', () => {
    assert.equal(detect('这是我の订单，请尽快处理一下，谢谢').language, 'zh');
    assert.equal(detect('返金手続状況').language, 'ja');
    assert.equal(detect('キャンセル').language, 'ja');
    assert.deepEqual([detect('返品', 'ja').language, detect('返品', 'ja').source], ['ja', 'hint']);
    assert.equal(detect('退货', 'ja').language, 'zh');
  });

  it('knows greetings and single words', () => {
    const words: [string, string][] = [
      ['hi', 'en'],
      ['thx!', 'en'],
      ['refund??', 'en'],
      ['reset password', 'en'],
      ['cancel order', 'en'],
      ['merci', 'fr'],
      ['Bonjour', 'fr'],
      ['hola', 'es'],
      ['danke', 'de'],
      ['ciao', 'it'],
      ['obrigado', 'pt'],
      ['bedankt', 'nl'],
      ['teşekkürler', 'tr'],
      ['где заказ?', 'ru'],
      ['спасибо', 'ru'],
      ['дякую', 'uk'],
      ['شكرا', 'ar'],
      ['谢谢', 'zh'],
      ['감사합니다', 'ko'],
    ];
    for (const [body, language] of words) assert.equal(detect(body).language, language, body);
  });

  it('lets the hint decide short and doubtful texts, and a plain long text decide against the hint', () => {
    assert.deepEqual([detect('ok', 'de').language, detect('ok', 'de').source], ['de', 'hint']);
    assert.equal(detect('ok').language, 'und');
    assert.equal(detect('refund', 'pl').language, 'pl');
    assert.equal(detect('danke', 'en').language, 'de');
    assert.equal(detect('123', 'fr-CA').language, 'fr');
    assert.deepEqual(
      [detect(sentences['de'] ?? '', 'en').language, detect(sentences['de'] ?? '', 'en').source],
      ['de', 'eld'],
    );
    assert.equal(detect(sentences['ru'] ?? '', 'en').language, 'ru');
    assert.equal(detect('Мой заказ', 'en').language, 'ru');
  });

  it('ignores a hint that is no language tag', () => {
    for (const hint of ['', 'und', 'not a tag', '12', 'x'.repeat(100_000)]) {
      assert.equal(detect('ok', hint).language, 'und', hint.slice(0, 20));
    }
  });

  it('groups what cannot be told apart, and reports the member that the operator or the sender names', async () => {
    const text = sentences['id'] ?? '';
    assert.deepEqual([detect(text).language, detect(text).group], ['id', 'id-ms']);
    assert.equal(detect(text, 'ms-MY').language, 'ms');
    const malaysia = await createLanguageDetector({ languages: ['ms', 'en'] });
    assert.equal(malaysia({ subject: '', body: text, hint: null }).language, 'ms');
    const serbianInLatin = 'Moja porudžbina još uvek nije stigla i niko se ne javlja na telefon.';
    assert.deepEqual([detect(serbianInLatin).language, detect(serbianInLatin).group], ['hr', 'hr-sr-bs']);
    const serbia = await createLanguageDetector({ languages: ['sr'] });
    assert.equal(serbia({ subject: '', body: serbianInLatin, hint: null }).language, 'sr');
    assert.equal(detect('Моја поруџбина још увек није стигла и нико се не јавља.').language, 'sr');
    const norwegian = 'Bestillingen min har ikke kommet ennå, og ingen tar telefonen når jeg ringer dere.';
    assert.equal(detect(norwegian).language, 'no');
    assert.equal(detect(norwegian, 'nb').language, 'nb');
    assert.equal(detect(sentences['de'] ?? '').group, null);
  });

  it('prefers the configured languages, and still says when a ticket is plainly in another', async () => {
    const few = await createLanguageDetector({ languages: ['de', 'en'] });
    assert.equal(few({ subject: '', body: 'Paket verloren', hint: null }).language, 'de');
    assert.equal(few({ subject: '', body: sentences['fr'] ?? '', hint: null }).language, 'fr');
    assert.equal(few({ subject: '', body: '¿Dónde está?', hint: null }).language, 'es');
    assert.equal(few({ subject: '', body: sentences['ru'] ?? '', hint: null }).language, 'ru');
  });

  it('names the other language of a text in two scripts', () => {
    const body =
      '我收到的邮件是这样写的，我看不懂，请帮忙看一下: your payment could not be processed by the bank';
    assert.deepEqual([detect(body).language, detect(body).mixed], ['zh', ['en']]);
    assert.deepEqual(detect('我的 iPhone 坏了').mixed, []);
  });

  it('is less sure of less text, and never surer than 1', () => {
    const long = detect(sentences['es'] ?? '');
    const short = detect('Mi pedido no');
    assert.ok(short.confidence < long.confidence);
    for (const sentence of Object.values(sentences)) assert.ok(detect(sentence).confidence <= 1);
  });

  it('survives hostile texts of 100,000 characters, in body and subject', () => {
    for (const unit of [
      'a',
      '<',
      '>',
      '"a',
      'a@',
      '---',
      'http://',
      '7',
      '😀',
      '\n',
      '```',
      ' ',
      'From:\n',
      'On 2026 wrote:',
      '我',
      '&gt;',
      '\ud800',
    ]) {
      const text = unit.repeat(Math.ceil(100_000 / unit.length));
      const started = performance.now();
      const guess = detectAll({ subject: text, body: text, hint: text });
      assert.ok(performance.now() - started < 1000, unit);
      assert.match(guess.language, /^[a-z]{2,3}$/u);
    }
  });
});

describe('language tags', () => {
  it('become primary and current', () => {
    const tags: [string | null, string | null][] = [
      ['pt-BR', 'pt'],
      ['zh_Hant_TW', 'zh'],
      ['EN', 'en'],
      ['iw', 'he'],
      ['in', 'id'],
      ['fil', 'fil'],
      ['und', null],
      [null, null],
      ['english', null],
    ];
    for (const [tag, primary] of tags) assert.equal(primaryTag(tag), primary, String(tag));
  });
});
