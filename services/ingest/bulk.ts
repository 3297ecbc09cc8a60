/** NDJSON in, NDJSON out: one ticket a line, any length, in bounded memory. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../../shared/app.ts';
import { acceptBody } from './accept.ts';
import type { AcceptOutcome } from './accept.ts';
import type { ApiKeyRecord } from './api-keys.ts';
import { problem } from './problem.ts';
import { isRedisAway, maxBodyBytes } from './http-problem.ts';

/** Lines in flight at once. Answers keep the order of the lines. */
const batchLines = 100;

type Line = { number: number; bytes: Buffer | null };

export async function acceptBulk(
  app: App,
  key: ApiKeyRecord,
  input: IncomingMessage,
  output: ServerResponse,
): Promise<void> {
  output.writeHead(200, { 'content-type': 'application/x-ndjson' });
  try {
    for await (const batch of batchesOf(linesOf(input))) {
      const answers = await Promise.all(batch.map((line) => answerLine(app, key, line)));
      if (!output.write(answers.join(''))) await once(output, 'drain');
    }
    output.end();
  } catch (error) {
    // The sender went away: every line that was answered is stored, the rest was never promised.
    app.log.warn({ err: error }, 'bulk.interrupted');
    output.destroy();
  }
}

async function answerLine(app: App, key: ApiKeyRecord, line: Line): Promise<string> {
  const outcome = line.bytes === null ? tooLarge : await acceptLine(app, key, line.bytes);
  return `${JSON.stringify({ line: line.number, ...bodyOf(outcome) })}\n`;
}

const tooLarge: AcceptOutcome = {
  kind: 'problem',
  code: 'too-large',
  detail: `A line may have at most ${maxBodyBytes} bytes.`,
};

async function acceptLine(app: App, key: ApiKeyRecord, bytes: Buffer): Promise<AcceptOutcome> {
  try {
    return await acceptBody(app, bytes, { key });
  } catch (error) {
    const code = isRedisAway(error) ? 'unavailable' : 'internal';
    if (code === 'internal') app.log.error({ err: error }, 'intake.failed');
    return { kind: 'problem', code, detail: 'This line was not stored. Send it again.' };
  }
}

function bodyOf(outcome: AcceptOutcome) {
  if (outcome.kind === 'accepted') {
    const { ticketId, state, duplicate } = outcome;
    return { status: duplicate ? 200 : 202, ticketId, state, duplicate, errors: [] };
  }
  const { status } = problem({ code: outcome.code, requestId: '' });
  const errors = outcome.errors ?? [{ pointer: '', detail: outcome.detail }];
  return { status, ticketId: null, state: null, duplicate: false, errors };
}

/** Lines without their end; empty ones are counted and left out; a line over the limit comes as null bytes. */
async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0;
  let parts: Buffer[] = [];
  let size = 0;
  const finish = (last: Buffer): Line | null => {
    number += 1;
    const total = size + last.length;
    const bytes = total > maxBodyBytes ? null : Buffer.concat([...parts, last]);
    parts = [];
    size = 0;
    if (bytes !== null && bytes.every((byte) => byte <= 0x20)) return null;
    return { number, bytes };
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = finish(chunk.subarray(from, end));
      if (line) yield line;
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    // Past the limit only the size is kept.
    if (size <= maxBodyBytes) parts.push(rest);
    else parts = [];
  }
  if (size > 0) {
    const line = finish(Buffer.alloc(0));
    if (line) yield line;
  }
}

async function* batchesOf(lines: AsyncIterable<Line>): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  for await (const line of lines) {
    batch.push(line);
    if (batch.length < batchLines) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
