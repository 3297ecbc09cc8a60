import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { onTerminal, tierline } from '../fakes/command.ts';
import { labels, openScene, until } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  // Without an append-only file every status would be wrong.
  world = await openWorld({ appendOnly: 'everysec' });
});

after(() => world.close());

type Status = {
  ok: boolean;
  findings: { level: string; code: string; subject: string; message: string; cure: string }[];
  stages: {
    queue: string;
    tier: string | null;
    waiting: number;
    backlog: number;
    parked: number;
    active: number;
    oldestAgeSeconds: number | null;
    sloSeconds: number | null;
    paused: boolean;
    workers: number;
    slots: number | null;
  }[];
  breakers: { model: string; state: string; scope: string; why: string }[];
  deadLetters: { held: number; handedOff24h: number };
  spend: { usd: number; nanoUsd: string; calls: number; unpricedCalls: number };
  redis: { version: string };
  processes: { roles: string[]; config: { version: string } }[];
};

const environmentOf = (scene: Scene, system: TestSystem): Record<string, string> => ({
  REDIS_URL: world.redis.url,
  TIERLINE_PREFIX: scene.prefix,
  TIERLINE_CONFIG: system.configFile,
});

async function statusOf(env: Record<string, string>): Promise<Status & { code: number }> {
  const ended = await tierline(['status', '--json'], env);
  assert.equal(ended.stderr, '');
  return { ...(JSON.parse(ended.stdout) as Status), code: ended.code };
}

/** The status once it has a finding of this code. */
const untilFound = (env: Record<string, string>, code: string): Promise<Status & { code: number }> =>
  until(async () => {
    const status = await statusOf(env);
    return status.findings.some((finding) => finding.code === code) ? status : null;
  });

const found = ({ findings }: Status, code: string) => {
  const finding = findings.find((one) => one.code === code);
  assert.ok(finding, `${code} is among ${findings.map((one) => one.code).join(', ')}`);
  return finding;
};

const stage = (status: Status, queue: string) => status.stages.find((one) => one.queue === queue)!;

const open = (t: TestContext, behave?: Parameters<typeof openScene>[2]): Promise<Scene> =>
  openScene(t, world, behave);

test('a system without faults is well: exit 0, its tiers with their slots, its spend of today, its processes', async (t) => {
  const scene = await open(t, ({ stream }) => (stream ? { usage: { input: 512, output: 120 } } : labels()));
  const system = await scene.start();
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  await system.untilEnd(ticketId);
  const env = environmentOf(scene, system);
  const status = await until(async () => {
    const one = await statusOf(env);
    return one.processes.length > 0 ? one : null;
  });
  assert.deepEqual([status.code, status.ok, status.findings], [0, true, []]);
  assert.deepEqual(
    status.stages.map(({ queue }) => queue),
    ['classify', 'tier.simple', 'tier.standard', 'tier.complex', 'deliver'],
  );
  const { workers, slots, sloSeconds, oldestAgeSeconds } = stage(status, 'tier.simple');
  assert.deepEqual([workers, slots, sloSeconds, oldestAgeSeconds], [1, 20, 30, null]);
  assert.equal(status.spend.calls, 2);
  assert.ok(status.spend.usd > 0);
  const printed = await tierline(['status'], env);
  assert.equal(printed.code, 0);
  for (const shown of [
    'All is well.',
    'simple',
    '0/20',
    'all closed',
    'for 2 calls (UTC)',
    'ingest, classifier, tier, results',
  ]) {
    assert.ok(printed.stdout.includes(shown), `${shown} in\n${printed.stdout}`);
  }
  // Suggestions are for people in front of a terminal.
  assert.equal(printed.stderr, '');
});

test('a tier that has tickets waiting and no worker is found, and so is its age beyond sloSeconds', async (t) => {
  const scene = await open(t, labels({ queryType: 'troubleshooting', complexity: 0.9 }));
  const tiers = { ...(scene.config()['tiers'] as object), complex: { models: ['large'], sloSeconds: 0.2 } };
  const system = await scene.start({ tiers }, { tiers: ['simple'] });
  await system.post({ externalId: 'T-1' });
  await system.post({ externalId: 'T-2' });
  const env = environmentOf(scene, system);
  const status = await untilFound(env, 'too_old');
  assert.equal(status.code, 1);
  const { message, cure, subject } = found(status, 'no_worker');
  assert.equal(subject, 'tier.complex');
  assert.match(message, /Tier complex has \d tickets? waiting and no process/);
  assert.match(cure, /tierline run tier --tier complex/);
  assert.match(found(status, 'too_old').message, /Tier complex is late: .* its sloSeconds is 0\.2/);
  const complex = stage(status, 'tier.complex');
  assert.deepEqual([complex.waiting, complex.workers, complex.slots], [2, 0, 0]);
  assert.ok((complex.oldestAgeSeconds ?? 0) > 0.2);
  assert.deepEqual([stage(status, 'tier.simple').workers, stage(status, 'tier.simple').slots], [1, 20]);
  const printed = await tierline(['status'], env);
  assert.match(printed.stdout, /^\d things are wrong\./);
});

test('imported tickets do not make a tier late', async (t) => {
  const scene = await open(t, labels({ queryType: 'troubleshooting', complexity: 0.9 }));
  const tiers = { ...(scene.config()['tiers'] as object), complex: { models: ['large'], sloSeconds: 0.001 } };
  const system = await scene.start({ tiers }, { tiers: ['simple'] });
  await system.post({ externalId: 'T-1', lane: 'backlog' });
  const status = await untilFound(environmentOf(scene, system), 'no_worker');
  const { backlog, waiting, oldestAgeSeconds } = stage(status, 'tier.complex');
  assert.deepEqual([backlog, waiting, oldestAgeSeconds], [1, 0, null]);
  assert.ok(status.findings.every(({ code }) => code !== 'too_old'));
});

test('a ticket that is being worked on does not wait, however long that takes', async (t) => {
  const scene = await open(t, ({ stream }) => (stream ? { delayMs: 5000 } : labels()));
  const tiers = { ...(scene.config()['tiers'] as object), simple: { models: ['small'], sloSeconds: 0.001 } };
  const system = await scene.start({ tiers });
  await system.post({ externalId: 'T-1' });
  const status = await until(async () => {
    const one = await statusOf(environmentOf(scene, system));
    return stage(one, 'tier.simple').active === 1 ? one : null;
  });
  assert.deepEqual([status.code, stage(status, 'tier.simple').oldestAgeSeconds], [0, null]);
});

test('an open breaker is found, with what it means; one that only a person can mend names the doctor', async (t) => {
  const scene = await open(t, { status: 401, error: { type: 'authentication_error' } });
  const system = await scene.start();
  await system.post({ externalId: 'T-1' });
  const status = await untilFound(environmentOf(scene, system), 'breaker_open');
  assert.equal(status.code, 1);
  const [gate] = status.breakers;
  assert.deepEqual([gate?.state, gate?.scope, gate?.why], ['open', 'account', 'key']);
  const { message, cure, subject } = found(status, 'breaker_open');
  assert.equal(subject, 'small');
  assert.match(message, /refuses the key/);
  assert.match(cure, /tierline doctor/);
  const simple = await until(async () => {
    const now = stage(await statusOf(environmentOf(scene, system)), 'tier.simple');
    return now.parked === 1 ? now : null;
  });
  assert.deepEqual([simple.waiting, simple.parked], [0, 1]);
});

test('tickets that are held for an operator are found', async (t) => {
  const scene = await open(t, ({ stream }) => (stream ? { finish: 'content_filter', text: '' } : labels()));
  const tiers = {
    simple: { models: ['small'], onDead: 'hold' },
    standard: { models: ['small'] },
    complex: { models: ['large'] },
  };
  const system = await scene.start({ tiers });
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  assert.equal((await system.untilEnd(ticketId)).state, 'dead');
  const status = await statusOf(environmentOf(scene, system));
  assert.deepEqual([status.code, status.deadLetters.held], [1, 1]);
  const { message, cure } = found(status, 'dead_letters');
  assert.match(message, /1 ticket held \(filtered\)/);
  assert.match(cure, /tierline dead list --state dead/);
});

test('a changed configuration that was refused is found, with its first problem and its line', async (t) => {
  const scene = await open(t);
  const system = await scene.start();
  const env = environmentOf(scene, system);
  await writeFile(system.configFile, JSON.stringify(scene.config({ baseline: { model: 'smal' } })));
  await system.reload();
  // What the asker sees must be right, or there is no status at all.
  const asked = { ...env, TIERLINE_CONFIG: `${system.configFile}.right.json` };
  await writeFile(asked.TIERLINE_CONFIG, JSON.stringify(scene.config()));
  const status = await untilFound(asked, 'configuration_refused');
  assert.equal(status.code, 1);
  assert.match(found(status, 'configuration_refused').message, /:\d+:\d+ .*unknown model "smal"/);
});

test('a Redis that would lose tickets is found while everything runs', async (t) => {
  const own = await openWorld({ appendOnly: 'everysec' });
  const scene = await openScene(t, own);
  t.after(() => own.close());
  const system = await scene.start();
  const env = { ...environmentOf(scene, system), REDIS_URL: own.redis.url };
  await scene.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await scene.redis.config('SET', 'appendonly', 'no');
  const status = await statusOf(env);
  assert.equal(status.code, 1);
  const messages = status.findings
    .filter(({ code }) => code === 'redis_unsafe')
    .map(({ message }) => message);
  assert.match(messages.join('\n'), /maxmemory-policy allkeys-lru/);
  assert.match(messages.join('\n'), /no append-only file/);
});

test('where nothing runs, status says so and how to start something', async (t) => {
  const scene = await open(t);
  const system = await scene.start();
  await system.close();
  const status = await statusOf(environmentOf(scene, system));
  assert.equal(status.code, 1);
  assert.deepEqual(
    status.findings.map(({ code }) => code),
    ['nothing_runs'],
  );
  assert.match(status.findings[0]!.cure, /tierline start/);
});

test('a paused queue keeps its tickets and is shown as paused, resumed it works them off', async (t) => {
  const scene = await open(t, ({ stream }) => (stream ? {} : labels()));
  const system = await scene.start();
  const env = environmentOf(scene, system);
  const paused = await tierline(['queues', 'pause', 'tier.simple', '--json'], env);
  assert.deepEqual(JSON.parse(paused.stdout), {
    queues: ['tier.simple', 'tier.simple.backlog'],
    paused: true,
  });
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  const backlog = (await system.post({ externalId: 'T-2', lane: 'backlog' })).body.ticketId;
  const status = await until(async () => {
    const one = await statusOf(env);
    const { waiting, backlog: imported } = stage(one, 'tier.simple');
    return waiting === 1 && imported === 1 ? one : null;
  });
  assert.equal(status.code, 1);
  assert.match(found(status, 'paused').cure, /tierline queues resume tier\.simple$/);
  assert.equal((await system.trace(ticketId)).state, 'answering');
  assert.match((await tierline(['queues'], env)).stdout, /tier\.simple +1 +1 +0 +0 +1 .*paused/);
  assert.equal((await tierline(['queues', 'resume', 'tier.simple'], env)).code, 0);
  assert.equal((await system.untilEnd(ticketId)).state, 'delivered');
  assert.equal((await system.untilEnd(backlog)).state, 'delivered');
  assert.equal((await statusOf(env)).code, 0);
});

test('a ticket that is parked while its queue is paused waits there when its moment comes, once', async (t) => {
  const scene = await open(t, ({ stream }) => (stream ? { status: 500 } : labels()));
  const system = await scene.start({ tiers: { simple: { models: ['small'] } }, classifier: { models: [] } });
  const env = environmentOf(scene, system);
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  await until(async () => ((await system.trace(ticketId)).state === 'parked' ? true : null));
  await tierline(['queues', 'pause', 'tier.simple'], env);
  scene.provider.behave({});
  await scene.hurry(ticketId);
  const waiting = await until(async () => {
    const one = stage(await statusOf(env), 'tier.simple');
    return one.waiting > 0 ? one : null;
  });
  assert.deepEqual([waiting.waiting, waiting.parked, waiting.active], [1, 0, 0]);
  await tierline(['queues', 'resume', 'tier.simple'], env);
  const trace = await until(async () => {
    await scene.hurry(ticketId);
    const one = await system.trace(ticketId);
    return one.state === 'delivered' ? one : null;
  });
  assert.equal(trace.deliveries.length, 1);
});

test('only the backlog lane can be paused by itself', async (t) => {
  const scene = await open(t, ({ stream }) => (stream ? {} : labels()));
  const system = await scene.start();
  const env = environmentOf(scene, system);
  await tierline(['queues', 'pause', 'tier.simple.backlog'], env);
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  assert.equal((await system.untilEnd(ticketId)).state, 'delivered');
  const status = await statusOf(env);
  assert.deepEqual([status.code, found(status, 'paused').level], [0, 'notice']);
  await tierline(['queues', 'resume', 'tier.simple'], env);
  assert.deepEqual((await statusOf(env)).findings, []);
});

test('on a terminal of 80 columns no line of status is wider, and colours stand there and not in a pipe', async (t) => {
  const scene = await open(t, { status: 401, error: { type: 'authentication_error' } });
  const system = await scene.start();
  await system.post({ externalId: 'T-1' });
  const env = environmentOf(scene, system);
  await untilFound(env, 'breaker_open');
  // oxlint-disable-next-line no-control-regex -- that is what a colour is
  const colour = /\u001b\[[\d;]*m/g;
  const shown = await onTerminal(80, ['status'], env);
  assert.match(shown, colour);
  for (const line of shown.replaceAll(colour, '').split('\n')) assert.ok(line.length <= 80, line);
  assert.match(shown, /tierline doctor/);
  assert.doesNotMatch(await onTerminal(80, ['status'], { ...env, NO_COLOR: '1' }), colour);
  assert.doesNotMatch((await tierline(['status'], env)).stdout, colour);
  assert.match((await tierline(['status'], { ...env, FORCE_COLOR: '1' })).stdout, colour);
});
