import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadKnowledge } from '../../shared/knowledge/load-knowledge.ts';
import { buildQuestionIndex, likenessToQuestions } from '../../shared/knowledge/question-index.ts';
import { retrieve } from '../../shared/knowledge/retrieve.ts';
import { termsOf } from '../../shared/knowledge/terms.ts';
import { articleFile, folderWith } from './article-folder.ts';
import { knowledge } from './sample-shop.ts';

test('retrieve returns distinct articles, best first, at most as many as asked for', () => {
  const found = retrieve(
    knowledge,
    { text: 'How do I return a jacket and when do I get a refund?', language: 'en' },
    3,
  );
  assert.equal(found.length, 3);
  assert.equal(found[0]?.article.id, 'returns');
  assert.equal(new Set(found.map(({ article }) => article.id)).size, 3);
  const confidences = found.map(({ confidence }) => confidence);
  assert.deepEqual(
    confidences,
    confidences.toSorted((left, right) => right - left),
  );
  assert.deepEqual(retrieve(knowledge, { text: 'refund', language: 'en' }, 0), []);
});

test('a long article is found by its last words too, and quoted no longer than a short one', (context) => {
  const filler = Array.from({ length: 400 }, (_, index) => `Sentence number ${index} about nothing.`).join(
    ' ',
  );
  const files: Record<string, string> = {};
  for (const title of ['Tents', 'Boots', 'Maps', 'Ropes', 'Lamps']) {
    files[`${title}.md`] = articleFile({ id: title, title, language: 'en' }, `All about ${title}.`);
  }
  files['a.en.md'] = articleFile(
    { id: 'a', title: 'Rules', language: 'en' },
    `${filler}\n\nKayaks must be moored to the pontoon.\n\n${filler}`,
  );
  const long = loadKnowledge(folderWith(context, files));
  const [found] = retrieve(long, { text: 'kayaks moored pontoon', language: 'en' }, 1);
  assert.deepEqual(
    found?.quoted.map(({ text }) => text),
    ['Kayaks must be moored to the pontoon.'],
  );
  const [first] = retrieve(long, { text: 'rules sentence number nothing', language: 'en' }, 1);
  assert.ok(first !== undefined && first.quoted.every(({ text }) => text.length <= 600));
});

test('listed questions find their article by sentences, inflections, compounds and typos', () => {
  const index = buildQuestionIndex([
    { articleId: 'rent', text: 'How do I rent a kayak?' },
    { articleId: 'rent', text: 'What does a rental cost for a day?' },
    { articleId: 'lost', text: 'I have lost my paddle' },
    { articleId: 'miete', text: 'Was kostet eine Kajakmiete?' },
    { articleId: '退', text: '怎么退租？' },
  ]);
  const best = (text: string): string | undefined =>
    [...likenessToQuestions(index, text)].sort((left, right) => right[1] - left[1])[0]?.[0];
  assert.equal(best('Hello dear team, lovely weather today. I would like to rent kayaks! Bye, Tom'), 'rent');
  assert.equal(best('losing the padle'), 'lost');
  assert.equal(best('Miete für ein Kajak'), 'miete');
  assert.equal(best('请问可以退租吗'), '退');
  assert.equal(likenessToQuestions(index, 'where is my parcel').get('miete'), undefined);
  assert.ok((likenessToQuestions(index, 'I have lost my paddle').get('lost') ?? 0) > 0.95);
  assert.equal(likenessToQuestions(buildQuestionIndex([]), 'anything').size, 0);
});

test('the only article that names a query type and no other is the likelier answer to it', (context) => {
  const article = (id: string, types: string): string =>
    articleFile(
      { id, title: 'Kayaks', language: 'en', extra: `queryTypes: [${types}]` },
      'All about kayaks.',
    );
  const shop = loadKnowledge(
    folderWith(context, {
      'a.md': article('a', 'rent, sale'),
      'b.md': article('b', 'rent'),
      'c.md': article('c', 'sale, other'),
    }),
  );
  assert.deepEqual(Object.fromEntries(shop.answersTo), { rent: 'b', sale: null, other: null });
  const order = (queryType: string, confidence: number): (string | undefined)[] =>
    retrieve(shop, { text: 'kayaks', language: 'en', labels: { queryType, confidence } }, 3).map(
      ({ article: { id } }) => id,
    );
  assert.deepEqual(order('rent', 0.9), ['b', 'a', 'c']);
  assert.deepEqual(order('sale', 0.9), ['a', 'c', 'b']);
  assert.deepEqual(
    order('rent', 0.1),
    retrieve(shop, { text: 'kayaks', language: 'en' }, 3).map(({ article: { id } }) => id),
  );
  const sure = (queryType: string): number =>
    retrieve(shop, { text: 'kayaks', language: 'en', labels: { queryType, confidence: 0.9 } }, 1)[0]
      ?.confidence ?? 0;
  assert.ok(sure('complaint') < sure('sale') / 2, 'a type that no article names');
});

test('Chinese is compared by words of the dictionary and by what it leaves as single characters', () => {
  assert.deepEqual(termsOf('请问怎么退货？', 'zh'), ['退货']);
  assert.deepEqual(termsOf('快递三天没动了', 'zh').includes('快递'), true);
  assert.deepEqual(termsOf('帐篷漏水', 'zh'), ['帐篷', '漏水'], 'no pair across two words');
  assert.deepEqual(termsOf('返品の送料', 'ja'), ['返品', '送料']);
});

test('a wrong article stops the start with its file name and what is wrong', (context) => {
  const refused = (files: Record<string, string>, message: RegExp): void => {
    assert.throws(() => loadKnowledge(folderWith(context, files)), { code: 'knowledge_invalid', message });
  };
  const head = '---\nid: a\ntitle: A\nlanguage: en\n---\n';
  refused({ 'a.md': 'no front matter' }, /a\.md.*front matter/);
  refused({ 'a.md': '---\nid: [\n---\ntext' }, /a\.md.*not YAML/);
  refused({ 'a.md': '---\nid: a\ntitle: A\nlanguage: English\n---\ntext' }, /a\.md.*language/);
  refused({ 'a.md': head.replace('title', 'tilte') }, /a\.md/);
  refused({ 'a.md': head.replace('id: a', 'id: a\nurl: javascript:alert(1)') + 'text' }, /a\.md.*url/);
  refused({ 'a.md': head }, /a\.md.*no text/);
  refused({ 'a.md': `${head.replace('id: a', 'id: a\nquestions: { en: none }')}x` }, /a\.md.*questions/);
  refused({ 'a.md': `${head.replace('id: a', 'id: a\nqueryTypes: refund')}x` }, /a\.md.*queryTypes/);
  refused({ 'a.md': `${head}x`, 'b.md': `${head}y` }, /b\.md: a\.md is already article a/);
  assert.throws(() => loadKnowledge('/no/such/folder'), { code: 'knowledge_invalid' });
});
