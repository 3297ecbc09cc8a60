/** What the benchmarks share: a Redis of their own, child processes, medians. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';

export type AppendOnly = 'no' | 'everysec' | 'always';

export const ignoreErrors = (): void => undefined;

export async function withRedis<T>(
  appendOnly: AppendOnly,
  use: (redis: Redis, url: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-bench-'));
  const server = await startEmbeddedRedis({ folder, appendOnly });
  const redis = connectRedis(server.url, 'patient', ignoreErrors);
  try {
    return await use(redis, server.url);
  } finally {
    redis.disconnect();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

export type Child = {
  /** Sends a message and waits for the answer of the same kind. */
  ask: <T>(kind: string, value?: unknown) => Promise<T>;
  stop: () => Promise<void>;
  process: ChildProcess;
};

type Message = { kind: string; value: unknown };

/** Starts a benchmark's own process; it has answered `ready` when this returns. */
export async function startChild(file: string, args: string[]): Promise<Child> {
  const child = fork(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answers = new Map<string, ((value: unknown) => void)[]>();
  child.on('message', ({ kind, value }: Message) => answers.get(kind)?.shift()?.(value));
  const waitFor = (kind: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      answers.set(kind, [...(answers.get(kind) ?? []), resolve]);
      child.once('exit', (code) => reject(new Error(`the process of a benchmark ended with ${code}`)));
    });
  child.setMaxListeners(0);
  await waitFor('ready');
  return {
    process: child,
    async ask<T>(kind: string, value?: unknown): Promise<T> {
      const answer = waitFor(kind);
      child.send({ kind, value });
      return (await answer) as T;
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The child's side: says `ready`, then answers each message with what its handler returns. */
export function answerParent(handlers: Record<string, (value: never) => unknown>): void {
  process.on('message', ({ kind, value }: Message) => {
    void Promise.resolve(handlers[kind]?.(value as never)).then((answer) =>
      process.send?.({ kind, value: answer }),
    );
  });
  process.on('SIGTERM', () => process.exit(0));
  process.send?.({ kind: 'ready' });
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Runs `count` pieces of work, at most `width` at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, run));
}

export const cpuMicros = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

/** Redis' own CPU in microseconds since it started. */
export async function redisCpuMicros(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const used = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0) * 1e6;
  return used('used_cpu_sys') + used('used_cpu_user');
}

const filler = 'My parcel with the green tent has not arrived although it was sent on Monday. ';

/** A body that makes the ticket's JSON about 1.5 KB. */
export const benchBody = filler.repeat(14);
