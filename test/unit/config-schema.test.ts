import assert from 'node:assert/strict';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { folderFor, loadValid, minimal, problemsOf, webhookSecret } from './config-file.ts';
import { read, root } from './documentation.ts';
import { findEditorErrors } from './editor.ts';

const hook = (rest: string): string => `${minimal}  hook: { type: webhook, ${rest} }\n`;
const url = 'url: "https://shop.example/hook"';
const secret = `secret: "\${env:SECRET}"`;

const right: [string, string][] = [
  ['the least that a file needs', minimal],
  ['a number by reference', minimal.replace('[small]', '[small], concurrency: "${env:N}"')],
  ['a switch by reference', minimal.replace('gpt-6-luna', 'gpt-6-luna, always: "${env:ALWAYS?}"')],
  ['a name by reference', minimal.replace('[small]', '[small], mode: "${env:MODE}"')],
  ['a part of a URL by reference', hook(`url: "https://\${env:HOST}/hook", ${secret}`)],
  ['a whole URL by reference', hook(`url: "\${file:url.txt}", ${secret}`)],
  ['a number in a list by reference', hook(`${url}, ${secret}, retryMs: [0, "\${env:SECOND}"]`)],
  ['a language by reference', `${minimal}routes: [{ when: { language: "\${env:L}" }, tier: simple }]\n`],
  ['the type of a destination by reference', minimal.replace('type: log', 'type: "${env:TYPE}"')],
  ['one value for a list', `${minimal}routes: [{ when: { tag: refund, lane: live }, tier: simple }]\n`],
  ['a section that is switched off', `${minimal}knowledge: null\n`],
];

/** What the references above stand for. */
const env = {
  N: '3',
  MODE: 'draft',
  HOST: 'shop.example',
  SECOND: '5000',
  L: 'zh',
  TYPE: 'log',
  SECRET: webhookSecret,
};

const wrong: [string, string][] = [
  ['an unknown section', `${minimal}modles: {}\n`],
  ['an unknown option', minimal.replace('[large]', '[large], onDaed: hold')],
  ['an unknown option of a destination', minimal.replace('path: ', 'paht: ')],
  ['text for a number', minimal.replace('[large]', '[large], concurrency: many')],
  ['a fraction for a whole number', minimal.replace('[large]', '[large], concurrency: 1.5')],
  ['nothing where one is the least', minimal.replace('[large]', '[large], concurrency: 0')],
  ['a number for text', minimal.replace('gpt-6-luna', '6')],
  ['text for a switch', minimal.replace('gpt-6-luna', 'gpt-6-luna, always: sometimes')],
  ['an unknown preset', minimal.replace('preset: openai', 'preset: opnai')],
  ['an unknown type of destination', minimal.replace('type: log', 'type: lgo')],
  ['no URL', hook(`url: shop, ${secret}`)],
  ['a webhook without its secret', hook(url)],
  ['a missing section', minimal.replace(/tiers:[^]*(?=dest)/, '')],
  ['a language that is none', `${minimal}routes: [{ when: { language: English }, tier: simple }]\n`],
];

describe('an editor that reads infra/tierline.schema.json', () => {
  for (const [name, text] of right) {
    it(`takes ${name}, as the loader does`, (context) => {
      const folder = folderFor(context);
      writeFileSync(join(folder, 'url.txt'), 'https://shop.example/hook');
      loadValid(context, text, { folder, env });
      assert.deepEqual(findEditorErrors(parse(text)), []);
    });
  }

  for (const file of ['tierline.yaml', ...globSync('{services,infra}/**/tierline*.yaml', { cwd: root })]) {
    it(`takes ${file}`, () => {
      assert.deepEqual(findEditorErrors(parse(read(file))), []);
    });
  }

  for (const [name, text] of wrong) {
    it(`underlines ${name}, which the loader refuses too`, (context) => {
      assert.notDeepEqual(findEditorErrors(parse(text)), []);
      assert.notDeepEqual(problemsOf(context, text, { env }), []);
    });
  }

  it('is told where it is by the first line of the shipped file', () => {
    const [line = ''] = read('tierline.yaml').split('\n');
    assert.equal(line, '# yaml-language-server: $schema=./infra/tierline.schema.json');
  });
});

describe('a reference', () => {
  it('to a number or a switch becomes one', (context) => {
    const text = minimal
      .replace('gpt-6-luna', 'gpt-6-luna, always: "${env:ALWAYS}"')
      .replace('[large]', '[large], concurrency: "${env:N}", sloSeconds: "${env:SLO}"');
    const { config } = loadValid(context, text, { env: { ALWAYS: 'true', N: '7', SLO: '2.5' } });
    assert.equal(config.models['small']?.always, true);
    assert.equal(config.tiers['complex']?.concurrency, 7);
    assert.equal(config.tiers['complex']?.sloSeconds, 2.5);
  });

  it('stays text where text is wanted, even if it looks like a number', (context) => {
    const { config } = loadValid(context, minimal.replace('gpt-6-luna', '"${env:MODEL}"'), {
      env: { MODEL: '4711' },
    });
    assert.equal(config.models['small']?.model, '4711');
  });

  it('that may be missing and is leaves the default', (context) => {
    const text = minimal.replace('[large]', '[large], concurrency: "${env:N?}", mode: "${env:MODE?}"');
    const { config } = loadValid(context, text);
    assert.equal(config.tiers['complex']?.concurrency, 20);
    assert.equal(config.tiers['complex'].mode, 'auto');
  });

  it('to something else than is wanted is refused as it is written, without what it stands for', (context) => {
    const text = minimal.replace('[large]', '[large], concurrency: "${env:N}"');
    assert.deepEqual(problemsOf(context, text, { env: { N: 'many secrets' } }), [
      'tierline.yaml:8:44 tiers.complex.concurrency: must be a number, is the text "${env:N}"',
    ]);
    assert.deepEqual(problemsOf(context, text, { env: { N: '0' } }), [
      'tierline.yaml:8:44 tiers.complex.concurrency: must be more than 0, is the text "${env:N}"',
    ]);
  });

  it('to a variable that is not set is refused for a number too', (context) => {
    const text = minimal.replace('[large]', '[large], concurrency: "${env:N}"');
    assert.deepEqual(problemsOf(context, text), [
      'tierline.yaml:8:44 tiers.complex.concurrency: the environment variable N is not set',
    ]);
  });
});
