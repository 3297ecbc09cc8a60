import assert from 'node:assert/strict';
import { copyFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { parseTicketInput } from '../../services/ingest/ticket-input.ts';
import { findEditorErrors } from './editor.ts';
import { folderFor, loadValid, webhookSecret } from './config-file.ts';
import { blocksOf, guidePages, read, root, type Block } from './documentation.ts';

type Json = Record<string, unknown>;

const blocks = guidePages.flatMap(blocksOf);
/** A second word after the fence says that a block is something else: ```yaml kubernetes. */
const examples = blocks.filter(({ info }) => info === 'yaml' || info === 'json');
const needed = ['providers', 'models', 'tiers', 'destinations'];

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merged(base: Json, over: Json): Json {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isMap(below) && isMap(value) ? merged(below, value) : value;
  }
  return result;
}

/** A whole file as it is; a fragment within the shipped file and what else its page shows. */
function fileWith(block: Block): Json {
  const own: unknown = parse(block.text) ?? {};
  assert.ok(isMap(own), `${block.place}: not a map`);
  if (needed.every((section) => section in own)) return own;
  const others = examples
    .filter(({ page, text }) => page === block.page && text !== block.text)
    .map(({ text }): unknown => parse(text))
    .filter(isMap)
    .filter((other) => !needed.every((section) => section in other));
  return [...others, own].reduce(merged, parse(read('tierline.yaml')) as Json);
}

function check(context: TestContext, file: Json): void {
  const folder = folderFor(context);
  symlinkSync(path.join(root, 'infra'), path.join(folder, 'infra'));
  copyFileSync(path.join(root, 'infra/prices.yaml'), path.join(folder, 'prices.yaml'));
  const text = JSON.stringify(file);
  const names = [...text.matchAll(/\$\{env:(\w+(?:KEY|SECRET|TOKEN))\}/g)].map(([, name = '']) => name);
  loadValid(context, text, { folder, env: Object.fromEntries(names.map((name) => [name, webhookSecret])) });
  assert.deepEqual(findEditorErrors(file), []);
}

for (const block of examples) {
  test(`the example at ${block.place} is a right configuration, and no editor underlines it`, (context) => {
    check(context, fileWith(block));
  });
}

test('the file of the story from one provider to three tiers is right after each of its steps', (context) => {
  const steps = examples.filter(({ page }) => page === 'docs/from-one-to-three-tiers.md');
  assert.ok(steps.length > 3);
  let file: Json = {};
  for (const { text } of steps) {
    const step = parse(text) as Json;
    file = needed.every((section) => section in step) ? step : merged(file, step);
    check(context, file);
  }
});

test('there are examples in the README and in every guide to the configuration', () => {
  for (const page of ['README.md', 'docs/configuration.md', 'docs/adding-a-model.md']) {
    assert.ok(
      examples.some((block) => block.page === page),
      page,
    );
  }
});

/** In shell: after -d or in a variable named body. In a protocol: after > or <, alone or with a status. */
const bodies = blocks.flatMap(({ info, place, text }) => {
  const pattern = info === 'sh' ? /(?:-d |\bbody=)'(\{[^']*\})'/g : /^(?:> |< (?:\d+ )?)?(\{.*)$/gm;
  return ['', 'sh'].includes(info)
    ? [...text.matchAll(pattern)].map(([, body = '']) => ({ place, body }))
    : [];
});

test('every request and answer that a guide shows is JSON', () => {
  assert.ok(bodies.length > 5);
  for (const { place, body } of bodies) {
    assert.doesNotThrow(() => void JSON.parse(body), `${place}: ${body}`);
  }
});

test('every ticket that a guide posts is one that the intake takes', () => {
  const tickets = bodies
    .map(({ place, body }) => ({ place, ticket: JSON.parse(body) as Json }))
    .filter(({ ticket }) => typeof ticket['externalId'] === 'string' && typeof ticket['body'] === 'string');
  assert.ok(tickets.length > 2);
  for (const { place, ticket } of tickets) {
    const source = 'source' in ticket ? {} : { source: 'given-by-the-address' };
    const parsed = parseTicketInput(ticket, { ...source, nowMs: Date.now() });
    assert.equal(parsed.kind, 'ok', place);
  }
});
