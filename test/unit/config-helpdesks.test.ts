import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadValid, minimal, problemsOf } from './config-file.ts';
import { blocksOf, pages, read } from './documentation.ts';

const [models = ''] = minimal.split('destinations:');
const guides = pages.filter((page) => page.startsWith('docs/helpdesks/'));

function desk(lines: string): string {
  return `${models}destinations:\n  desk:\n    type: zendesk\n    token: t\n${lines
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`;
}

describe('a helpdesk as destination', () => {
  test('needs its address and who we are there, each in one of two ways', (t) => {
    for (const address of ['subdomain: acme', 'url: https://desk.example']) {
      for (const user of ['email: bot@acme.example', 'userId: "77"']) {
        assert.deepEqual(problemsOf(t, desk(`${address}\n${user}`)), []);
      }
    }
    const missing = problemsOf(t, desk('requestsPerMinute: 5')).join('\n');
    assert.match(missing, /missing key "subdomain" or "url": zendesk needs it/);
    assert.match(missing, /missing key "email" or "userId": zendesk needs it/);
  });

  test('can only be given a status that the helpdesk knows', (t) => {
    const of = (status: string) =>
      problemsOf(t, desk(`subdomain: acme\nuserId: "77"\nstatus: ${status}`)).join('\n');
    assert.equal(of('pending'), '');
    assert.match(of('closed'), /"closed" is no status that zendesk can be given/);
    assert.match(of('closed'), /Statuses: open, pending, hold, solved/);
  });
});

test('a token that stands in the file is told of, one that is referred to is not', (t) => {
  const warningsOf = (token: string, env = {}) =>
    loadValid(t, desk('subdomain: acme\nuserId: "77"').replace('token: t', `token: ${token}`), { env })
      .warnings.map(({ path, message }) => `${path}: ${message}`)
      .filter((line) => line.includes('a secret stands in the file'));
  assert.equal(warningsOf('zd-token').length, 1);
  assert.deepEqual(warningsOf('"${env:ZENDESK_TOKEN}"', { ZENDESK_TOKEN: 'zd-token' }), []);
});

describe('the guides of the helpdesks', () => {
  test('are there', () => assert.ok(guides.length > 0));

  for (const guide of guides) {
    test(`${guide} shows a source and a destination that are accepted as they stand`, (t) => {
      const shown = blocksOf(guide).filter(({ info }) => info === 'yaml');
      const [whole] = shown.filter(({ text }) => /^sources:/m.test(text) && /^destinations:/m.test(text));
      assert.ok(whole, 'no block with sources and destinations');
      const names = [...whole.text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name!);
      const env = Object.fromEntries(names.map((name) => [name, `a secret for ${name}`]));
      const { config } = loadValid(t, `${models}${whole.text}`, { env });
      const [source] = Object.values(config.sources);
      assert.equal(source?.mode, 'draft');
      // Where the helpdesk tells no tags, its own rules choose the test tickets.
      if (source?.only !== undefined) assert.deepEqual(source.only, { tags: ['ai'] });
      else assert.match(read(guide), /`ai`|share: 0\.1/);
    });
  }
});
