import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { allowedIn } from '../../infra/docs/allowed.ts';
import { configurationPage } from '../../infra/docs/configuration-page.ts';
import { defaultText, realDefaults, spokenDefaults } from '../../infra/docs/defaults.ts';
import { generatedFiles } from '../../infra/docs/generated.ts';
import { optionsOf, type Option } from '../../infra/docs/options.ts';
import { presets } from '../../shared/config/presets.ts';
import { configJsonSchema } from '../../shared/config/json-schema.ts';
import { loadValid, minimal } from './config-file.ts';
import { read, root } from './documentation.ts';

const options = optionsOf(configJsonSchema());
const nameOf = ({ path, variant }: Option): string => [path, variant ?? []].flat().join(' ');

for (const [file, content] of Object.entries(generatedFiles())) {
  test(`${file} is what npm run docs makes`, () => {
    assert.ok(read(file) === content, `${file} is out of date: run npm run docs`);
  });
}

test('tierline config schema prints the committed schema', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['services/run.ts', 'config', 'schema'], {
    cwd: root,
  });
  assert.ok(stdout === read('infra/tierline.schema.json'));
});

test('every option says in one sentence or two what it does', () => {
  const silent = options.filter(({ node }) => !/^\S.*\.$/.test(node.description ?? ''));
  assert.ok(options.length > 100);
  assert.deepEqual(silent.map(nameOf), []);
});

test('every option that is a measure names its unit', () => {
  const units: [RegExp, RegExp][] = [
    [/Ms$/, /\bmilliseconds\b/],
    [/Seconds$/, /\bseconds\b/],
    [/Days$/, /\bdays\b/],
    [/Bytes$/, /\bbytes\b/],
    [/Tokens$/, /\btokens\b/],
    [/Usd$|PerMTok$/, /\bUSD\b/],
    [/PerMinute$/, /\bper minute\b/],
  ];
  const unitless = options.filter(({ path, node }) =>
    units.some(([name, unit]) => name.test(path) && !unit.test(node.description ?? '')),
  );
  assert.deepEqual(unitless.map(nameOf), []);
});

test('every option says what is allowed, and has a default or is required', () => {
  for (const option of options.filter(({ isGroup }) => !isGroup)) {
    assert.notEqual(allowedIn(option.node), '', nameOf(option));
    assert.notEqual(defaultText(option), '', nameOf(option));
  }
});

test('the defaults that editors show are those that the loader fills in', () => {
  const shown = options.filter(
    ({ node, path }) => node.default !== undefined && !path.startsWith('defaults'),
  );
  const checked = shown.filter((option) => realDefaults(option).size > 0 && !option.isGroup);
  assert.ok(checked.length > 25);
  for (const option of checked) {
    for (const value of realDefaults(option).values()) {
      assert.equal(JSON.stringify(value), JSON.stringify(option.node.default), nameOf(option));
    }
  }
});

test('what is said in words about a default is said about an option that exists and has no other', () => {
  for (const path of Object.keys(spokenDefaults)) {
    assert.ok(
      options.some(
        (option) => option.path === path && !option.isRequired && option.node.default === undefined,
      ),
      path,
    );
  }
});

test('the page shows every preset, and an option without a place in it stops the making', () => {
  const page = read('docs/configuration.md');
  for (const name of Object.keys(presets)) assert.ok(page.includes(`| \`${name}\` `), name);
  const template = read('infra/docs/configuration.md');
  assert.throws(
    () => configurationPage(template.replace('<!-- options retention -->', '')),
    /retention\.contentDays/,
  );
  assert.throws(
    () => configurationPage(template.replace('<!-- presets -->', '<!-- presents -->')),
    /presents/,
  );
});

const idle = `
baseline: { model: small }
budgets: { dailyUsd: 1 }
alerts: { webhook: "https://ops.example/hook" }
defaults: { models: { limits: { concurrency: 1 } } }
sources: { shop: { platform: generic, only: { tags: [ai] }, share: 0.1 } }
`;

test('the options that are described as without effect are those that config check warns of', (context) => {
  const text = `${minimal.replace('gpt-6-luna', 'gpt-6-luna, limits: { concurrency: 2, tokensPerMinute: 9 }')}${idle}`;
  const { warnings } = loadValid(context, text);
  const warned = warnings
    .filter(({ message }) => message === 'has no effect in this version')
    .map(({ path }) => path.replace(/^(models|sources)\.\w+/, '$1.*'));
  const described = options.filter(({ node }) =>
    (node.description ?? '').includes('No effect in this version'),
  );
  assert.ok(described.length > 0);
  assert.deepEqual(warned.toSorted(), described.map(nameOf).toSorted());
});
