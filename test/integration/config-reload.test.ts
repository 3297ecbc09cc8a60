import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLookout } from '../../shared/config/inputs.ts';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';
import { folderFor, mountConfigMap, watch, yaml } from './config-reload-world.ts';

let world: TestWorld;
let redis: Redis;
before(async () => {
  world = await openWorld();
  redis = connectRedis(world.redis.url, 'patient', () => undefined);
});
after(async () => {
  await redis.quit();
  await world.close();
});

const nova = '  nova: { provider: local, model: nova-1 }\n';
const withNova = (): string => yaml().replace('tiers:\n', `${nova}tiers:\n`);
const wrong = (): string => yaml().replace('[small]', '[smal]');
const article = (id: string, text: string): string =>
  `---\nid: ${id}\ntitle: ${id}\nlanguage: en\n---\n\n${text}\n`;

describe('a change of the file is taken up', () => {
  const ways: [string, (file: string) => void][] = [
    ['written in place', (file) => writeFileSync(file, withNova())],
    [
      'put in its place, as editors do it',
      (file) => {
        writeFileSync(`${file}.tmp`, withNova());
        renameSync(`${file}.tmp`, file);
      },
    ],
    [
      'deleted and written anew',
      (file) => {
        rmSync(file);
        writeFileSync(file, withNova());
      },
    ],
    [
      'written in the same moment and with the same length',
      (file) => writeFileSync(file, yaml().replace('large-1', 'other-1')),
    ],
  ];
  for (const [name, change] of ways) {
    test(name, (t) => {
      const file = path.join(folderFor(t), 'tierline.yaml');
      writeFileSync(file, yaml());
      const watched = watch(t, redis, file);
      const old = watched.runtime();
      change(file);
      assert.equal(watched.untilOutcome().kind, 'taken');
      assert.notEqual(watched.runtime().version, old.version);
      assert.equal(watched.standing.state().version, watched.runtime().version);
      assert.equal(watched.look(), null, 'and once only');
    });
  }

  test('by a line that adds a model, which is all that the log line names', (t) => {
    const file = path.join(folderFor(t), 'tierline.yaml');
    writeFileSync(file, yaml());
    const watched = watch(t, redis, file);
    writeFileSync(file, withNova());
    const outcome = watched.untilOutcome();
    assert.deepEqual(outcome, {
      kind: 'taken',
      changes: [{ path: 'models.nova', next: { provider: 'local', model: 'nova-1' } }],
      warnings: outcome.kind === 'taken' ? outcome.warnings : [],
    });
    assert.match(
      outcome.kind === 'taken' ? outcome.warnings.join() : '',
      /price of "nova-1" .* is not known/,
    );
    assert.equal(watched.runtime().usableModels(['nova'])[0]?.chat.settings.model, 'nova-1');
    const [line = ''] = watched.lines.filter((one) => one.includes('config.reloaded'));
    assert.deepEqual((JSON.parse(line) as { changed: unknown }).changed, ['models.nova']);
  });

  test('in JSON', (t) => {
    const file = path.join(folderFor(t), 'tierline.json');
    const config = {
      providers: { local: { api: 'openai', baseUrl: 'http://127.0.0.1:9/v1', needsKey: false } },
      models: { small: { provider: 'local', model: 'small-1' } },
      tiers: { simple: { models: ['small'] } },
      destinations: { file: { type: 'log', path: 'replies.jsonl' } },
    };
    writeFileSync(file, JSON.stringify(config));
    const watched = watch(t, redis, file);
    writeFileSync(
      file,
      JSON.stringify({ ...config, tiers: { simple: { models: ['small'], concurrency: 7 } } }),
    );
    assert.deepEqual(watched.untilOutcome(), {
      kind: 'taken',
      changes: [{ path: 'tiers.simple.concurrency', running: 20, next: 7 }],
      warnings: [],
    });
  });

  test('not before it was seen twice, and not while it still changes', (t) => {
    const file = path.join(folderFor(t), 'tierline.yaml');
    writeFileSync(file, yaml());
    const watched = watch(t, redis, file);
    for (const concurrency of [1, 2, 3, 4, 5]) {
      writeFileSync(file, yaml().replace('[small]', `[small], concurrency: ${concurrency}`));
      assert.equal(watched.look(), null);
    }
    assert.equal(watched.look()?.kind, 'taken');
    assert.equal(watched.runtime().config.tiers['simple']?.concurrency, 5);
  });

  test('not where the same was written again', (t) => {
    const file = path.join(folderFor(t), 'tierline.yaml');
    writeFileSync(file, yaml());
    const watched = watch(t, redis, file);
    writeFileSync(file, yaml());
    utimesSync(file, 1, 1);
    for (let looks = 0; looks < 5; looks += 1) assert.equal(watched.look(), null);
  });
});

describe('every file that the configuration names is watched', () => {
  test('a prompt and a context file: the version is another, and the tier has the new text', (t) => {
    const folder = folderFor(t);
    const file = path.join(folder, 'tierline.yaml');
    writeFileSync(file, yaml().replace('[small]', '[small], prompt: prompt.md, context: [facts.md]'));
    writeFileSync(path.join(folder, 'prompt.md'), 'Be brief.');
    writeFileSync(path.join(folder, 'facts.md'), 'We sell tents.');
    const watched = watch(t, redis, file);
    for (const [name, text] of [
      ['prompt.md', 'Be kind.'],
      ['facts.md', 'We sell stoves.'],
    ] as const) {
      const version = watched.runtime().version;
      writeFileSync(path.join(folder, name), text);
      const outcome = watched.untilOutcome();
      assert.ok(outcome.kind === 'taken');
      assert.deepEqual(
        outcome.changes.map((change) => change.path),
        [`texts["${name}"]`],
      );
      assert.notEqual(watched.runtime().version, version);
      assert.ok(JSON.stringify(watched.runtime().tierTexts.get('simple')).includes(text));
    }
  });

  test('a secret: it is used, shown nowhere, and makes no other version', (t) => {
    const folder = folderFor(t);
    const file = path.join(folder, 'tierline.yaml');
    writeFileSync(file, yaml().replace('needsKey: false', 'apiKey: "${file:key.txt}"'));
    writeFileSync(path.join(folder, 'key.txt'), 'sk-first-secret\n');
    const watched = watch(t, redis, file);
    const { version } = watched.runtime();
    writeFileSync(path.join(folder, 'key.txt'), 'sk-second-secret\n');
    assert.deepEqual(watched.untilOutcome(), { kind: 'taken', changes: [], warnings: [] });
    assert.equal(watched.runtime().model('small')?.chat.settings.provider.apiKey, 'sk-second-secret');
    assert.equal(watched.runtime().version, version);
    const shown = JSON.stringify(watched.standing.shown());
    assert.ok(shown.includes('${file:key.txt}'));
    assert.doesNotMatch(`${shown}${watched.lines.join('')}`, /(?:first|second)-secret/);
  });

  test('an article that is added, changed or taken away', (t) => {
    const folder = folderFor(t);
    const file = path.join(folder, 'tierline.yaml');
    const articles = path.join(folder, 'articles');
    mkdirSync(path.join(articles, 'more'), { recursive: true });
    writeFileSync(path.join(articles, 'a.md'), article('a', 'Text.'));
    writeFileSync(file, yaml('knowledge: { folder: articles }\n'));
    const watched = watch(t, redis, file);
    const deeper = path.join(articles, 'more', 'b.md');
    const steps = [
      () => writeFileSync(deeper, article('b', 'More text.')),
      () => writeFileSync(deeper, article('b', 'Another text.')),
      () => rmSync(deeper),
    ];
    for (const step of steps) {
      step();
      const outcome = watched.untilOutcome();
      assert.ok(outcome.kind === 'taken');
      assert.deepEqual(
        outcome.changes.map((change) => change.path),
        ['texts["articles/more/b.md"]'],
      );
    }
  });

  test('prices of its own', (t) => {
    const folder = folderFor(t);
    const file = path.join(folder, 'tierline.yaml');
    const shipped = readFileSync(path.resolve(import.meta.dirname, '../../infra/prices.yaml'), 'utf8');
    writeFileSync(path.join(folder, 'prices.yaml'), shipped);
    writeFileSync(file, yaml('prices: prices.yaml\n'));
    const watched = watch(t, redis, file);
    appendFileSync(path.join(folder, 'prices.yaml'), '# checked again\n');
    assert.equal(watched.untilOutcome().kind, 'taken');
    appendFileSync(path.join(folder, 'prices.yaml'), '  - : {\n');
    const outcome = watched.untilOutcome();
    assert.ok(outcome.kind === 'refused');
    assert.match(outcome.problems.join(), /prices\.yaml/);
  });
});

test('two changes within the same tick of the clock of the files are two', (t) => {
  const file = path.join(folderFor(t), 'a.txt');
  const coarse = (ms: number): number => Math.floor(ms / 2000) * 2000;
  const look = createLookout(Date.now, (name) => {
    const stats = statSync(name);
    return Object.assign(stats, { mtimeMs: coarse(stats.mtimeMs), ctimeMs: coarse(stats.ctimeMs) });
  });
  const inputs = { files: [file], folders: [] };
  writeFileSync(file, 'one');
  const one = look(inputs).get(file);
  writeFileSync(file, 'two');
  assert.notEqual(look(inputs).get(file), one);
});

describe('files mounted as a ConfigMap', () => {
  test('are taken up when the link above them is swapped, each and all', (t) => {
    const folder = folderFor(t);
    const mount = mountConfigMap(folder);
    const config = yaml().replace('[small]', '[small], prompt: prompt.md');
    mount.publish({ 'tierline.yaml': config, 'prompt.md': 'Be brief.' });
    const watched = watch(t, redis, path.join(folder, 'tierline.yaml'));
    const promptNow = (): string | null => watched.runtime().tierTexts.get('simple')?.prompt ?? null;
    assert.equal(promptNow(), 'Be brief.');
    assert.equal(watched.runtime().config.tiers['simple']?.prompt, path.join(folder, 'prompt.md'));

    mount.publish({ 'tierline.yaml': config, 'prompt.md': 'Be kind.' });
    assert.equal(watched.untilOutcome().kind, 'taken');
    assert.equal(promptNow(), 'Be kind.');

    const more = config.replace('tiers:\n', `${nova}tiers:\n`);
    mount.publish({ 'tierline.yaml': more, 'prompt.md': 'Be quick.' });
    assert.equal(watched.untilOutcome().kind, 'taken');
    assert.equal(promptNow(), 'Be quick.');
    assert.ok(watched.runtime().model('nova'));
  });

  test('are not new where the swap brings the same contents', (t) => {
    const folder = folderFor(t);
    const mount = mountConfigMap(folder);
    mount.publish({ 'tierline.yaml': yaml() });
    const watched = watch(t, redis, path.join(folder, 'tierline.yaml'));
    mount.publish({ 'tierline.yaml': yaml() });
    for (let looks = 0; looks < 5; looks += 1) assert.equal(watched.look(), null);
  });

  test('may be the articles: each counts once, and a swap changes them', (t) => {
    const folder = folderFor(t);
    const articles = path.join(folder, 'articles');
    mkdirSync(articles);
    const mount = mountConfigMap(articles);
    mount.publish({ 'a.md': article('a', 'Text.'), 'b.md': article('b', 'Text.') });
    writeFileSync(path.join(folder, 'tierline.yaml'), yaml('knowledge: { folder: articles }\n'));
    const watched = watch(t, redis, path.join(folder, 'tierline.yaml'));
    mount.publish({ 'a.md': article('a', 'Another text.'), 'b.md': article('b', 'Text.') });
    const outcome = watched.untilOutcome();
    assert.ok(outcome.kind === 'taken');
    assert.deepEqual(
      outcome.changes.map((change) => change.path),
      ['texts["articles/a.md"]'],
    );
  });
});

describe('a file that cannot be used changes nothing', () => {
  const cases: [string, string, RegExp][] = [
    [
      'a name that is not there',
      wrong(),
      /tierline\.yaml:7:\d+ tiers\.simple\.models\[0\]: unknown model "smal"\. Did you mean "small"\?/,
    ],
    ['a tab', yaml().replace('  simple', '\tsimple'), /tierline\.yaml:7:\d+: a tab cannot indent/],
    ['half of it', yaml().slice(0, 180), /tierline\.yaml:\d+:\d+/],
    ['nothing in it', '', /tierline\.yaml:1:1: the file is empty/],
    [
      'a file that is not there',
      yaml().replace('[small]', '[small], context: [gone.md]'),
      /gone\.md cannot be read/,
    ],
    [
      'another number of shards',
      yaml('redis: { shards: 2 }\n'),
      /tierline\.yaml:10:\d+ redis\.shards: cannot change while the system runs \(it runs with 1\)/,
    ],
  ];
  for (const [name, text, message] of cases) {
    test(`such as ${name}`, (t) => {
      const file = path.join(folderFor(t), 'tierline.yaml');
      writeFileSync(file, yaml());
      const watched = watch(t, redis, file);
      const running = watched.runtime();
      writeFileSync(file, text);
      const outcome = watched.untilOutcome();
      assert.ok(outcome.kind === 'refused');
      assert.match(outcome.problems.join('\n'), message);
      assert.equal(watched.runtime(), running);
      assert.deepEqual(watched.standing.state().refused?.problems, outcome.problems);
      for (let looks = 0; looks < 5; looks += 1) assert.equal(watched.look(), null, 'told once');
      assert.equal(watched.lines.filter((line) => line.includes('config.refused')).length, 1);

      writeFileSync(file, withNova());
      assert.equal(watched.untilOutcome().kind, 'taken', 'once mended');
      assert.equal(watched.standing.state().refused, null);
      assert.ok(watched.lines.at(-2)?.includes('config.reloaded'));
    });
  }

  test('nothing of it: what is right beside what is wrong is not taken up either', (t) => {
    const file = path.join(folderFor(t), 'tierline.yaml');
    writeFileSync(file, yaml());
    const watched = watch(t, redis, file);
    writeFileSync(file, `${withNova()}redis: { shards: 4 }\n`);
    assert.equal(watched.untilOutcome().kind, 'refused');
    assert.equal(watched.runtime().model('nova'), undefined);
  });

  test('and is not called wrong while it is being written', (t) => {
    const file = path.join(folderFor(t), 'tierline.yaml');
    writeFileSync(file, yaml());
    const watched = watch(t, redis, file);
    const text = withNova();
    writeFileSync(file, text.slice(0, 180));
    assert.equal(watched.look(), null);
    assert.equal(watched.look(), null);
    appendFileSync(file, text.slice(180));
    assert.equal(watched.untilOutcome().kind, 'taken');
    assert.ok(!watched.lines.some((line) => line.includes('config.refused')));
  });

  test('and is forgotten when what runs is put back', (t) => {
    const file = path.join(folderFor(t), 'tierline.yaml');
    writeFileSync(file, yaml());
    const watched = watch(t, redis, file);
    const running = watched.runtime();
    writeFileSync(file, wrong());
    assert.equal(watched.untilOutcome().kind, 'refused');
    writeFileSync(file, yaml());
    assert.deepEqual(watched.untilOutcome(), { kind: 'unchanged' });
    assert.equal(watched.standing.state().refused, null);
    assert.equal(watched.runtime(), running);
    assert.ok(watched.lines.at(-1)?.includes('config.restored'));
  });

  test('and is taken up when what it names appears', (t) => {
    const folder = folderFor(t);
    const file = path.join(folder, 'tierline.yaml');
    writeFileSync(file, yaml());
    const watched = watch(t, redis, file);
    writeFileSync(file, yaml().replace('[small]', '[small], context: [late.md]'));
    assert.equal(watched.untilOutcome().kind, 'refused');
    writeFileSync(path.join(folder, 'late.md'), 'Here it is.');
    assert.equal(watched.untilOutcome().kind, 'taken');
    assert.ok(JSON.stringify(watched.runtime().tierTexts.get('simple')).includes('Here it is.'));
  });

  test('nor does an article; it and the line that names its folder are told', (t) => {
    const folder = folderFor(t);
    const file = path.join(folder, 'tierline.yaml');
    mkdirSync(path.join(folder, 'articles'));
    writeFileSync(path.join(folder, 'articles', 'a.md'), article('a', 'Text.'));
    writeFileSync(file, yaml('knowledge: { folder: articles }\n'));
    const watched = watch(t, redis, file);
    const running = watched.runtime();
    writeFileSync(path.join(folder, 'articles', 'a.md'), 'no front matter');
    const outcome = watched.untilOutcome();
    assert.ok(outcome.kind === 'refused');
    assert.match(
      outcome.problems.join(),
      /tierline\.yaml:10:\d+ knowledge\.folder: knowledge article a\.md: /,
    );
    assert.equal(watched.runtime(), running);
  });
});

test('who asks gets the outcome at once: taken, unchanged, or why not', async (t) => {
  const file = path.join(folderFor(t), 'tierline.yaml');
  writeFileSync(file, yaml());
  const watched = watch(t, redis, file);
  assert.deepEqual(await watched.attemptAtRest(), { kind: 'unchanged' });
  writeFileSync(file, withNova());
  assert.equal((await watched.attemptAtRest()).kind, 'taken');
  writeFileSync(file, wrong());
  assert.equal((await watched.attemptAtRest()).kind, 'refused');
  assert.equal((await watched.attemptAtRest()).kind, 'refused', 'as often as is asked');
  assert.ok(watched.runtime().model('nova'));
});

test('a runtime closes when the last work that holds it has ended, and not before', async (t) => {
  const file = path.join(folderFor(t), 'tierline.yaml');
  writeFileSync(file, yaml());
  const watched = watch(t, redis, file);
  const old = watched.runtime();
  const events: string[] = [];
  old.onClose(async () => void events.push('closed'));
  const [one, other] = [old.hold(), old.hold()];
  writeFileSync(file, withNova());
  assert.equal(watched.untilOutcome().kind, 'taken');
  one();
  one();
  events.push('one has ended');
  other();
  await old.close();
  assert.deepEqual(events, ['one has ended', 'closed']);
});
