/**
 * `npm run chaos` as a process. A short storm leaves nothing wrong; where a part of the product is taken away, it finds what
 * is wrong then. The whole storm is run by itself: it takes a minute and a half.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { projectFolder } from './project-copy.ts';
import { chaosSeed } from './random.ts';
import { tooLate } from './zombie.ts';

const summarySchema = z.object({
  seed: z.number(),
  faults: z.record(z.string(), z.number()),
  tickets: z.number(),
  ends: z.record(z.string(), z.number()),
  quietMs: z.number().nullable(),
  violations: z.array(z.string()),
});
const seed = chaosSeed();

async function runChaos(t: TestContext, options: string, withSeed = seed) {
  const given = `--seed ${withSeed} --json ${options}`.split(' ');
  t.diagnostic(`npm run chaos -- ${given.join(' ')}`);
  const child = spawn(process.execPath, [path.join(projectFolder, 'test/chaos/run.ts'), ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  if (stdout === '') return { code, stderr, summary: null };
  return { code, stderr, summary: summarySchema.parse(JSON.parse(stdout)) };
}

const runsAtMost = 3;

/** On a busy machine nobody may take over before a stopped worker wakes up: then it does so in time, and another seed has its turn. */
async function runUnspoiled(t: TestContext, options: string) {
  for (let run = 1; ; run += 1) {
    const outcome = await runChaos(t, options, seed + run - 1);
    if (outcome.summary?.faults[tooLate] !== undefined || run === runsAtMost) return outcome;
    t.diagnostic(`spoiled: ${JSON.stringify(outcome.summary?.faults)}`);
  }
}

describe('npm run chaos', { concurrency: 3, timeout: 400_000 }, () => {
  test('a short storm leaves every ticket at one end, told once, and paid for exactly', async (t) => {
    const { code, summary, stderr } = await runChaos(t, '--seconds 15');
    assert.deepEqual(summary?.violations, [], stderr);
    assert.equal(code, 0);
    assert.equal(summary.seed, seed);
    assert.ok(summary.tickets >= 120);
    assert.equal(
      Object.values(summary.ends).reduce((sum, count) => sum + count, 0),
      summary.tickets,
    );
    assert.ok(Object.keys(summary.faults).length >= 10, JSON.stringify(summary.faults));
  });

  test('without the sweeper what is put aside never comes back, and the run says so', async (t) => {
    const { code, summary } = await runChaos(t, '--control no-sweeper --seconds 8 --faults receiver');
    assert.equal(code, 1);
    const lost = summary!.violations.filter((one) => one.startsWith('lost: '));
    assert.ok(lost.length > 0, summary!.violations.join('\n'));
  });

  test('without the token check a worker that wakes up too late is heard, and the run says so', async (t) => {
    const { code, summary, stderr } = await runUnspoiled(t, '--control no-token --seconds 8 --faults stop');
    assert.equal(code, 1, stderr);
    const dropped = summary!.violations.filter((one) => one.startsWith('a question dropped'));
    assert.ok(dropped.length > 0, summary!.violations.join('\n'));
  });

  test('wrong usage is told, and exits with 2', async (t) => {
    for (const options of ['--seconds 0', '--faults rain', '--control nothing', '--louder']) {
      const { code, stderr } = await runChaos(t, options);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^chaos: .*\n\nnpm run chaos -- /);
    }
  });
});
