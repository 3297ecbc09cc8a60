/**
 * What a lease is for. A worker that is stopped beyond its lease in the middle of its calls and then goes on must not be
 * heard; a worker that is killed in the middle must be replaced. Each is shown on the product, and on copies of it in which
 * the part that sees to it is taken out: there the same checks must find what is wrong.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startHeldProvider } from './held-provider.ts';
import type { HeldProvider } from './held-provider.ts';
import { violationsOf } from './invariants.ts';
import { messageOf } from './messages.ts';
import type { Message } from './messages.ts';
import { copyProject, projectFolder } from './project-copy.ts';
import type { Change } from './project-copy.ts';
import { until } from './until.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

const leaseMs = 2000;
const stepWithinMs = 60_000;
/** BullMQ's own rescue of a killed worker's job comes later than this (its lock is 15 s, looked at every 5 s). */
const sweptWithinMs = 9000;

const compareAndSet = 'local ours = f[1] == from and f[2] == token';
const withoutToken: Change = {
  file: 'shared/record/advance.lua',
  from: compareAndSet,
  to: 'local ours = f[1] == from',
};
const withoutComparison: Change = { ...withoutToken, to: 'local ours = true' };
const startOfSweeper = 'export function startSweeper(app: App): Running {\n';
const withoutSweeper: Change = {
  file: 'shared/record/sweeper.ts',
  from: startOfSweeper,
  to: `${startOfSweeper}  if (app) return { close: () => Promise.resolve() };\n`,
};

/** Nothing but the lease may end a call here. */
const patient = { provider: 'fake', timeoutMs: 120_000, firstByteTimeoutMs: 120_000, idleTimeoutMs: 120_000 };
const overrides = {
  models: {
    small: { ...patient, model: 'small-1', price: { inputPerMTok: 0.1, outputPerMTok: 0.5 } },
    large: { ...patient, model: 'large-1', price: { inputPerMTok: 2, outputPerMTok: 10 } },
  },
};

describe('leases', { concurrency: 3, timeout: 240_000 }, () => {
  test('a worker that wakes up after its lease is not heard, and its calls are in the ledger', async () => {
    assert.deepEqual(await wakeTooLate(projectFolder), []);
  });

  test('control: without the token check a late answer takes the place of the right one', async () => {
    const found = await changed(withoutToken, wakeTooLate);
    assert.ok(
      found.some((one) => one.startsWith('a question dropped')),
      found.join('\n'),
    );
  });

  test('control: without any comparison a ticket goes out with two texts', async () => {
    const found = await changed(withoutComparison, wakeTooLate);
    assert.ok(
      found.some((one) => one.startsWith('two texts')),
      found.join('\n'),
    );
  });

  test("a killed worker's tickets are answered by another", async () => {
    assert.deepEqual(await killInMidCall(projectFolder, stepWithinMs), []);
  });

  test("a killed worker's calls are in the totals although a newer message took over", async () => {
    assert.deepEqual(await killThenSupersede(projectFolder), []);
  });

  test("control: without the sweeper a killed worker's tickets stay where they are", async () => {
    const found = await changed(withoutSweeper, (folder) => killInMidCall(folder, sweptWithinMs));
    assert.equal(found.filter((one) => one.startsWith('lost')).length, 3, found.join('\n'));
  });
});

async function changed(change: Change, scenario: (folder: string) => Promise<string[]>): Promise<string[]> {
  const copy = await copyProject(change);
  try {
    return await scenario(copy.folder);
  } finally {
    await copy.close();
  }
}

/** Three tickets each: of one kind the second answer is out, of the other it is in the making when the first worker wakes. */
function plan(): { answered: Message[]; answering: Message[]; late: Message[]; all: Message[] } {
  const nowMs = Date.now() - 60_000;
  const three = [0, 1, 2];
  const answered = three.map((i) => messageOf(i, `A-${i}`, nowMs));
  const answering = three.map((i) => messageOf(10 + i, `B-${i}`, nowMs));
  // Written before the others of their conversations, and posted after them.
  const late = three.map((i) => messageOf(20 + i, `B-${i}`, nowMs - 1000));
  return { answered, answering, late, all: [...answered, ...answering, ...late] };
}

/** Stops a worker beyond its lease in the middle of six calls, lets another take over, and wakes the first. */
async function wakeTooLate(folder: string): Promise<string[]> {
  const { answered, answering, late, all } = plan();
  return inWorld(folder, all, async (world, provider) => {
    const others = world.fleet.add('others', ['ingest', 'classifier', 'results']);
    const sleeper = world.fleet.add('sleeper', ['tier']);
    const tickets = [...answered, ...answering];
    const ids = await Promise.all(tickets.map((message) => world.post(others, message)));
    await step('the first worker asks for every answer', () => asked(provider, tickets, 1));

    await sleeper.stop();
    provider.release(tickets.map(({ marker }) => marker)); // into the sleeper's sockets
    await step('every lease is over', async () =>
      (await fields(world, ids, 'lt')).every((token) => token === ''),
    );
    await Promise.all(late.map((message) => world.post(others, message)));
    world.fleet.add('successor', ['tier']);
    await step('the second worker asks for every answer', () => asked(provider, tickets, 2));
    provider.release(answered.map(({ marker }) => marker));
    const answeredIds = ids.slice(0, answered.length);
    await step('half of the tickets are delivered', async () =>
      (await fields(world, answeredIds, 'st')).every((state) => state === 'delivered'),
    );

    sleeper.continue();
    await step(
      'the first worker has come to the end of its calls',
      () => sleeper.wrote(/"(ticket\.answered|call\.failed)"/) >= tickets.length,
    );
    provider.releaseAll();
    await world.untilQuiet(stepWithinMs);
  });
}

/** Kills a worker in the middle of three calls and starts another; what is not answered `withinMs` later counts as lost. */
async function killInMidCall(folder: string, withinMs: number): Promise<string[]> {
  const { answered } = plan();
  return inWorld(folder, answered, async (world, provider) => {
    const others = world.fleet.add('others', ['ingest', 'classifier', 'results']);
    const victim = world.fleet.add('victim', ['tier']);
    await Promise.all(answered.map((message) => world.post(others, message)));
    await step('the worker asks for every answer', () => asked(provider, answered, 1));
    await victim.kill();
    provider.releaseAll();
    victim.start();
    await world.untilEnded(withinMs).catch(() => undefined); // what has not ended by then, the checks will name
  });
}

/** Kills a worker in the middle of a call, and lets a newer message take the ticket's place before anybody else has it. */
async function killThenSupersede(folder: string): Promise<string[]> {
  const { answering, late } = plan();
  const [newer, older] = [answering[0]!, late[0]!];
  return inWorld(folder, [older, newer], async (world, provider) => {
    const others = world.fleet.add('others', ['ingest', 'classifier', 'results']);
    const victim = world.fleet.add('victim', ['tier']);
    await world.post(others, older);
    await step('the worker asks for the answer', () => asked(provider, [older], 1));
    await victim.kill();
    provider.releaseAll();
    await world.post(others, newer);
    victim.start();
    await world.untilEnded(stepWithinMs);
    const isSettled = async (): Promise<boolean> =>
      (await world.see()).tickets.every(({ rows }) => rows.every(({ isOpen }) => !isOpen));
    await until('every row is settled', isSettled, { withinMs: 3 * leaseMs }).catch(() => undefined);
  });
}

async function inWorld(
  folder: string,
  messages: Message[],
  scenario: (world: World, provider: HeldProvider) => Promise<void>,
): Promise<string[]> {
  const createdAt = new Map(messages.map(({ marker, createdAtMs }) => [marker, createdAtMs]));
  const provider = await startHeldProvider(
    (markers) => markers.toSorted((a, b) => createdAt.get(b)! - createdAt.get(a)!)[0]!,
  );
  const calls = () => provider.calls;
  const world = await openWorld({
    projectFolder: folder,
    leaseMs,
    providerUrl: provider.url,
    calls,
    overrides,
  });
  try {
    await scenario(world, provider);
    const seen = await world.see();
    return violationsOf(seen).filter((one) => !isOnlyTime.test(one));
  } finally {
    await world.close();
    await provider.close();
  }
}

/** A killed worker's jobs are BullMQ's to clear away, after some 20 s; they are hints that lead nowhere. */
const isOnlyTime = /^left over: \d+ hints/;

const asked = (provider: HeldProvider, messages: Message[], times: number): boolean =>
  messages.every(({ marker }) => provider.asked(marker) >= times);

const fields = (world: World, ids: string[], field: string): Promise<(string | null)[]> =>
  world.app.record.readFields(ids, field);

const step = (what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> =>
  until(what, isTrue, { withinMs: stepWithinMs });
