/** Parts of intake tests: what a refusal must look like, signed webhooks, and requests below the level of fetch. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { signWebhook } from '../../shared/standard-webhooks.ts';
import { webhookSecret } from './system.ts';

export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors: { pointer: string; detail: string }[];
  requestId: string;
};

/** Asserts that `response` is problem details of that status and code, and gives its body. */
export async function problemOf(response: Response, status: number, code: string): Promise<ProblemBody> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const body = JSON.parse(text) as ProblemBody;
  assert.deepEqual(Object.keys(body).sort(), [
    'code',
    'detail',
    'errors',
    'requestId',
    'status',
    'title',
    'type',
  ]);
  assert.deepEqual([body.status, body.code, body.type], [status, code, `/problems/${code}`]);
  assert.match(body.requestId, /^r_[\w-]{12}$/);
  assert.ok(body.title !== '' && body.detail !== '');
  return body;
}

export const pointersOf = (body: ProblemBody): string[] => body.errors.map(({ pointer }) => pointer);

let messages = 0;

/** The headers of a webhook as Standard Webhooks signs it; `parts` replace what it is signed with. */
export function signedHeaders(
  body: string | Buffer,
  parts: { secret?: string; timestampSeconds?: number } = {},
): Record<string, string> {
  messages += 1;
  const id = `msg_${messages}`;
  const timestampSeconds = parts.timestampSeconds ?? Math.floor(Date.now() / 1000);
  const secrets = [parts.secret ?? webhookSecret];
  // The signer hashes strings and bytes alike.
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signWebhook({ id, timestampSeconds, body: body as string, secrets }),
  };
}

/** A bare connection to the server at `url`; `received` is everything that came back so far. */
export async function rawConnection(
  url: string,
): Promise<{ socket: Socket; received: () => string; closed: Promise<void> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  // A reset is one of the ends that tests expect; `closed` tells them.
  socket.on('error', () => undefined);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  await once(socket, 'connect');
  return { socket, received: () => text, closed };
}
