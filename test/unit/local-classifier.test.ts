import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createNearestExamples } from '../../services/classifier/local.ts';

const queryTypes = {
  refund: {
    description: 'asks for money back',
    examples: [
      'I want my money back',
      'How do I get a refund for my return?',
      'Please refund the jacket I sent back',
      '我要退款',
      '退货之后什么时候退钱',
      'Ich möchte mein Geld zurück',
    ],
  },
  order_status: {
    description: 'asks where an order is',
    examples: [
      'Where is my order?',
      'My parcel has not arrived yet',
      'When will my package be delivered?',
      '我的订单到哪里了',
      '快递还没有收到',
      'Wo ist meine Bestellung?',
    ],
  },
  login: {
    description: 'cannot sign in to the account',
    examples: [
      'I cannot log in to my account',
      'I forgot my password',
      'The password reset mail never comes',
      '我忘记密码了',
      '账号登录不了',
      'Ich kann mich nicht anmelden',
    ],
  },
};
const classify = createNearestExamples(queryTypes);

describe('the nearest-example classifier', () => {
  it('knows its own examples, whatever their case, marks and width', () => {
    for (const [type, { examples }] of Object.entries(queryTypes)) {
      for (const example of examples) {
        for (const text of [example, example.toUpperCase(), ` ${example} !!`, example.normalize('NFKD')]) {
          const guess = classify(text, 'en');
          assert.equal(guess.queryType, type, text);
          assert.ok(guess.confidence >= 0.95, `${text} ${String(guess.confidence)}`);
        }
      }
    }
    assert.ok(classify('Ｗｈｅｒｅ　ｉｓ　ｍｙ　ｏｒｄｅｒ？', 'en').confidence >= 0.95);
  });

  it('finds an example inside a letter', () => {
    const guess = classify(
      'Hello team,\n\nI forgot my password. Please help me soon.\n\nBest regards, Ana',
      'en',
    );
    assert.deepEqual([guess.queryType, guess.confidence >= 0.95], ['login', true]);
  });

  it('knows other words for the same, in several languages and with typos, and is less than sure', () => {
    const texts: [string, string, string][] = [
      ['Could you refund my order for the shoes I returned?', 'en', 'refund'],
      ['My package still has not been delivered', 'en', 'order_status'],
      ['my accuont pasword does not work, cannot log in', 'en', 'login'],
      ['请问退款什么时候到账', 'zh', 'refund'],
      ['快递到哪里了，一直没有收到', 'zh', 'order_status'],
      ['密码忘记了，登录不了账号', 'zh', 'login'],
      ['Wann kommt mein Geld zurück?', 'de', 'refund'],
    ];
    for (const [text, language, type] of texts) {
      const guess = classify(text, language);
      assert.equal(guess.queryType, type, text);
      assert.ok(guess.confidence > 0.2 && guess.confidence < 0.9, `${text} ${String(guess.confidence)}`);
    }
  });

  it('says other with next to no confidence where nothing is near', () => {
    for (const text of [
      '',
      '   ',
      '12345',
      '👍👍',
      'Lorem ipsum dolor sit amet',
      'ขอบคุณมากครับ',
      'Φέρτε μου το μενού',
    ]) {
      const guess = classify(text, 'und');
      assert.equal(guess.queryType, 'other', text);
      assert.ok(guess.confidence <= 0.2, `${text} ${String(guess.confidence)}`);
    }
    assert.deepEqual(classify('ขอบคุณมากครับ', 'th'), { queryType: 'other', confidence: 0, runnerUp: null });
  });

  it('says other where nothing is configured', () => {
    assert.deepEqual(createNearestExamples({})('Where is my order?', 'en'), {
      queryType: 'other',
      confidence: 0,
      runnerUp: null,
    });
    const empty = createNearestExamples({ refund: { description: '', examples: [] } });
    assert.deepEqual(empty('Where is my order?', 'en'), {
      queryType: 'other',
      confidence: 0,
      runnerUp: null,
    });
  });

  it('uses a configured type named other like any type', () => {
    const withOther = createNearestExamples({
      ...queryTypes,
      other: { description: '', examples: ['Do you have a job for me?'] },
    });
    assert.deepEqual(
      [
        withOther('Do you have a job for me?', 'en').queryType,
        withOther('Do you have a job for me?', 'en').confidence >= 0.95,
      ],
      ['other', true],
    );
  });

  it('works from descriptions alone', () => {
    const described = createNearestExamples({
      refund: { description: 'wants a refund', examples: [] },
      delivery: { description: 'asks about delivery', examples: [] },
    });
    assert.equal(described('when is the delivery', 'en').queryType, 'delivery');
  });

  it('is surer the nearer a text is to one type alone, and names the runner-up', () => {
    const near = classify('I want my money back please, a refund', 'en');
    const between = classify('where is the refund for my order', 'en');
    assert.ok(near.confidence > between.confidence);
    assert.deepEqual(new Set([between.queryType, between.runnerUp]), new Set(['refund', 'order_status']));
    assert.notEqual(near.runnerUp, near.queryType);
  });

  it('is not sure of words that two types claim as their example', () => {
    const torn = createNearestExamples({
      a: { description: '', examples: ['my card is broken'] },
      b: { description: '', examples: ['My card is broken!'] },
    });
    assert.ok(torn('my card is broken', 'en').confidence < 0.6);
  });

  it('promises little after few examples', () => {
    const one = createNearestExamples({
      a: { description: '', examples: ['the blue lamp flickers at night'] },
      b: { description: '', examples: ['send me the invoice'] },
    });
    assert.ok(one('the lamp flickers', 'en').confidence <= 0.7);
  });

  it('lets a type with examples in many scripts win in each', () => {
    const elsewhere = [
      '我要退款',
      '환불해 주세요',
      'верните деньги',
      'أريد استرداد أموالي',
      'θέλω τα λεφτά μου',
      'ขอเงินคืน',
      'אני רוצה החזר',
      'पैसे वापस',
      'ფული უკან',
      'գումարը հետ',
    ];
    const many = createNearestExamples({
      refund: { description: '', examples: ['a refund for the shoes', ...elsewhere] },
      invoice: { description: '', examples: ['an invoice for the shoes', 'a bill for the shoes'] },
    });
    assert.equal(many('shoes refunded', 'en').queryType, 'refund');
    assert.equal(many('верните мне деньги', 'ru').queryType, 'refund');
    assert.equal(many('환불 부탁드립니다', 'ko').queryType, 'refund');
  });

  it('does not let greetings and signatures decide', () => {
    const polite = createNearestExamples({
      refund: {
        description: '',
        examples: ['Hello dear team, please refund me, thanks and best regards', 'refund the shoes'],
      },
      login: { description: '', examples: ['cannot log in', 'password is wrong'] },
    });
    assert.equal(
      polite('Hello dear team,\nmy password is not accepted\nthanks and best regards', 'en').queryType,
      'login',
    );
  });

  it('looks at the first 2,000 characters only', () => {
    const filler = 'zzz '.repeat(500);
    assert.deepEqual(classify(`${filler}I want my money back`, 'en'), classify(filler, 'en'));
    for (const unit of ['a', 'a ', '我', '😀', '\n', "'", 'my order ', '\ud800']) {
      const started = performance.now();
      const guess = classify(unit.repeat(100_000 / unit.length), 'en');
      assert.ok(performance.now() - started < 1000, unit);
      assert.ok(guess.confidence >= 0 && guess.confidence <= 1);
    }
  });
});
