import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flagsOf } from '../../services/classifier/flags.ts';

const flags = (body: string, subject = ''): string[] => flagsOf({ subject, body });

const raising: Record<string, Record<string, string>> = {
  legal: {
    en: 'If I do not hear from you by Friday I will take legal action.',
    'en, lawyer': 'You will hear from my lawyer.',
    'en, sue': "I'll sue you over this.",
    de: 'Sonst schalte ich meinen Anwalt ein und leite rechtliche Schritte ein.',
    fr: 'Sans réponse, mon avocat prendra contact avec vous. Je vais porter plainte.',
    es: 'Si no responden, mi abogado tomará acciones legales.',
    it: 'Altrimenti mi rivolgo a un avvocato e procederò per vie legali.',
    pt: 'Vou ao Procon e meu advogado entrará em contato.',
    nl: 'Anders neem ik juridische stappen tegen u.',
    ru: 'Если не вернёте деньги, я подам в суд.',
    zh: '再不处理我就找律师起诉你们',
    'zh, traditional': '我會採取法律途徑',
    ja: '対応いただけない場合は弁護士に相談し、法的措置を取ります。',
    ko: '환불이 안 되면 변호사와 상담하겠습니다.',
  },
  security: {
    en: 'My account was hacked last night.',
    'en, card': 'There is an unauthorized payment, I think my card was stolen.',
    'en, mail': 'I got a phishing mail that looks like yours.',
    de: 'Mein Konto wurde gehackt, bitte sofort sperren.',
    fr: 'Mon compte a été piraté hier soir.',
    es: 'Han hackeado mi cuenta, es un fraude.',
    it: 'Il mio account è stato hackerato.',
    pt: 'Minha conta foi hackeada ontem.',
    nl: 'Mijn account is gehackt.',
    zh: '我的账号被盗了，请马上冻结',
    ja: '不正アクセスがあったようです。乗っ取りが心配です。',
  },
  angry: {
    en: 'This is unacceptable, the worst service I have ever seen.',
    'en, shouting': 'WHERE IS MY PARCEL, I HAVE BEEN WAITING FOR WEEKS!!!',
    de: 'Das ist eine Frechheit.',
    fr: "C'est inadmissible, j'en ai marre.",
    es: 'Es una vergüenza, estoy harto.',
    it: 'È vergognoso, mai più.',
    pt: 'Isso é uma falta de respeito.',
    nl: 'Dit is onacceptabel en belachelijk.',
    zh: '太过分了，我受够了',
    ja: 'いい加減にしてください。最悪です。',
  },
};

describe('flags', () => {
  for (const [flag, texts] of Object.entries(raising)) {
    for (const [language, text] of Object.entries(texts)) {
      it(`raises ${flag}, from the body and from the subject: ${language}`, () => {
        assert.deepEqual(flags(text), [flag]);
        assert.deepEqual(flags('.', text), [flag]);
      });
    }
  }

  const ordinary = [
    'Do you sell legal size paper?',
    'I forgot my password and cannot log in.',
    'My lawyer friend recommended your shop.',
    'Is the tennis court open on Sunday? I left my basketball on court two.',
    'Can I pay by credit card? I want to change the security code of my alarm.',
    'Please issue an invoice, I need it for the court yard project.',
    'Sue asked me to return the shoes. Her tissue box was missing.',
    'The issue is that the pursuer toy arrived without batteries.',
    'Please reset my two-factor authentication, I have a new phone.',
    'Der Gesamtbetrag betrug 50 Euro, bitte um eine Rechnung.',
    'Die Größe reicht mir leider nicht.',
    "J'ai commandé un avocat et deux citrons, l'avocat était trop mûr.",
    'La stufa che ho comprato non si accende.',
    '最低注文金額はいくらですか。',
    '请问什么时候发货？谢谢',
    'Minha pele ficou irritada com o creme.',
    'Ik zat gisteren te wachten op het pakket.',
    'We own a thieves oil diffuser and would like a refill.',
    'When is the last chance to order before Christmas?',
    'PLEASE SEND THE INVOICE TO MY NEW ADDRESS. THANK YOU.',
    'Thank you so much!!!',
  ];
  for (const body of ordinary) it(`raises nothing: ${body}`, () => assert.deepEqual(flags(body), []));

  it('matches whole words only', () => {
    assert.deepEqual(flags('The scampi was good, the defrauder character in the film too.'), []);
    assert.deepEqual(flags('This is a scam.'), ['security']);
    assert.deepEqual(flags('SCAM'), ['security']);
    assert.deepEqual(flags('Unbefugter Zugriff auf mein Konto'), ['security']);
  });

  it('reads what the customer wrote, not what was quoted', () => {
    assert.deepEqual(
      flags('Thanks, solved.\n\nOn Mon, Nov 2, 2026 at 10:12 AM Ana <a@b.example> wrote:\n> I will sue you'),
      [],
    );
    assert.deepEqual(flags('Thanks.\n\n-- \nLegal notice: unauthorized use is prohibited.'), []);
  });

  it('counts questions, not question marks of links or of emphasis', () => {
    assert.deepEqual(flags('Where is it? When does it come? Who pays?'), ['multi_question']);
    assert.deepEqual(flags('在哪里？什么时候到？谁付款？'), ['multi_question']);
    assert.deepEqual(flags('أين الطلب؟ متى يصل؟ من يدفع؟'), ['multi_question']);
    assert.deepEqual(flags('Where is it??? When?'), []);
    assert.deepEqual(flags('See https://a.example/?x https://a.example/?y https://a.example/?z'), []);
  });

  it('calls a text long from 3,000 characters of the customer’s own words', () => {
    assert.deepEqual(flags('word '.repeat(700)), ['long']);
    assert.deepEqual(flags('word '.repeat(500)), []);
    assert.deepEqual(flags(`Thanks.\n\n-----Original Message-----\n${'word '.repeat(700)}`), []);
  });

  it('notes attachments', () => {
    assert.deepEqual(flagsOf({ subject: '', body: 'See file.', attachments: 2 }), ['attachments']);
    assert.deepEqual(flagsOf({ subject: '', body: 'See file.', attachments: 0 }), []);
  });

  it('looks at a bounded part of hostile texts', () => {
    assert.ok(!flags(`${'word '.repeat(3000)} I will sue you`).includes('legal'));
    for (const unit of ['a', 'a@', '?', '<', 'http://', '!A', ' my lawyer', '被', '```', "a'", '\ud800']) {
      const text = unit.repeat(Math.ceil(100_000 / unit.length));
      const started = performance.now();
      flagsOf({ subject: text, body: text });
      assert.ok(performance.now() - started < 1000, unit);
    }
  });
});
