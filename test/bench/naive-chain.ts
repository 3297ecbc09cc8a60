/**
 * The peer of the benchmark "everything": a straightforward BullMQ chain that makes the same HTTP calls with plain fetch and
 * keeps no record, ledger or breaker. Intake over HTTP, three queues with the ticket in the job, a signed webhook at the end.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Queue, Worker } from 'bullmq';
import { connectRedis } from '../../shared/redis.ts';
import { signWebhook } from '../../shared/standard-webhooks.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { benchSecret } from './secret.ts';
import { answerParent, ignoreErrors } from './world.ts';

const [redisUrl = '', modelsUrl = '', receiverUrl = ''] = process.argv.slice(2);
const connect = () => connectRedis(redisUrl, 'patient', ignoreErrors);
const options = { prefix: '{naive}' };
const queue = (name: string): Queue => new Queue(name, { ...options, connection: connect() });
const classify = queue('classify');
const answer = queue('answer');
const deliver = queue('deliver');
const done = { removeOnComplete: true };

type Completion = { choices: { message: { content: string } }[] };

async function complete(body: object): Promise<string> {
  const response = await fetch(`${modelsUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
    body: JSON.stringify(body),
  });
  return ((await response.json()) as Completion).choices[0]!.message.content;
}

type Job = { id: string; ticket: Ticket; labels?: unknown; reply?: string };

function work(name: string, process: (job: Job) => Promise<void>): void {
  const worker = new Worker(name, (job) => process(job.data as Job), {
    ...options,
    connection: connect(),
    concurrency: 100,
    removeOnComplete: { count: 0 },
  });
  worker.on('error', ignoreErrors);
}

work('classify', async (job) => {
  const messages = [
    { role: 'system', content: 'Label this ticket.' },
    { role: 'user', content: job.ticket.body },
  ];
  const labels: unknown = JSON.parse(
    await complete({ model: 'small-1', messages, response_format: { type: 'json_object' } }),
  );
  await answer.add('ticket', { ...job, labels }, { ...done, jobId: job.id });
});
work('answer', async (job) => {
  const messages = [
    { role: 'system', content: 'Answer this ticket.' },
    { role: 'user', content: job.ticket.body },
  ];
  const reply = await complete({ model: 'small-1', messages });
  await deliver.add('ticket', { ...job, reply }, { ...done, jobId: job.id });
});
work('deliver', async (job) => {
  const body = JSON.stringify({
    type: 'ticket.reply',
    data: { ticketId: job.id, text: job.reply, labels: job.labels },
  });
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const id = `msg_${job.id}`;
  const response = await fetch(receiverUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signWebhook({ id, timestampSeconds, body, secrets: [benchSecret] }),
    },
    body,
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`receiver answered ${response.status}`);
});

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const ticket = JSON.parse(Buffer.concat(chunks).toString()) as Ticket;
    const id = `t_${ticket.externalId}`;
    classify.add('ticket', { id, ticket }, { ...done, jobId: id }).then(
      () =>
        response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ ticketId: id })),
      () => response.writeHead(503).end(),
    );
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

answerParent({
  url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/tickets`,
  cpu: () => process.cpuUsage(),
});
