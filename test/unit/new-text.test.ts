import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newText } from '../../services/classifier/new-text.ts';

const question = 'Where is my order 5531? It was due on Monday.';

describe('what is new in a message', () => {
  const quotes: [string, string][] = [
    [
      'an English reply',
      'On Mon, Nov 16, 2026 at 9:12 AM Shop <help@shop.example> wrote:\n> Your order is on its way.\n> Tom',
    ],
    [
      'a German reply',
      'Am 16.11.2026 um 09:12 schrieb Shop <help@shop.example>:\n> Ihre Bestellung ist unterwegs.',
    ],
    [
      'a French reply',
      'Le lun. 16 nov. 2026 à 09:12, Shop <help@shop.example> a écrit :\n> Votre commande est en route.',
    ],
    [
      'a Polish reply',
      'W dniu 16.11.2026 o 09:12, Shop <help@shop.example> pisze:\n> Zamówienie jest w drodze.',
    ],
    [
      'an Outlook header',
      'From: Shop <help@shop.example>\nSent: Monday, November 16, 2026 9:12 AM\nTo: Ana\nSubject: Your order\n\nYour order is on its way.',
    ],
    ['a separator', '-----Original Message-----\nYour order is on its way.'],
    ['a signature', '--\nAna Silva\nHead of Refunds, Example Ltd'],
    ['a farewell', 'Best wishes,\nAna Silva, refund department'],
    ['a phone', 'Sent from my iPhone'],
  ];
  for (const [what, rest] of quotes) {
    it(`stands above ${what}`, () => assert.equal(newText(`${question}\n\n${rest}\n`), question));
  }

  it('is all of it where nothing is quoted, also in lines that are long', () => {
    assert.equal(newText(question), question);
    const long = 'I would like to know where it is. '.repeat(30).trim();
    assert.equal(newText(long).replaceAll('\n', ''), long);
  });

  it('is the whole where a cut would leave hardly anything', () => {
    const forwarded = 'Hi\n\nOn Mon, Nov 16, 2026 at 9:12 AM Ana <a@b.example> wrote:\n> Where is my order?';
    assert.ok(newText(forwarded).length > 0);
    assert.ok(newText('> Where is my order?').includes('Where is my order?'));
    assert.equal(newText(''), '');
    assert.equal(newText('???'), '???');
  });
});

describe('finding it takes no time', () => {
  it('where many lines begin as a quote does', () => {
    const body = '在a\n'.repeat(40_000);
    const cpu = process.cpuUsage();
    newText(body);
    const { user, system } = process.cpuUsage(cpu);
    assert.ok(user + system < 500_000, `${(user + system) / 1000} ms`);
  });

  const units = [
    '-',
    ' ',
    '>',
    '> \n',
    '\n',
    '\t\n',
    '_',
    '=',
    '~',
    '~ ',
    'Op \n',
    'Op schreef\n',
    'Op schreef: ',
    'W dniu pisze\n',
    'On a ',
    'On a wrote ',
    ' on at wrote',
    '0000from<>',
    '10.10.2026 10.10"<>',
    'From: <',
    'abc. \n skrev ',
    '在写道',
    'De: <> ',
    'Am schrieb <>',
    'Regards ',
    'a',
    '<',
    'Von x gesendet',
    '\r',
    '\r\n',
  ];
  for (const unit of units) {
    it(`in 80 kB of ${JSON.stringify(unit)}`, () => {
      const body = unit.repeat(Math.ceil(80_000 / unit.length));
      newText('warm');
      const cpu = process.cpuUsage();
      newText(body);
      newText(`Hello, where is my order?\n${body}`);
      const { user, system } = process.cpuUsage(cpu);
      // What is quadratic in 80 kB takes seconds; the rest depends on the machine.
      assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms`);
    });
  }
});
