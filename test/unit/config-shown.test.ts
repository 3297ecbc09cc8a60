import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { differencesBetween } from '../../shared/config/differences.ts';
import { showConfig } from '../../shared/config/shown.ts';
import type { Shown } from '../../shared/config/shown.ts';
import { folderFor, loadValid, minimal, webhookSecret } from './config-file.ts';

const env = { OPENAI_API_KEY: 'sk-from-the-environment', PORTKEY: 'pk-from-the-environment' };

const shownOf = (context: TestContext, text: string, folder = folderFor(context)): Shown =>
  showConfig(loadValid(context, text, { env, folder }));

const changesBetween = (context: TestContext, running: string, next: string) =>
  differencesBetween(shownOf(context, running), shownOf(context, next));

describe('a configuration as it is shown', () => {
  it('has no secret in it, by reference or not', (context) => {
    const folder = folderFor(context);
    writeFileSync(join(folder, 'hook.txt'), webhookSecret);
    const literal = `whsec_${Buffer.from('a literal one of 24 bytes').toString('base64')}`;
    const text = minimal
      .replace(
        'preset: openai,',
        'preset: openai, headers: { x-key: "Bearer ${env:PORTKEY}", x-other: plain-key },',
      )
      .replace(
        'destinations:\n',
        `sources:\n  shop: { platform: generic, secret: ["\${env:GONE?}", "\${file:hook.txt}", ${literal}], destination: hook }\n` +
          'destinations:\n  hook: { type: webhook, url: "https://shop.example/hook?token=abc", secret: "${file:hook.txt}" }\n',
      );
    const shown = shownOf(context, text, folder);
    const all = JSON.stringify(shown);
    for (const secret of [...Object.values(env), webhookSecret, literal, 'plain-key', 'token=abc']) {
      assert.ok(!all.includes(secret), secret);
    }
    const { providers, sources, destinations } = shown.config as Record<
      string,
      Record<string, Record<string, unknown>>
    >;
    assert.equal(providers?.['openai']?.['apiKey'], '${env:OPENAI_API_KEY}');
    assert.deepEqual(providers?.['openai']?.['headers'], { 'x-key': '${env:PORTKEY}', 'x-other': '***' });
    assert.deepEqual(sources?.['shop']?.['secret'], ['${env:GONE?}', '${file:hook.txt}', '***']);
    assert.equal(destinations?.['hook']?.['url'], 'https://shop.example/hook?***');
  });

  it('is the same in another folder and with another environment', (context) => {
    const text = `${minimal.replace('[small]', '[small], context: [a.md]')}knowledge: { folder: articles }\n`;
    const [one, other] = [env, {}].map((environment) => {
      const folder = folderFor(context);
      writeFileSync(join(folder, 'a.md'), 'a');
      return showConfig(
        loadValid(context, text.replace('knowledge: { folder: articles }\n', ''), {
          env: environment,
          folder,
        }),
      );
    });
    assert.deepEqual(one, other);
    assert.deepEqual(Object.keys(one!.texts), ['a.md']);
  });
});

describe('the difference between two configurations', () => {
  it('is none where they mean the same', (context) => {
    const written = minimal
      .replace('[small]', '[small], concurrency: 20')
      .replace('providers:', '# a comment\nproviders:');
    assert.deepEqual(changesBetween(context, minimal, written), []);
  });

  it('is a model with what its file says of it, and every chain as a whole', (context) => {
    const next = minimal
      .replace('tiers:', '  nova: { provider: openai, model: gpt-6.1-terra }\ntiers:')
      .replace('[small]', '[nova, small]');
    assert.deepEqual(changesBetween(context, minimal, next), [
      { path: 'models.nova', next: { provider: 'openai', model: 'gpt-6.1-terra' } },
      { path: 'tiers.simple.models', running: ['small'], next: ['nova', 'small'] },
    ]);
    assert.deepEqual(changesBetween(context, next, minimal)[0], {
      path: 'models.nova',
      running: { provider: 'openai', model: 'gpt-6.1-terra' },
    });
  });

  it('is only the route that was put in, not those behind it', (context) => {
    const routes = (...tags: string[]): string =>
      `${minimal}routes:\n${tags.map((tag) => `  - { when: { tag: [${tag}] }, tier: complex }\n`).join('')}`;
    assert.deepEqual(changesBetween(context, routes('a', 'c'), routes('a', 'b', 'c')), [
      { path: 'routes[1]', next: { when: { tag: ['b'] }, tier: 'complex' } },
    ]);
    assert.deepEqual(changesBetween(context, routes('a', 'b'), routes('a', 'x')), [
      { path: 'routes[1].when.tag', running: ['b'], next: ['x'] },
    ]);
  });

  it('is the order of the tiers too', (context) => {
    const swapped = minimal
      .replace('  simple: { models: [small] }\n', '')
      .replace('destinations:', '  simple: { models: [small] }\ndestinations:');
    const changes = changesBetween(context, minimal, swapped);
    assert.deepEqual(changes.at(-1), {
      path: 'tiers (their order)',
      running: ['simple', 'complex'],
      next: ['complex', 'simple'],
    });
  });
});
