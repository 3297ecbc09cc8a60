import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Article } from '../../shared/knowledge/article.ts';
import { estimateTokens } from '../../shared/models/token-estimate.ts';
import { classify, config, knowledge, otherQuestions, picksOf, samples, shopFolder } from './sample-shop.ts';

const articles = [...knowledge.versions.values()].flat();
const inLanguage = (language: string): Article[] => articles.filter((one) => one.language === language);
const bodyOf = ({ path }: Article): string =>
  readFileSync(join(shopFolder, 'articles', path), 'utf8')
    .split(/^---$/m)
    .slice(2)
    .join('---');

/** The numbers of a text, without those of lists and with the decimal marks of English. */
function numbersIn(text: string, language: string): Set<string> {
  const plain = text.replace(/^\d+\. /gm, '').replaceAll('3-D', '');
  const isComma = ['de', 'es', 'fr'].includes(language);
  const english = isComma
    ? plain.replace(/(\d)\.(\d{3})/g, '$1$2').replace(/(\d),(\d)/g, '$1.$2')
    : plain.replace(/(\d),(\d{3})/g, '$1$2');
  return new Set(english.match(/\d+(?:[.:]\d+)*/g) ?? []);
}

describe('the help centre of the sample shop', () => {
  test('has at least 28 articles in English and in Chinese, and at least 12 of them in German and Spanish', () => {
    assert.ok(inLanguage('en').length >= 28);
    assert.equal(inLanguage('zh').length, inLanguage('en').length);
    assert.equal(knowledge.versions.size, inLanguage('en').length, 'every article exists in English');
    for (const language of ['de', 'es']) assert.ok(inLanguage(language).length >= 12, language);
    for (const language of ['fr', 'ja']) assert.ok(inLanguage(language).length >= 4, language);
  });

  test('has articles of 120 to 350 words, each with an address of its own', () => {
    for (const article of articles) {
      const body = bodyOf(article);
      const isSpaced = !['zh', 'ja'].includes(article.language);
      const size = isSpaced ? body.trim().split(/\s+/).length : body.replaceAll(/\s/g, '').length / 1.6;
      assert.ok(size >= 120 && size <= 350, `${article.path}: ${Math.round(size)} words`);
      assert.equal(article.path, `${article.id}.${article.language}.md`);
      assert.equal(article.url, `https://help.fernhill.example/${article.language}/${article.id}`);
    }
  });

  test('says the same in every language: each number of a translation is one of the English article', () => {
    for (const [id, versions] of knowledge.versions) {
      const english = versions.find(({ language }) => language === 'en');
      assert.ok(english, id);
      const known = numbersIn(bodyOf(english), 'en');
      for (const version of versions) {
        const own = numbersIn(bodyOf(version), version.language);
        assert.deepEqual([...own].sort(), [...known].sort(), version.path);
      }
    }
  });

  test('names only query types that the shipped configuration has, and for every article at least one', () => {
    for (const [id, versions] of knowledge.versions) {
      const named = versions.flatMap(({ queryTypes }) => queryTypes);
      assert.ok(named.length > 0, id);
      for (const type of named)
        assert.ok(Object.hasOwn(config.classifier.queryTypes, type), `${id}: ${type}`);
    }
    for (const type of ['complaint', 'legal']) assert.ok(!knowledge.answersTo.has(type), type);
  });
});

describe('the catalogue of the sample shop', () => {
  const text = readFileSync(join(shopFolder, 'catalogue.md'), 'utf8');
  const products = text
    .split('\n')
    .filter((line) => line.startsWith('- FH-'))
    .map((line) => line.slice(2).split(' | '));

  test('has exactly 200 products, each with a number and name of its own and all ten fields', () => {
    assert.equal(products.length, 200);
    for (const place of [0, 1]) assert.equal(new Set(products.map((one) => one[place])).size, 200);
    for (const product of products) {
      assert.equal(product.length, 10, product[1]);
      assert.ok(
        product.every((field) => field.trim() !== ''),
        product[1],
      );
      assert.match(product[0] ?? '', /^FH-\d{4}$/);
      assert.match(product[2] ?? '', /^\d+(?:\.\d\d)? EUR$/);
      assert.match(product[3] ?? '', /^\d+ g$/);
      assert.match(
        product[9] ?? '',
        /^(?:in stock|low stock|sold out, back in \w+|last season, no restock|pre-order, sent from \d+ \w+)$/,
      );
    }
  });

  test('compares its products rightly: so many EUR or g more or less than the other one', () => {
    const byName = new Map(
      products.map((one) => [
        one[1] ?? '',
        { eur: Number.parseFloat(one[2] ?? ''), g: Number.parseFloat(one[3] ?? '') },
      ]),
    );
    let compared = 0;
    for (const [, name = '', , , , , facts = ''] of products) {
      const [sentence, otherName = '', difference = ''] =
        /Compared with ([^:]+): ([^.]+)\./.exec(facts) ?? [];
      const [own, other] = [byName.get(name), byName.get(otherName)];
      if (sentence === undefined || own === undefined) continue;
      assert.ok(other, `${name}: ${otherName}`);
      for (const [, amount, unit] of difference.matchAll(/(\d+) (EUR|g)\b/g)) {
        const key = unit === 'EUR' ? 'eur' : 'g';
        assert.equal(Number(amount), Math.abs(own[key] - other[key]), `${name}: ${sentence}`);
        compared += 1;
      }
    }
    assert.ok(compared >= 20, `${compared} comparisons`);
  });

  test('is large enough to be worth caching, and fits into the models of the tier that is given it', () => {
    const tokens = estimateTokens(text, 'openai');
    assert.ok(tokens >= 20_000 && tokens <= 35_000, `${tokens} tokens`);
    assert.deepEqual(config.tiers['standard']?.context, [join(shopFolder, 'catalogue.md')]);
    assert.equal(config.tiers['complex']?.prompt, join(shopFolder, 'prompts/complex.md'));
  });

  test('names the products that the articles and the tickets name', () => {
    for (const family of [
      'Ridge 2',
      'Ridge 3',
      'Alder 5',
      'Larch 2',
      'Drift 8',
      'Beacon 400',
      'Ember Core',
      'Puff pump',
    ]) {
      assert.ok(
        products.some((one) => one[1] === family),
        family,
      );
    }
  });
});

describe('the sample tickets', () => {
  test('are at least 84, in at least 11 languages, of every query type and tier', () => {
    assert.ok(samples.length >= 84);
    assert.equal(new Set(samples.map(({ ticket }) => ticket.externalId)).size, samples.length);
    const languages = new Set(samples.map(({ expect }) => expect.language));
    languages.delete('und');
    assert.ok(languages.size >= 11, [...languages].join(' '));
    const types = new Set(samples.map(({ expect }) => expect.queryType));
    assert.deepEqual(types, new Set(Object.keys(config.classifier.queryTypes)));
    assert.deepEqual(new Set(samples.map(({ expect }) => expect.tier)), new Set(Object.keys(config.tiers)));
  });

  test('expect the tier of the table for their query type and language, or one that a flag raises it to', () => {
    for (const { ticket, expect } of samples) {
      const { tier, tiers } = config.classifier.queryTypes[expect.queryType]!;
      const table = tiers?.[expect.language] ?? tier;
      const isRaised = ticket.externalId === 'sample-078';
      assert.equal(expect.tier, isRaised ? 'complex' : table, ticket.externalId);
    }
  });

  test('expect articles that exist, and none for complaints, threats, thanks and advertising', () => {
    for (const { ticket, expect } of samples) {
      if (expect.article !== null) assert.ok(knowledge.versions.has(expect.article), ticket.externalId);
      if (['complaint', 'legal'].includes(expect.queryType)) assert.equal(expect.article, null);
    }
    assert.ok(samples.filter(({ expect }) => expect.article === null).length >= 30);
  });

  test('are recognised in their language, at least 95 of 100', () => {
    const misses = samples.flatMap((sample) => {
      const { language } = classify(sample, { routes: false });
      if (language === sample.expect.language) return [];
      return [`${sample.ticket.externalId}: ${language} instead of ${sample.expect.language}`];
    });
    assert.ok(misses.length <= samples.length * 0.05, misses.join('\n'));
  });

  test('get their query type and tier without any model: 88 and 90 of 100, and no threat a tier below complex', () => {
    const misses = { queryType: [] as string[], tier: [] as string[] };
    for (const sample of samples) {
      const { ticket, expect } = sample;
      const got = classify(sample, { routes: false });
      for (const label of ['queryType', 'tier'] as const) {
        if (got[label] !== expect[label])
          misses[label].push(`${ticket.externalId}: ${got[label]} instead of ${expect[label]}`);
      }
      if (expect.queryType === 'legal') assert.equal(got.tier, 'complex', ticket.externalId);
    }
    assert.ok(misses.queryType.length <= samples.length * 0.12, misses.queryType.join('\n'));
    assert.ok(misses.tier.length <= samples.length * 0.1, misses.tier.join('\n'));
  });

  test('keep that tier by the shipped routes, or get the strongest one', () => {
    for (const sample of samples) {
      const { tier } = classify(sample, { routes: true });
      const unrouted = classify(sample, { routes: false }).tier;
      assert.ok([unrouted, 'complex'].includes(tier), sample.ticket.externalId);
    }
  });
});

describe('the house, with the classification as shipped', () => {
  test('picks the right article for at least 90 of 100 samples that have one, and none for 90 of 100 others', async () => {
    const { right, wrong, refused, misses } = await picksOf(samples);
    assert.ok(right >= 0.9 && wrong <= 0.05, misses.join('\n'));
    assert.ok(refused >= 0.9, misses.join('\n'));
  });

  test('answers no thanks, no advertising, no complaint and no threat of law with an article', async () => {
    const delicate = samples.filter(
      ({ expect }) =>
        ['complaint', 'legal'].includes(expect.queryType) ||
        (expect.queryType === 'other' && expect.article === null),
    );
    assert.ok(delicate.length >= 25);
    assert.deepEqual((await picksOf(delicate)).misses, []);
  });

  test('is right for most short questions that the articles were not written for, and seldom wrong', async () => {
    const { right, wrong, refused, misses } = await picksOf(otherQuestions);
    assert.ok(otherQuestions.length >= 450);
    assert.ok(right >= 0.75, `${right} right\n${misses.join('\n')}`);
    assert.ok(wrong <= 0.05, `${wrong} wrong\n${misses.join('\n')}`);
    assert.ok(refused >= 0.9, `${refused} refused\n${misses.join('\n')}`);
  });
});
