import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { countTokens } from '../../services/demo/simulated-model.ts';
import { writeReply } from '../../services/demo/phrases.ts';
import { createAnswerPrompt } from '../../services/tier-worker/answer-prompt.ts';
import { outgoingOf } from '../../services/tier-worker/outgoing.ts';
import { checkReply } from '../../services/tier-worker/reply-checks/check-reply.ts';
import type { CheckName } from '../../services/tier-worker/reply-checks/check-reply.ts';
import { isSurelyRight } from '../../services/tier-worker/reply-checks/language.ts';
import type { Detect } from '../../services/tier-worker/reply-checks/language.ts';
import type { Reply } from '../../services/tier-worker/reply-checks/reply.ts';
import { createLanguageDetector } from '../../shared/language/detect.ts';
import type { Article } from '../../shared/knowledge/article.ts';
import { badReplies, goodReplies } from './reply-corpus.ts';
import type { Case } from './reply-corpus.ts';
import { readPromptParts } from '../../shared/prompt-parts.ts';
import type { Trust } from '../../shared/trust.ts';
import { classify, config, house, knowledge, samples, ticketOf } from './sample-shop.ts';

const parts = readPromptParts(config);
const trust: Trust = { mode: 'auto', by: null };

const articles = new Map([...knowledge.versions.values()].flat().map((article) => [article.path, article]));

const textOf = ({ title, url, passages }: Article): string =>
  [title, url ?? '', ...passages.map(({ heading, text }) => `${heading ?? ''}\n${text}`)].join('\n');

function articleText(path: string): { text: string } {
  const article = articles.get(path);
  assert.ok(article, path);
  return { text: textOf(article) };
}

let detect: Detect;
before(async () => {
  const detector = await createLanguageDetector({ languages: config.classifier.languages });
  detect = (body) => detector({ subject: '', body, hint: null });
});

async function failedOf(reply: Reply): Promise<CheckName[]> {
  return (await checkReply(reply, config.checks, () => Promise.resolve(detect))).failed;
}

const replyOf = ({ reply, language, asked, articles: given }: Case): Reply => ({
  text: reply,
  language,
  ticket: { text: asked },
  material: given.map(articleText),
});

const shortened = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 70);

describe('a good reply', () => {
  it('has at least 40 examples here, in many languages', () => {
    assert.ok(goodReplies.length >= 40);
    assert.ok(new Set(goodReplies.map(({ language }) => language)).size >= 12);
  });
  for (const one of goodReplies) {
    it(`leaves as it is: ${one.language} ${shortened(one.reply)}`, async () => {
      assert.deepEqual(await failedOf(replyOf(one)), []);
    });
  }
});

describe('a bad reply', () => {
  it('has at least 40 examples here, of every check', () => {
    assert.ok(badReplies.length >= 40);
    const found = new Set(badReplies.flatMap(({ fails }) => fails));
    assert.deepEqual([...found].toSorted(), Object.keys(config.checks).toSorted());
  });
  for (const one of badReplies) {
    it(`is stopped by ${one.fails.join(' and ')}: ${one.language} ${shortened(one.reply)}`, async () => {
      const failed = await failedOf(replyOf(one));
      for (const name of one.fails) assert.ok(failed.includes(name), failed.join(', ') || 'nothing failed');
    });
  }
});

describe('what the shop says itself', () => {
  for (const [path, article] of articles) {
    it(`passes when a model says it: ${path}`, async () => {
      const text = article.passages.map((passage) => passage.text).join('\n\n');
      const reply = { text, language: article.language, ticket: { text: '' }, material: [articleText(path)] };
      assert.deepEqual(await failedOf(reply), []);
    });
  }

  it('passes when a model says it in another language than the article that it was given', async () => {
    const found: string[] = [];
    for (const article of articles.values()) {
      const text = article.passages.map((passage) => passage.text).join('\n\n');
      const other = articles.get(`${article.id}.en.md`);
      if (other === undefined) continue;
      const failed = await failedOf({
        text,
        language: article.language,
        ticket: { text: '' },
        material: [articleText(other.path)],
      });
      if (failed.length > 0) found.push(`${article.path}: ${failed.join(', ')}`);
    }
    assert.deepEqual(found, []);
  });
});

describe('the answers of what is shipped', () => {
  it('of the house to the sample tickets all leave, whichever languages they mix', async () => {
    let answered = 0;
    const stopped: string[] = [];
    for (const sample of samples) {
      const ticket = ticketOf(sample);
      const classification = classify(sample, { routes: true });
      const prompt = createAnswerPrompt(parts, classification.tier, { ticket, classification, earlier: [] });
      const outcome = await house.call(prompt.request(house.settings), new AbortController().signal);
      if (outcome.kind === 'failure') continue;
      answered += 1;
      const read = prompt.read(outcome);
      assert.ok(read !== null && read.sources.length > 0);
      const outgoing = await outgoingOf(config, { ticket, classification, trust }, read);
      if (outgoing.kind !== 'send' || outgoing.mode !== 'auto' || outgoing.text !== outcome.text) {
        stopped.push(`${sample.ticket.externalId}: ${outgoing.failed.join(', ')}`);
      }
    }
    assert.ok(answered > 60, String(answered));
    assert.deepEqual(stopped, []);
  });

  it('of the demo all leave, in every language', async () => {
    for (const language of ['en', 'de', 'es', 'fr', 'it', 'nl', 'pt', 'ru', 'zh', 'ja', 'ko', 'ar', 'und']) {
      const text = writeReply(language, 200, countTokens);
      const reply = { text, language, ticket: { text: 'Where is my order?' }, material: [] };
      assert.deepEqual(await failedOf(reply), [], language);
    }
  });
});

describe('a link of the material', () => {
  const failed = (text: string): Promise<CheckName[]> =>
    failedOf({
      text,
      language: 'en',
      ticket: { text: 'Where is order AB-5531?' },
      material: [
        { text: 'Track it at https://shop.example/track/NUMBER or in https://shop.example/help/orders.' },
      ],
    });
  it("may have the customer's own number in it", async () => {
    assert.deepEqual(await failed('See https://shop.example/track/AB-5531.'), []);
    assert.deepEqual(await failed('See https://shop.example/track/AB-5532.'), ['links']);
    assert.deepEqual(await failed('See https://other.example/track/AB-5531.'), ['links']);
  });
  it('may be cut at one of its parts, and nowhere else', async () => {
    assert.deepEqual(await failed('See shop.example/help, or <https://www.shop.example>.'), []);
    assert.deepEqual(await failed('See [the help](https://shop.example/help/orders).'), []);
    assert.deepEqual(await failed('See https://shop.example/help/order.'), ['links']);
    assert.deepEqual(await failed('See https://op.example/help.'), ['links']);
  });
});

describe('a failed check', () => {
  const reply: Reply = {
    text: 'See https://made-up.example.com, it costs 5 EUR.',
    language: 'en',
    ticket: { text: 'How much?' },
    material: [],
  };
  const check = (changes: Partial<typeof config.checks>) =>
    checkReply(reply, { ...config.checks, ...changes }, () => Promise.resolve(detect));

  it('makes a draft, and names everything that failed', async () => {
    assert.deepEqual(await check({}), { verdict: 'draft', failed: ['links', 'amounts'] });
  });
  it('goes to people where one of them says so, and names only those', async () => {
    assert.deepEqual(await check({ amounts: 'people' }), { verdict: 'people', failed: ['amounts'] });
  });
  it('is not looked at where it is off', async () => {
    assert.deepEqual(await check({ amounts: 'off', links: 'off' }), { verdict: 'fine', failed: [] });
  });
});

test('the detector is not loaded for a reply whose words show its language', async () => {
  const never = () => Promise.reject(new Error('loaded'));
  const usual = goodReplies.filter(({ reply, language }) => isSurelyRight({ text: reply, language }));
  assert.ok(usual.length >= goodReplies.length * 0.9);
  for (const one of usual) await checkReply(replyOf(one), config.checks, never);
});

describe('a hostile reply takes no time', () => {
  const size = 80_000;
  const pieces = [
    '-',
    ' ',
    '>',
    '\n',
    'a',
    'a.',
    'a@',
    '[',
    '<',
    '{{',
    '1',
    '1.',
    '1 ',
    '€',
    '5 EUR ',
    '4111 ',
    'within 2 ',
    '免费',
    'https://a',
    'DE89 ',
    '\n> ',
    'the ',
    'free of charge. ',
    '[Your ',
    '%',
  ];
  for (const piece of pieces) {
    it(`of 80 kB of ${JSON.stringify(piece)}`, async () => {
      const text = piece.repeat(Math.ceil(size / piece.length));
      const reply = { text, language: 'de', ticket: { text }, material: [{ text }] };
      const cpu = process.cpuUsage();
      await checkReply(reply, config.checks, () => Promise.resolve(detect));
      const { user, system } = process.cpuUsage(cpu);
      // A quadratic expression takes minutes on this; how long a linear one takes depends on the machine.
      assert.ok(user + system < 2_000_000, `${(user + system) / 1000} ms`);
    });
  }
});
