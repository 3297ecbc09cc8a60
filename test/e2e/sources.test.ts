import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { deadlineConditions } from '../../shared/alerts/deadline-conditions.ts';
import { countIgnored } from '../../shared/helpdesks/ignored-counts.ts';
import { bookOf, readPauses } from '../../shared/source-pauses.ts';
import type { SourceStatus } from '../../shared/status/sources.ts';
import { onTerminal, tierline } from '../fakes/command.ts';
import type { ProviderRequest } from '../fakes/provider.ts';
import { labels, openScene, until, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld({ appendOnly: 'everysec' });
});

after(() => world.close());

const minute = 60_000;

async function open(t: TestContext, overrides: Record<string, unknown> = {}) {
  const scene = await openScene(t, world, ({ stream }: ProviderRequest) =>
    stream ? { text: 'It is on its way.' } : labels(),
  );
  const system = await scene.start(overrides);
  const env = {
    REDIS_URL: world.redis.url,
    TIERLINE_PREFIX: scene.prefix,
    TIERLINE_CONFIG: system.configFile,
  };
  const cli = (...args: string[]) => tierline(['sources', ...args], env);
  const set = async (verb: 'pause' | 'resume', source: string): Promise<void> => {
    const { code, stderr } = await cli(verb, source);
    assert.equal(code, 0, stderr);
  };
  return { scene, system, env, cli, set };
}

const pausesKey = ({ prefix }: Scene): string => `{${prefix}:0}:source-pauses`;

/** Known in this process. */
const seen = (scene: Scene, event: 'source.paused' | 'source.resumed', source: string): Promise<true> =>
  until(async () => wasLogged(scene, event, `"source":"${source}"`));

const parkedFor = (scene: Scene, ticketId: string): Promise<Record<string, string>> =>
  until(async () => {
    const fields = await scene.record(ticketId);
    return fields['pu'] !== undefined && fields['tl']!.includes('parked source paused') ? fields : null;
  });

/** However many the sweeper, which may just have looked at it, holds back once more. */
const hurried = async (scene: Scene, ticketId: string): Promise<Record<string, string>> =>
  until(async () => {
    const fields = await scene.record(ticketId);
    if (['delivered', 'handed_off', 'drafted', 'superseded'].includes(fields['st'] ?? '')) return fields;
    await scene.hurry(ticketId);
    return null;
  });

const status = async (env: Record<string, string>) => {
  const { stdout, code } = await tierline(['status', '--json'], env);
  const { findings, stages } = JSON.parse(stdout) as {
    findings: { level: string; code: string; subject: string }[];
    stages: { queue: string; parked: number; oldestAgeSeconds: number | null }[];
  };
  return { code, stages, findings: findings.map((one) => `${one.level} ${one.code} ${one.subject}`) };
};

describe('a paused source', { concurrency: 3 }, () => {
  test('takes tickets in, calls no model and delivers nothing, uses up no attempt, and goes on when it is resumed', async (t) => {
    const { scene, system, env, set } = await open(t);
    await set('pause', 'shop-api');
    await seen(scene, 'source.paused', 'shop-api');
    const posted = await system.post({ externalId: 'T-1' });
    assert.deepEqual([posted.status, posted.body.state], [202, 'queued']);
    const { ticketId } = posted.body;
    const parked = await parkedFor(scene, ticketId);
    assert.deepEqual([parked['st'], parked['cc'], parked['an']], ['classify', '0', undefined]);
    assert.equal((await system.trace(ticketId)).state, 'parked');
    const delayMs = Number(parked['pu']) - Date.now();
    assert.ok(delayMs > 0 && delayMs <= 30_000, `${delayMs}`);
    const { findings, stages } = await status(env);
    assert.ok(findings.includes('notice source_paused shop-api'), findings.join());
    // Looked at again and again, it stays where it is.
    for (let round = 0; round < 3; round += 1) {
      await scene.hurry(ticketId);
      await until(async () => (Number((await scene.record(ticketId))['pu'] ?? 0) > Date.now() ? true : null));
    }
    assert.equal((await scene.record(ticketId))['n'], parked['n'], 'the sweeper troubles no worker with it');
    // Another source is answered meanwhile.
    const other = await system.fetch('/v1/tickets', {
      method: 'POST',
      body: JSON.stringify({ source: 'shop-webhook', externalId: 'T-2', body: 'Where is my parcel?' }),
    });
    const { ticketId: otherId } = (await other.json()) as { ticketId: string };
    assert.equal((await scene.ended(otherId))['st'], 'delivered');
    assert.deepEqual([scene.provider.requests.length, scene.receiver.received.length], [2, 1]);
    assert.deepEqual(stages.map(({ parked: count, oldestAgeSeconds }) => [count, oldestAgeSeconds]).at(0), [
      1,
      null,
    ]);
    await set('resume', 'shop-api');
    await seen(scene, 'source.resumed', 'shop-api');
    assert.equal((await hurried(scene, ticketId))['st'], 'delivered');
    assert.deepEqual((await status(env)).findings, []);
  });

  test('keeps an answer that was made before: it is sent once the source is resumed, the same bytes, as the first attempt', async (t) => {
    const { scene, system, set } = await open(t);
    await system.app.hints.pause('deliver');
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    const made = await until(async () => {
      const fields = await scene.record(ticketId);
      return fields['st'] === 'deliver' ? fields : null;
    });
    await set('pause', 'shop-api');
    await seen(scene, 'source.paused', 'shop-api');
    await system.app.hints.resume('deliver');
    const parked = await parkedFor(scene, ticketId);
    assert.deepEqual(
      [parked['st'], parked['sd'], parked['da'], parked['rs']],
      ['deliver', undefined, undefined, undefined],
    );
    assert.equal(scene.receiver.received.length, 0);
    // The customer writes again: nothing has been sent, so one answer speaks for both.
    const newer = (await system.post({ externalId: 'T-1', messageId: 'm-2' })).body.ticketId;
    assert.equal((await scene.record(ticketId))['st'], 'superseded');
    await parkedFor(scene, newer);
    await set('resume', 'shop-api');
    await seen(scene, 'source.resumed', 'shop-api');
    assert.equal((await hurried(scene, newer))['st'], 'delivered');
    assert.equal(scene.receiver.received.length, 1);
    assert.ok(made['rep']);
  });

  test('has not used up the deadline of a ticket that waited longer than that, and is told so by no alert', async (t) => {
    const { scene, system, env, set } = await open(t);
    await set('pause', 'shop-api');
    await seen(scene, 'source.paused', 'shop-api');
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    await parkedFor(scene, ticketId);
    // All of it was an hour ago, the pause a little earlier than the ticket; the tier's deadline is 15 minutes.
    const [anHour, now] = [60 * minute, Date.now()];
    const at = now - anHour;
    await scene.redis.hset(scene.recordKey(ticketId), { at, se: at });
    await scene.redis.zadd(`{${scene.prefix}:0}:open`, 'XX', at, ticketId);
    await scene.redis.hset(pausesKey(scene), 'shop-api', `${at - 1000}-`);
    assert.deepEqual((await status(env)).findings, ['notice source_paused shop-api']);
    const { app } = system;
    const near = (pauses: typeof app.pauses) => deadlineConditions({ ...app, pauses }, now);
    assert.deepEqual(await near({ book: () => readPauses(app) }), []);
    assert.equal(
      (await near({ book: () => Promise.resolve(bookOf({})) })).length,
      1,
      'without the pause it is near',
    );
    await set('resume', 'shop-api');
    await seen(scene, 'source.resumed', 'shop-api');
    const ended = await hurried(scene, ticketId);
    assert.equal(ended['st'], 'delivered', ended['tl']);
    assert.ok(Number(ended['dl']) < now, 'by the clock its deadline had passed');
    // Control: one that came after the pause has its deadline, and no more.
    await system.app.hints.pause('tier.simple');
    const { ticketId: control } = (await system.post({ externalId: 'T-2' })).body;
    await until(async () => ((await scene.record(control))['st'] === 'answer' ? true : null));
    await scene.redis.hset(scene.recordKey(control), { dl: Date.now() - 1 });
    await system.app.hints.resume('tier.simple');
    assert.equal((await scene.ended(control))['st'], 'handed_off');
  });

  test('is paused for processes that start later too, and for those without it in their configuration', async (t) => {
    const { scene, system, cli, set } = await open(t);
    await set('pause', 'shop-api');
    await system.close();
    const { sources, ...rest } = scene.config() as { sources: Record<string, unknown> };
    const again = await scene.start({ ...rest });
    await seen(scene, 'source.paused', 'shop-api');
    const { ticketId } = (await again.post({ externalId: 'T-1' })).body;
    await parkedFor(scene, ticketId);
    const file = {
      TIERLINE_CONFIG: (await scene.start({ ...rest, sources: { desk: sources['shop-webhook'] } }))
        .configFile,
    };
    const env = { REDIS_URL: world.redis.url, TIERLINE_PREFIX: scene.prefix, ...file };
    const { stdout } = await tierline(['sources', '--json'], env);
    const found = (JSON.parse(stdout) as { sources: SourceStatus[] }).sources;
    assert.deepEqual(
      found.map(({ source, platform, kept, pausedSince }) => [source, platform, kept, pausedSince !== null]),
      [
        ['desk', 'generic', 0, false],
        ['shop-api', null, 1, true],
      ],
    );
    assert.equal((await tierline(['sources', 'resume', 'shop-api'], env)).code, 0);
    assert.match((await cli('resume', 'shop-api')).stderr, /shop-api is not paused\./);
  });
});

test('sources lists them: platform, destination, mode, open tickets, and what was left alone, by reason', async (t) => {
  const { scene, system, env, cli } = await open(t);
  const { sources } = scene.config() as { sources: Record<string, Record<string, unknown>> };
  await system.close();
  const second = await scene.start({
    sources: { ...sources, 'shop-webhook': { ...sources['shop-webhook'], mode: 'draft' } },
  });
  env.TIERLINE_CONFIG = second.configFile;
  await second.app.hints.pause('classify');
  await second.post({ externalId: 'T-1' });
  for (let i = 0; i < 3; i += 1) await countIgnored(second.app, 'shop-webhook', 'private');
  await countIgnored(second.app, 'shop-webhook', 'own_message');
  const list = JSON.parse((await cli('--json')).stdout) as { sources: SourceStatus[] };
  const common = { platform: 'generic', destination: 'hook', pausedSince: null, kept: 0 };
  assert.deepEqual(list.sources, [
    { source: 'shop-api', ...common, mode: null, open: 1, leftAlone: {} },
    { source: 'shop-webhook', ...common, mode: 'draft', open: 0, leftAlone: { private: 3, own_message: 1 } },
  ]);
  const paused = JSON.parse((await cli('pause', 'shop-api', '--json')).stdout) as { pausedSince: string };
  assert.deepEqual(
    { ...paused, pausedSince: '' },
    { source: 'shop-api', paused: true, pausedSince: '', changed: true },
  );
  const again = JSON.parse((await cli('pause', 'shop-api', '--json')).stdout) as { pausedSince: string };
  assert.deepEqual(again, { ...paused, changed: false });
  const { stdout } = await cli();
  assert.match(stdout, /^shop-api +generic +hook +by tier +paused for \d+ s, 0 kept +1$/m);
  assert.match(stdout, /^shop-webhook +generic +hook +draft +answered +0 +3 private, 1 own_message$/m);
  const narrow = await onTerminal(60, ['sources'], env);
  assert.ok(
    narrow.split('\n').every((line) => stripVTControlCharacters(line).length <= 60),
    narrow,
  );
});

test('a name that is no source is refused with the nearest one, and changes nothing', async (t) => {
  const { scene, cli } = await open(t);
  for (const verb of ['pause', 'resume']) {
    const { code, stderr } = await cli(verb, 'shop-ap');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /There is no source "shop-ap". Did you mean "shop-api"\? Sources: shop-api, shop-webhook\./,
    );
  }
  assert.equal(await scene.redis.exists(pausesKey(scene)), 0);
});
