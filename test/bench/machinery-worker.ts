/** The consumers of the machinery benchmark: `bare` is a BullMQ chain of three hops with no work, `tierline` the three stages. */
import { Queue, Worker } from 'bullmq';
import { startStage } from '../../shared/work.ts';
import { classifyStage } from '../../services/classifier/classify.ts';
import { answerStage } from '../../services/tier-worker/answer.ts';
import { deliverStage } from '../../services/results/deliver.ts';
import { createDeliveryDoor } from '../../services/results/delivery-door.ts';
import { startSweeper } from '../../shared/record/sweeper.ts';
import { connectRedis } from '../../shared/redis.ts';
import { classifyQueue, deliverQueue, tierQueue } from '../../shared/stages.ts';
import { machineryApp } from './machinery-app.ts';
import { answerParent, cpuMicros, ignoreErrors } from './world.ts';

const [kind = '', url = ''] = process.argv.slice(2);
const concurrency = 100;
let finished = 0;
let wanted = Infinity;
let announce: (() => void) | null = null;
const finish = (): void => {
  finished += 1;
  if (finished >= wanted) announce?.();
};

if (kind === 'bare') startBareChain();
else startTierline();

let cpuFrom = process.cpuUsage();
answerParent({
  expect(count: number) {
    wanted = count;
    finished = 0;
    cpuFrom = process.cpuUsage();
  },
  memory: () => process.memoryUsage().rss,
  async done() {
    if (finished < wanted) await new Promise<void>((resolve) => (announce = resolve));
    return cpuMicros(cpuFrom);
  },
});

function startBareChain(): void {
  const connect = () => connectRedis(url, 'patient', ignoreErrors);
  const names = ['one', 'two', 'three'];
  names.forEach((name, index) => {
    const after = names[index + 1];
    const next = after === undefined ? null : new Queue(after, { connection: connect(), prefix: '{bare}' });
    const worker = new Worker(
      name,
      async (job) => {
        if (next) await next.add('ticket', job.data, { jobId: job.id!, removeOnComplete: true });
        else finish();
      },
      { connection: connect(), prefix: '{bare}', concurrency, removeOnComplete: { count: 0 } },
    );
    worker.on('error', ignoreErrors);
  });
}

function startTierline(): void {
  const app = machineryApp(url);
  const labels = { language: 'en', flags: [], nearest: () => ({ queryType: 'shipping', confidence: 0.5 }) };
  const labeller = {
    label: () => labels,
    prompt: { request: () => Promise.reject(new Error('not asked')), parse: () => null },
  };
  const destination = {
    name: 'bench',
    type: 'bench',
    scheduleMs: [0],
    identity: 'bench',
    deliver: () => {
      finish();
      return Promise.resolve({ kind: 'delivered' as const, status: 200 });
    },
    close: () => Promise.resolve(),
  };
  const destinations = { get: () => destination, count: 1, close: () => Promise.resolve() };
  const door = createDeliveryDoor({
    slots: concurrency,
    now: app.now,
    random: app.random,
    onEvent: () => {},
  });
  const disabled = { has: () => Promise.resolve(false), add: () => Promise.resolve() };
  const pool = (queue: string) => ({ queues: { live: queue }, concurrency });
  startStage(
    app,
    classifyStage(app, () => labeller as never),
    pool(classifyQueue('live')),
  );
  startStage(app, answerStage(app), pool(tierQueue('simple', 'live')));
  startStage(
    app,
    deliverStage(app, { destinationsOf: () => destinations, door, disabled }),
    pool(deliverQueue('live')),
  );
  startSweeper(app);
}
