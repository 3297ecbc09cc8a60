/** `npm run demo` as a process: what it prints agrees with what its simulated servers counted, and nothing stays behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';
import { until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const main = path.join(root, 'services', 'demo', 'main.ts');
const size = ['--tickets', '100'];
const longestMs = 300_000;

const billed = z.object({ calls: z.number(), inputTokens: z.number(), outputTokens: z.number() });
const countsSchema = z.object({
  providers: z.array(
    z.object({
      name: z.string(),
      served: z.record(z.string(), billed.extend({ replies: billed })),
      unread: z.number(),
      servedAfterReturn: z.number(),
    }),
  ),
  receiver: z.object({
    deliveries: z.number(),
    refused: z.number(),
    unverified: z.number(),
    uniqueIds: z.number(),
    replies: z.number(),
    handoffs: z.number(),
  }),
});

const figuresSchema = z.object({
  tickets: z.number(),
  replies: z.number(),
  handoffs: z.number(),
  failovers: z.number(),
  costUsd: z.number(),
  baselineUsd: z.number(),
  savedUsd: z.number(),
});
type Figures = z.infer<typeof figuresSchema>;

type Run = { child: ChildProcess; folder: string; stdout: () => string; ended: Promise<Ended> };
type Ended = { code: number | null; stdout: string; stderr: string };

let world: TestWorld;
let redis: Redis;
let scratch: string;
const bystander = 'somebody:else';

before(async () => {
  world = await openWorld();
  redis = connectRedis(world.redis.url, 'patient', () => undefined);
  await redis.set(bystander, 'stays');
  scratch = await mkdtemp(path.join(tmpdir(), 'demo-test-'));
});
after(async () => {
  await redis.quit();
  await world.close();
  await rm(scratch, { recursive: true, force: true });
});

/** Whatever the demo puts into the temporary folder, it puts into one that is its own. */
async function start(name: string, command: string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const folder = path.join(scratch, name);
  await mkdir(folder);
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    cwd: root,
    env: {
      ...process.env,
      NO_COLOR: '1',
      NODE_DISABLE_COMPILE_CACHE: '1',
      TMPDIR: folder,
      REDIS_URL: world.redis.url,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A demo that never ends is a failure, not a test that never ends.
    timeout: longestMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
  return { child, folder, stdout: () => stdout, ended };
}

/** No file, no key of Redis, and no process: whatever the demo starts has its folder among its arguments. */
async function requireNothingLeft({ folder }: Run): Promise<void> {
  assert.deepEqual(await readdir(folder), []);
  assert.deepEqual(await redis.keys('*'), [bystander]);
  await until(() => Promise.resolve(runningWith(folder).length === 0 ? true : null));
}

function runningWith(text: string): string[] {
  return globSync('/proc/[0-9]*/cmdline').filter((file) => {
    try {
      return readFileSync(file, 'utf8').includes(text);
    } catch {
      return false; // ended meanwhile
    }
  });
}

const fileSchema = z.object({
  models: z.record(z.string(), z.object({ model: z.string(), pricedAs: z.string() })),
  baseline: z.object({ model: z.string() }),
});
const price = z.object({
  from: z.string().default(''),
  inputPerMTok: z.number(),
  outputPerMTok: z.number(),
});
const bookSchema = z.object({
  providers: z.record(
    z.string(),
    z.object({ models: z.record(z.string(), z.object({ prices: z.array(price) })).default({}) }),
  ),
});

const readYaml = (file: string): unknown => parse(readFileSync(path.join(root, file), 'utf8'));
const configured = fileSchema.parse(readYaml('services/demo/tierline.yaml'));
const book = bookSchema.parse(readYaml('infra/prices.yaml'));

/** USD by the price file alone, without anything of Tierline's: tokens times the newest list price that has begun. */
function usdFor(pricedAs: string, tokens: { inputTokens: number; outputTokens: number }): number {
  const [provider = '', ...id] = pricedAs.split('/');
  const prices = book.providers[provider]?.models[id.join('/')]?.prices ?? [];
  const now = new Date().toISOString();
  const newest = prices.filter(({ from }) => from <= now).sort((a, b) => b.from.localeCompare(a.from))[0];
  assert.ok(newest, `${pricedAs} has no price`);
  return (tokens.inputTokens * newest.inputPerMTok + tokens.outputTokens * newest.outputPerMTok) / 1e6;
}

const pricedAsOf = (served: string): string =>
  Object.values(configured.models).find(({ model }) => model === served)!.pricedAs;

/** The same amount, but for what adding up fractions in doubles leaves over: far below the billionth of a USD that is kept. */
const assertUsd = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-10, `${actual} is not ${expected}`);

function parseOnlyJson(stdout: string): Figures {
  assert.equal(stdout.trim().split('\n').length, 1, 'one line and nothing else');
  return figuresSchema.parse(JSON.parse(stdout));
}

test('the demo prints what its servers counted, twice the same, and leaves nothing behind', async (t) => {
  const countsFile = path.join(scratch, 'counts.json');
  const options = ['--json', ...size];
  const [command, direct] = await Promise.all([
    start('command', ['npm', 'run', '-s', 'demo', '--', ...options, '--counts', countsFile]),
    // On a machine without any Redis program: nothing on the PATH, so the Redis of REDIS_URL has to do.
    start('direct', [process.execPath, main, ...options], { PATH: scratch, TIERLINE_REDIS_SERVER: '' }),
  ]);
  const ended = await command.ended;
  const endedDirectly = await direct.ended;

  await t.test('it ends with 0 and prints one JSON object, with the promised names first', () => {
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    assert.deepEqual([endedDirectly.code, endedDirectly.stderr], [0, '']);
    const names = ['tickets', 'replies', 'handoffs', 'failovers', 'costUsd', 'baselineUsd', 'savedUsd'];
    assert.deepEqual(Object.keys(JSON.parse(ended.stdout) as object).slice(0, names.length), names);
  });

  const figures = parseOnlyJson(ended.stdout);
  const { providers, receiver } = countsSchema.parse(JSON.parse(await readFile(countsFile, 'utf8')));
  const served = providers.flatMap((provider) => Object.entries(provider.served));

  await t.test('every ticket has one answer: a reply or a hand-off, as the receiver counted', () => {
    assert.equal(figures.tickets, 100);
    assert.equal(figures.replies + figures.handoffs, figures.tickets);
    assert.equal(receiver.uniqueIds, figures.tickets);
    assert.deepEqual([receiver.replies, receiver.handoffs], [figures.replies, figures.handoffs]);
    assert.ok(figures.handoffs > 0);
    assert.equal(receiver.unverified, 0);
    assert.ok(receiver.refused > 0);
    assert.equal(receiver.deliveries, receiver.uniqueIds + receiver.refused);
  });

  await t.test("the cost is the simulated providers' own count at list prices", () => {
    const bill = served.map(([model, tokens]) => usdFor(pricedAsOf(model), tokens));
    assertUsd(
      figures.costUsd,
      bill.reduce((sum, usd) => sum + usd, 0),
    );
    assert.ok(providers.every(({ unread }) => unread === 0));
  });

  await t.test('the baseline is the tokens of all replies at the price of the one model', () => {
    const baseline = configured.models[configured.baseline.model]!.pricedAs;
    const usd = served.map(([, { replies }]) => usdFor(baseline, replies));
    assertUsd(
      figures.baselineUsd,
      usd.reduce((sum, one) => sum + one, 0),
    );
    assertUsd(figures.savedUsd, figures.baselineUsd - figures.costUsd);
    const replies = served.reduce((sum, [, model]) => sum + model.replies.calls, 0);
    assert.equal(replies, figures.replies);
  });

  await t.test('the outage was failed over, and the main provider is used again after it', () => {
    const [dead, ...others] = providers;
    assert.ok(figures.failovers >= figures.tickets * 0.15);
    assert.ok(dead!.servedAfterReturn > 0);
    for (const { name, served: models } of others) assert.notDeepEqual(models, {}, name);
  });

  await t.test('the same seed gives the same tickets, routes and costs, whichever Redis is used', () => {
    assert.deepEqual(parseOnlyJson(endedDirectly.stdout), figures);
  });

  await t.test('no file, no process and no key of Redis is left', async () => {
    await requireNothingLeft(command);
    await requireNothingLeft(direct);
  });
});

test('Ctrl-C in the middle ends the demo with 130 and leaves nothing behind', async () => {
  const run = await start('stopped', [process.execPath, main, ...size]);
  await until(() => Promise.resolve(run.stdout().includes('backlog') ? true : null));
  run.child.kill('SIGINT');
  const { code, stdout, stderr } = await run.ended;
  assert.equal(code, 130);
  assert.doesNotMatch(stdout, /What came of it/);
  assert.match(stderr, /stopped/);
  await requireNothingLeft(run);
});

test('wrong options are wrong usage, with a sentence that says what they take', async () => {
  const wrong: [string[], RegExp][] = [
    [['--mix', '60/30/20'], /--mix takes .*60\/30\/10.*not "60\/30\/20"/],
    [['--tickets', '1'], /--tickets takes a whole number from 50/],
    [['--seed', 'x'], /--seed takes a whole number/],
    [['--speed', '2'], /unknown option/],
  ];
  const check = async ([args, message]: [string[], RegExp], index: number): Promise<void> => {
    const run = await start(`wrong-${index}`, [process.execPath, main, ...args]);
    const { code, stdout, stderr } = await run.ended;
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, message);
  };
  await Promise.all(wrong.map(check));
});
