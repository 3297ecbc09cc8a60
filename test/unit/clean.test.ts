import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cleanForDetection, detectionCapChars, ownText } from '../../shared/language/clean.ts';

const reply = 'Das Paket kam leider beschädigt bei mir an.';
const quoted = 'Dear customer, your parcel left our warehouse on Monday.';

describe('the customer’s own text', () => {
  const attributions: Record<string, string> = {
    en: 'On Mon, Nov 2, 2026 at 10:12 AM Support <help@shop.example> wrote:',
    'en, wrapped': 'On Mon, Nov 2, 2026 at 10:12 AM The Support Team of the Shop\n<help@shop.example> wrote:',
    de: 'Am Mo., 2. Nov. 2026 um 10:12 Uhr schrieb Support <help@shop.example>:',
    'de without address': 'Am 02.11.2026 um 10:12 schrieb Support:',
    fr: 'Le lun. 2 nov. 2026 à 10:12, Support <help@shop.example> a écrit :',
    'fr without address': 'Le 2 novembre 2026 à 10:12, le support a écrit :',
    es: 'El lun, 2 nov 2026 a las 10:12, Support (<help@shop.example>) escribió:',
    it: 'Il giorno lun 2 nov 2026 alle ore 10:12 Support <help@shop.example> ha scritto:',
    pt: 'Em seg., 2 de nov. de 2026 às 10:12, Support <help@shop.example> escreveu:',
    nl: 'Op ma 2 nov 2026 om 10:12 schreef Support <help@shop.example>:',
    sv: 'Den mån 2 nov. 2026 kl 10:12 skrev Support <help@shop.example>:',
    pl: 'pon., 2 lis 2026 o 10:12 Support <help@shop.example> napisał(a):',
    tr: 'Support <help@shop.example>, 2 Kas 2026 Pzt, 10:12 tarihinde şunu yazdı:',
    ru: 'пн, 2 нояб. 2026 г. в 10:12, Support <help@shop.example>:',
    uk: 'пн, 2 лист. 2026 р. о 10:12 Support <help@shop.example> пише:',
    zh: 'Support <help@shop.example> 于2026年11月2日周一 10:12写道：',
    ja: '2026年11月2日(月) 10:12 Support <help@shop.example>:',
    ko: '2026년 11월 2일 (월) 오전 10:12, Support <help@shop.example>님이 작성:',
  };
  for (const [name, line] of Object.entries(attributions)) {
    it(`ends at an attribution: ${name}`, () => {
      assert.equal(ownText(`${reply}\n\n${line}\n\n${quoted}`), reply);
      assert.equal(ownText(`${reply}\n\n${line}\n> ${quoted}\n> more`), reply);
    });
  }

  const separators = [
    '-----Original Message-----',
    '-----Ursprüngliche Nachricht-----',
    '-----Message d’origine-----',
    '-----Mensaje original-----',
    '-----Messaggio originale-----',
    '-----Mensagem original-----',
    '-----Oorspronkelijk bericht-----',
    '-----Исходное сообщение-----',
    '------------------ 原始邮件 ------------------',
    '---------- Forwarded message ---------',
    '-- Original Message --',
    '________________________________',
    '##- Please type your reply above this line -##',
  ];
  for (const line of separators) {
    it(`ends at a separator: ${line}`, () => assert.equal(ownText(`${reply}\n\n${line}\n${quoted}`), reply));
  }

  const blocks = [
    'From: Support\nSent: Monday\nTo: Me\nSubject: Order',
    '*From:* Support\n*Date:* Monday\n*Subject:* Order',
    'Von: Support\nGesendet: Montag\nAn: Kunde\nBetreff: Bestellung',
    'De : Support\nEnvoyé : lundi\nÀ : Client\nObjet : Commande',
    'De: Support\nEnviado: lunes\nPara: Cliente\nAsunto: Pedido',
    'Da: Support\nInviato: lunedì\nA: Cliente\nOggetto: Ordine',
    'De: Support\nData: segunda\nPara: Cliente\nAssunto: Pedido',
    'Van: Support\nVerzonden: maandag\nAan: Klant\nOnderwerp: Bestelling',
    'От: Support\nДата: понедельник\nКому: Клиент\nТема: Заказ',
    'Від: Support\nНадіслано: понеділок\nКому: Клієнт\nТема: Замовлення',
    'Kimden: Support\nTarih: Pazartesi\nKime: Müşteri\nKonu: Sipariş',
    'Od: Support\nWysłano: poniedziałek\nDo: Klient\nTemat: Zamówienie',
    '发件人: Support\n发送时间: 星期一\n收件人: 客户\n主题: 订单',
    '寄件者：Support\n寄件日期：星期一\n收件人：客戶\n主旨：訂單',
    '差出人: Support\n送信日時: 月曜日\n宛先: 客\n件名: 注文',
    '보낸 사람: Support\n날짜: 월요일\n받는 사람: 고객\n제목: 주문',
  ];
  for (const block of blocks) {
    it(`ends at a header block: ${block.split('\n').at(-1) ?? ''}`, () => {
      assert.equal(ownText(`${reply}\n\n${block}\n\n${quoted}`), reply);
    });
  }

  const phones = [
    'Sent from my iPhone',
    'Von meinem iPhone gesendet',
    'Gesendet von meinem Samsung Galaxy',
    'Envoyé de mon iPhone',
    'Enviado desde mi iPhone',
    'Inviato da iPhone',
    'Enviado do meu iPhone',
    'Verstuurd vanaf mijn iPhone',
    'Skickat från min iPhone',
    'Sendt fra min iPhone',
    'Wysłane z iPhone’a',
    'Отправлено с iPhone',
    'Надіслано з iPhone',
    "iPhone'umdan gönderildi",
    '发自我的 iPhone',
    '從我的 iPhone 傳送',
    'iPhoneから送信',
    '나의 iPhone에서 보냄',
    'Đã gửi từ iPhone của tôi',
    'Dikirim dari iPhone saya',
    'ส่งจาก iPhone ของฉัน',
    'Get Outlook for iOS',
  ];
  for (const line of phones) {
    it(`leaves out the footer of a phone: ${line}`, () =>
      assert.equal(ownText(`${reply}\n\n${line}`), reply));
  }

  it('ends at a signature mark and at legal boilerplate', () => {
    assert.equal(ownText(`${reply}\n-- \nAna Lopez\nSenior Manager`), reply);
    assert.equal(ownText(`${reply}\n\nThis e-mail and any attachments are confidential.`), reply);
    assert.equal(ownText(`${reply}\n\nDiese E-Mail enthält vertrauliche Informationen.`), reply);
  });

  it('leaves out code, stack traces and logs, fenced or not', () => {
    assert.equal(ownText(`${reply}\n\`\`\`\nconst a = 1;\n\`\`\``), reply);
    assert.equal(ownText(`${reply}\nTypeError: x is undefined\n    at render (/app/view.js:10:12)`), reply);
    assert.equal(
      ownText(
        `${reply}\nTraceback (most recent call last):\n  File "app.py", line 3, in run\nValueError: bad`,
      ),
      reply,
    );
    assert.equal(
      ownText(
        `${reply}\njava.lang.NullPointerException: null\n\tat com.shop.Order.load(Order.java:7)\nCaused by: java.io.IOException: x`,
      ),
      reply,
    );
  });

  it('reads HTML as text, without quotes and styles', () => {
    const html = `<style>p { color: red }</style><div dir="ltr">${reply}<br></div><blockquote class="gmail_quote"><p>${quoted}</p></blockquote>`;
    assert.equal(ownText(html), reply);
    assert.equal(ownText('<p>One&nbsp;two</p><p>three</p>'), 'One two\nthree');
  });

  it('finds an answer below the quote, and between quoted lines', () => {
    const line = attributions['en'] ?? '';
    assert.equal(ownText(`${line}\n> ${quoted}\n\n${reply}`), reply);
    assert.equal(
      ownText(`> Is it broken?\nYes, it is.\n> Since when?\nSince Monday.`),
      'Yes, it is.\nSince Monday.',
    );
  });

  it('keeps the forwarded words where the customer wrote none', () => {
    assert.equal(
      ownText(
        `---------- Forwarded message ---------\nFrom: Ana <a@b.example>\nDate: Monday\nSubject: Help\nTo: <c@d.example>\n\n${reply}`,
      ),
      reply,
    );
    assert.equal(ownText(`> ${reply}`), reply);
  });

  it('leaves ordinary words that look like headers and footers alone', () => {
    const texts = [
      'From: Berlin\nTo: Munich\nDate: 3 November\nI want to change this booking.',
      'The parcel was sent from my iPhone shop last week and is lost.',
      'Your colleague wrote: please try again. It did not help.',
      'I need two things:\n- a refund\n- an apology',
      'First part\n----------\nSecond part',
      'Item A <5 kg and item B >3 kg, which one is cheaper?',
    ];
    for (const text of texts) assert.equal(ownText(text), text);
  });

  it('looks at no more than its cap', () => {
    assert.ok(!ownText(`${'word '.repeat(4000)}END`).includes('END'));
    assert.equal(ownText('abc def', 3), 'abc');
  });
});

describe('cleaning for detection', () => {
  it('leaves letters and spaces only', () => {
    const body = `${reply} https://shop.example/?q=hello+world help@shop.example ORD-2026-00042 #5531 🎉 12,50 €`;
    assert.equal(cleanForDetection(body), 'Das Paket kam leider beschädigt bei mir an');
    for (const nothing of [
      '',
      '123',
      '👍',
      'https://a.example',
      'a@b.example',
      '<br>',
      '1Z999AA10123456784',
    ]) {
      assert.equal(cleanForDetection(nothing), '', nothing);
    }
  });

  it('does not swallow the Chinese around codes, links and addresses', () => {
    assert.equal(cleanForDetection('订单A5531还没到，见https://a.example/x谢谢'), '订单 还没到 见 谢谢');
    assert.equal(cleanForDetection('请回复abc@a.example谢谢大家帮忙'), '请回复 谢谢大家帮忙');
  });

  it('leaves out quoted spans, unless they are all there is', () => {
    assert.equal(
      cleanForDetection(`${reply} "Payment declined by the bank"`),
      'Das Paket kam leider beschädigt bei mir an',
    );
    assert.equal(cleanForDetection('"Wo ist mein Paket?"'), 'Wo ist mein Paket');
  });

  it('takes the first paragraph that says something, and the greeting before it', () => {
    assert.equal(cleanForDetection(`${reply}\n\n${quoted}`), 'Das Paket kam leider beschädigt bei mir an');
    assert.equal(
      cleanForDetection(`Dear support team,\n\n${reply}\n\n${quoted}`),
      'Dear support team Das Paket kam leider beschädigt bei mir an',
    );
  });

  it('reads only the first characters of a body and gives back at most 600', () => {
    const far = 'x'.repeat(0) + '1 '.repeat(detectionCapChars / 2);
    assert.equal(cleanForDetection(`${far}${reply}`), '');
    assert.equal(cleanForDetection('wort '.repeat(100_000)).length, 600);
  });

  const hostile = [
    'a',
    '<',
    '>',
    '"a',
    'a@',
    '---',
    'http://',
    '1',
    '😀',
    '\n',
    '```',
    ' ',
    '<a ',
    'From:\n',
    'On 12:00 x\n',
    '    at a.b(\n',
    'a.',
  ];
  for (const unit of hostile) {
    it(`does bounded work on 100,000 characters of ${JSON.stringify(unit)}`, () => {
      const text = unit.repeat(Math.ceil(100_000 / unit.length));
      const started = performance.now();
      const clean = cleanForDetection(text);
      assert.ok(clean.length <= 600);
      assert.equal(
        clean,
        cleanForDetection(text.slice(0, detectionCapChars)),
        'only the capped prefix counts',
      );
      assert.equal(ownText(text), ownText(text.slice(0, 12_000)));
      assert.ok(performance.now() - started < 1000);
    });
  }
});
