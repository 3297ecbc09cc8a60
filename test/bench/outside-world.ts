/** The world outside, in a process of its own: a model server without latency, and a receiver that verifies signatures. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from '../../shared/standard-webhooks.ts';
import { benchSecret } from './secret.ts';
import { answerParent } from './world.ts';

const labels = JSON.stringify({ queryType: 'shipping', complexity: 0.2, language: 'en' });
const text =
  'Your parcel left our warehouse on Monday and should be with you within three working days. '.repeat(5);
const usage = { prompt_tokens: 512, completion_tokens: 120, total_tokens: 632 };

type Request = { stream?: boolean; response_format?: object; model: string };

const completion = (model: string, content: string): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  });

function streamed(model: string): string {
  const chunk = (choices: object[], more: object = {}): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, choices, ...more })}\n\n`;
  const pieces = text.match(/.{1,60}/g) ?? [];
  const deltas = pieces.map((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }]));
  const end = chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]) + chunk([], { usage });
  return `${deltas.join('')}${end}data: [DONE]\n\n`;
}

const answers = new Map<string, string>();
const cached = (key: string, build: () => string): string => {
  let answer = answers.get(key);
  if (answer === undefined) answers.set(key, (answer = build()));
  return answer;
};

const models = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Request;
    const kind = body.response_format ? 'labels' : 'answer';
    if (body.stream === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(cached(`stream ${body.model}`, () => streamed(body.model)));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      cached(`${kind} ${body.model}`, () => completion(body.model, kind === 'labels' ? labels : text)),
    );
  });
});

/** Replies that were verified, by ticket: a rate counts only what was found here. */
const found = new Map<string, number>();
let wanted = Infinity;
let announce: (() => void) | null = null;

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const rawBody = Buffer.concat(chunks);
    const verified = verifyWebhook({
      headers: request.headers,
      rawBody,
      secrets: [benchSecret],
      nowMs: Date.now(),
    });
    if (verified.kind === 'verified') found.set(verified.id, performance.timeOrigin + performance.now());
    response.writeHead(verified.kind === 'verified' ? 204 : 401).end();
    if (found.size >= wanted) announce?.();
  });
});

for (const server of [models, receiver]) {
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}
const urlOf = (server: typeof models): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

answerParent({
  urls: () => ({ models: urlOf(models), receiver: urlOf(receiver) }),
  expect(count: number) {
    found.clear();
    wanted = count;
  },
  async done() {
    if (found.size < wanted) await new Promise<void>((resolve) => (announce = resolve));
    return Object.fromEntries(found);
  },
});
