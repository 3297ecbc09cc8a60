import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlots } from '../../shared/work.ts';
import type { Lane } from '../../shared/ticket.ts';

/** What never comes must not be waited for. */
const options = { timeout: 5000 };

/** Work that runs until it is told to end, and a list of what runs. */
function createBench(concurrency: number) {
  const slots = createSlots(concurrency);
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (lane: Lane, name: string): Promise<void> =>
    slots.run(lane, () => {
      running.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    });
  /** Lets everything that can go on go on. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const end = async (name: string): Promise<void> => {
    running.splice(running.indexOf(name), 1);
    ends.get(name)?.();
    await settle();
  };
  return { slots, running, start, end, settle };
}

test(
  'backlog work never starts while live work fills the slots, and starts in each slot that comes free',
  options,
  async () => {
    const { running, start, end, settle } = createBench(2);
    const all = [
      start('live', 'live 1'),
      start('live', 'live 2'),
      start('backlog', 'old 1'),
      start('backlog', 'old 2'),
    ];
    await settle();
    assert.deepEqual(running, ['live 1', 'live 2']);
    await end('live 1');
    assert.deepEqual(running, ['live 2', 'old 1']);
    await end('old 1');
    assert.deepEqual(running, ['live 2', 'old 2']);
    await end('live 2');
    await end('old 2');
    await Promise.all(all);
  },
);

test('live work never waits, not even while backlog work has every slot', options, async () => {
  const { running, start, end, settle } = createBench(1);
  const all = [start('backlog', 'old 1'), start('backlog', 'old 2')];
  await settle();
  assert.deepEqual(running, ['old 1']);
  all.push(start('live', 'live 1'), start('live', 'live 2'));
  await settle();
  assert.deepEqual(running, ['old 1', 'live 1', 'live 2']);
  await end('old 1');
  await end('live 1');
  assert.deepEqual(running, ['live 2'], 'one slot, and live work is in it');
  await end('live 2');
  assert.deepEqual(running, ['old 2']);
  await end('old 2');
  await Promise.all(all);
});

test('a failure of the work frees its slot and reaches the caller', options, async () => {
  const { slots, running, start, end, settle } = createBench(1);
  const failing = slots.run('backlog', () => Promise.reject(new Error('ours')));
  const next = start('backlog', 'next');
  await assert.rejects(failing, /ours/);
  await settle();
  assert.deepEqual(running, ['next']);
  await end('next');
  await next;
});

test(
  'more concurrency starts waiting backlog work at once, less of it lets no more start',
  options,
  async () => {
    const { slots, running, start, end, settle } = createBench(1);
    const all = ['1', '2', '3', '4', '5'].map((name) => start('backlog', name));
    await settle();
    slots.setConcurrency(3);
    await settle();
    assert.deepEqual(running, ['1', '2', '3']);
    slots.setConcurrency(1);
    await end('1');
    await end('2');
    assert.deepEqual(running, ['3']);
    await end('3');
    assert.deepEqual(running, ['4']);
    await end('4');
    await end('5');
    await Promise.all(all);
  },
);

test(
  'draining sends waiting backlog work back, lets running work end, and keeps live work that still arrives',
  options,
  async () => {
    const { slots, running, start, end, settle } = createBench(1);
    const first = start('backlog', 'running');
    const waiting = start('backlog', 'waiting');
    await settle();
    slots.close();
    await assert.rejects(waiting, { code: 'draining', isRetryable: true });
    await assert.rejects(start('backlog', 'late'), { code: 'draining' });
    const live = start('live', 'live');
    await settle();
    assert.deepEqual(running, ['running', 'live']);
    await end('running');
    await end('live');
    await Promise.all([first, live]);
  },
);
