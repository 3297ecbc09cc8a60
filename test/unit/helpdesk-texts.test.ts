/** What helpdesks send and take: HTML, ids beyond 2^53, our own texts in their clothes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { contentMark } from '../../shared/helpdesks/content-mark.ts';
import { parseExactJson } from '../../shared/helpdesks/exact-json.ts';
import { textOfHtml } from '../../shared/helpdesks/html-text.ts';
import { simpleHtml } from '../../shared/helpdesks/simple-html.ts';

describe('HTML from customers', () => {
  test('becomes text with its lists, links and tables', () => {
    const html =
      '<p>Hello,</p><ul><li>one</li><li>two</li></ul><ol><li>first</li></ol>' +
      '<p>See <a href="https://shop.example/faq">our page</a>.</p><table><tr><td>5531</td><td>blue</td></tr></table>';
    assert.equal(
      textOfHtml(html),
      'Hello,\n\n * one\n * two\n\n 1. first\n\nSee our page [https://shop.example/faq].\n\n5531   blue',
    );
  });

  test('loses scripts, styles and pictures, and keeps quotations as such', () => {
    const html =
      '<style>p{}</style><script>alert(1)</script><p>Hi<img src="x"></p><blockquote>older words</blockquote>';
    assert.equal(textOfHtml(html), 'Hi\n\n> older words');
  });

  test('is read whatever is wrong with it, in bounded time', () => {
    for (const html of [
      '<div>'.repeat(50_000),
      '<a <'.repeat(50_000),
      '<p>x</b></p',
      '&#xffffffff;&bogus;',
    ]) {
      assert.equal(typeof textOfHtml(html), 'string');
    }
    fc.assert(fc.property(fc.string(), (text) => typeof textOfHtml(text) === 'string'));
  });
});

describe('a reply as HTML', () => {
  test('has paragraphs, line breaks and links, and everything else escaped', () => {
    assert.equal(
      simpleHtml('Hi <Ana> & co,\nsee https://shop.example/a?b=1&c=2.\n\nBye'),
      '<p>Hi &lt;Ana&gt; &amp; co,<br>see <a href="https://shop.example/a?b=1&amp;c=2">https://shop.example/a?b=1&amp;c=2</a>.</p><p>Bye</p>',
    );
  });

  test('never carries a tag or an attribute of its text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const left = simpleHtml(text).replaceAll(/<\/?p>|<br>|<a href="[^"<>]*">|<\/a>/g, '');
        assert.doesNotMatch(left, /[<>"]/);
      }),
    );
  });

  test('is known again when the helpdesk gives it back', () => {
    const reply =
      'Dear Ana,\n\nyour parcel (no. 5531) – “blue” – is on its way: https://shop.example/5531.\n\n* one\n* two';
    assert.equal(contentMark(textOfHtml(simpleHtml(reply))), contentMark(reply));
    assert.equal(contentMark(reply.replaceAll(/\s+/g, ' ')), contentMark(reply));
    assert.notEqual(contentMark(reply.replace('5531', '5532')), contentMark(reply));
  });
});

describe('JSON from helpdesks', () => {
  test('keeps ids beyond 2^53 as text, and other numbers as numbers', () => {
    const text =
      '{"id":12345678901234567890,"safe":9007199254740991,"neg":-98765432109876543,"rate":1.5,"list":[10000000000000001]}';
    assert.deepEqual(parseExactJson(text), {
      id: '12345678901234567890',
      safe: 9007199254740991,
      neg: '-98765432109876543',
      rate: 1.5,
      list: ['10000000000000001'],
    });
  });

  test('is undefined where it is none', () => {
    assert.equal(parseExactJson('{'), undefined);
    assert.equal(parseExactJson(''), undefined);
    assert.equal(parseExactJson('null'), null);
  });
});
