/** `npm run bench [-- names…] [-- --json] [-- --quick]`: the figures of README, each a ratio within one run. */
import { benchAccepted } from './accepted.ts';
import { benchAdded, benchFlat } from './added.ts';
import { benchEverything, benchFsync, benchLatency } from './everything.ts';
import { benchMachinery } from './machinery.ts';
import { benchModelCall } from './model-call.ts';
import { benchReload } from './reload.ts';
import { benchRetrieval } from './retrieval.ts';
import { benchSetup, benchStart } from './start.ts';
import { benchMemory, benchRoundTrips, benchWaiting } from './waiting.ts';
import { benchZendeskEvent } from './webhook.ts';

const args = process.argv.slice(2);
const json = args.includes('--json');
const quick = args.includes('--quick');
const wanted = args.filter((arg) => !arg.startsWith('--'));

type Bench = { title: string; run: () => Promise<object>; holds?: (result: never) => boolean; bar?: string };

const rounds = quick ? 3 : 7;
/** Those that need the network. */
const onlyByName = ['setup'];

const benches: Record<string, Bench> = {
  machinery: {
    title:
      'three stages with record, hints, sweeper and ledger, against a bare BullMQ chain of three hops (no HTTP)',
    bar: 'ratio of tickets/s at least 0.6',
    run: () => benchMachinery({ rounds, tickets: 10_000, appendOnly: 'no' }),
    holds: (result: { ratio: number; allDelivered: boolean }) => result.ratio >= 0.6 && result.allDelivered,
  },
  everything: {
    title:
      'POST to verified webhook, against a naive BullMQ chain with plain fetch (append-only file everysec)',
    bar: 'ratio of tickets/s at least 0.6',
    run: () => benchEverything({ rounds, tickets: 1500 }),
    holds: (result: { ratio: number }) => result.ratio >= 0.6,
  },
  call: {
    title: 'CPU of a model call (SDK, guard, breaker, ledger row), against the stock openai SDK',
    bar: 'ratio at most 0.7, streamed and not',
    run: () => benchModelCall({ rounds }),
    holds: (result: { plain: { ratio: number }; streamed: { ratio: number } }) =>
      result.plain.ratio <= 0.7 && result.streamed.ratio <= 0.7,
  },
  added: {
    title: 'decision, limits, breaker and ledger, added to calls of 20 ms at 10 in flight, in a real Redis',
    bar: 'p50 at most 1 ms, at most 3 round trips that the answer waits for',
    run: () => benchAdded(quick ? 1000 : 5000),
    holds: (result: { p50Ms: number; roundTrips: number }) => result.p50Ms <= 1 && result.roundTrips <= 3,
  },
  accepted: {
    title: 'webhooks of Zendesk accepted per second, against a bare fastify with one queue.add',
    bar: 'ratio at least 0.5',
    run: () => benchAccepted({ rounds, events: 2000 }),
    holds: (result: { ratio: number }) => result.ratio >= 0.5,
  },
  flat: {
    title: 'memory (RSS) of a process with all workers over 200,000 tickets, in ten equal parts',
    bar: 'after the last part at most 1.1 of what it was after the third',
    run: () => benchFlat(quick ? 50_000 : 200_000),
    holds: (result: { growth: number }) => result.growth <= 1.1,
  },
  latency: {
    title: 'POST to delivery at 50 tickets/s with models that answer at once (append-only file everysec)',
    bar: 'p50 at most 15 ms, p99 at most 60 ms',
    run: () => benchLatency({ perSecond: 50, seconds: quick ? 10 : 30 }),
    holds: (result: { p50Ms: number; p99Ms: number }) => result.p50Ms <= 15 && result.p99Ms <= 60,
  },
  fsync: {
    title: 'tickets/s with appendfsync always, against everysec',
    bar: 'ratio at least 0.7',
    run: () => benchFsync({ rounds: quick ? 3 : 5, tickets: 2000 }),
    holds: (result: { ratio: number }) => result.ratio >= 0.7,
  },
  memory: {
    title: 'bytes of Redis per ticket, and commands per ticket',
    bar: 'at most 2,560 bytes beyond the stored JSON per waiting ticket',
    run: async () => ({ ...(await benchMemory(5000)), ...(await benchRoundTrips()) }),
    holds: (result: { waitingBytesBeyondJson: number }) => result.waitingBytesBeyondJson <= 2560,
  },
  reload: {
    title: 'from the write of a new configuration to its take-up by the last of three processes',
    bar: 'at most 5,000 ms, the slowest of all rounds',
    run: () => benchReload({ rounds: quick ? 3 : 9, processes: 3 }),
    holds: (result: { slowestMs: number }) => result.slowestMs <= 5000,
  },
  retrieval: {
    title: 'finding articles for the sample tickets among 1,000, each in four languages',
    bar: 'p50 at most 5 ms',
    run: () => benchRetrieval({ articles: 1000, rounds: quick ? 2 : 6 }),
    holds: (result: { p50Ms: number }) => result.p50Ms <= 5,
  },
  webhook: {
    title: 'a Zendesk event of 20 KB: its signature verified, its message read',
    bar: 'p50 at most 0.5 ms',
    run: () => benchZendeskEvent(quick ? 1000 : 5000),
    holds: (result: { p50Ms: number }) => result.p50Ms <= 0.5,
  },
  start: {
    title:
      '`npm start` when set up, to every service listening; and idle memory (RSS) of a process of each role',
    bar: 'at most 3,000 ms',
    run: () => benchStart(quick ? 3 : 5),
    holds: (result: { medianMs: number }) => result.medianMs <= 3000,
  },
  setup: {
    title: 'git clone and `npm start` in an empty folder, to every service listening',
    bar: 'none: it depends on the network',
    run: benchSetup,
    holds: () => true,
  },
  waiting: {
    title: 'intake and sweeper with 100,000 tickets waiting, against none',
    bar: 'intake no slower within noise (ratio at least 0.85)',
    run: () => benchWaiting(100_000, rounds),
    holds: (result: { ratio: number }) => result.ratio >= 0.85,
  },
};

const unknown = wanted.find((name) => !benches[name]);
if (unknown !== undefined) {
  process.stderr.write(
    `There is no benchmark "${unknown}". Benchmarks: ${Object.keys(benches).join(', ')}\n`,
  );
  process.exit(2);
}

const results: Record<string, object> = {};
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 ? !wanted.includes(name) : onlyByName.includes(name)) continue;
  if (!json) process.stdout.write(`${name}: ${bench.title}\n`);
  const result = await bench.run();
  const holds = bench.holds?.(result as never);
  results[name] = { ...result, bar: bench.bar, holds };
  if (json) continue;
  for (const [key, value] of Object.entries(result))
    process.stdout.write(`  ${key}: ${JSON.stringify(value)}\n`);
  process.stdout.write(`  ${holds ? 'holds' : 'DOES NOT HOLD'}: ${bench.bar}\n\n`);
}
if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
