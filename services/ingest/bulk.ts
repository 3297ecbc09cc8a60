/** NDJSON in, NDJSON out: one ticket a line, any length, in bounded memory. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../../shared/app.ts';
import { acceptBody, largestBodyBytes, tooLarge } from './accept.ts';
import type { AcceptOutcome } from './accept.ts';
import type { ApiKeyRecord } from './api-keys.ts';
import { problem } from './problem.ts';
import { isRedisAway } from './http-problem.ts';

/** Lines in flight at once. Answers keep the order of the lines. */
const linesAtOnce = 100;
/**
 * Answers kept for a sender that does not read while it sends, as simple clients do; past this much it is not read from
 * any more until it reads.
 */
const maxUnreadBytes = 8 * 1024 * 1024;

type Line = { number: number; bytes: Buffer | null };

export async function acceptBulk(
  app: App,
  key: ApiKeyRecord,
  exchange: { input: IncomingMessage; output: ServerResponse },
): Promise<void> {
  const { input, output } = exchange;
  output.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  output.flushHeaders();
  try {
    // What is there is answered at once: a sender may wait for its answers before it sends more.
    for await (const lines of linesOf(input, largestBodyBytes(app))) {
      for (let from = 0; from < lines.length; from += linesAtOnce) {
        const some = lines.slice(from, from + linesAtOnce);
        const answers = await Promise.all(some.map((line) => answerLine(app, key, line)));
        output.write(answers.join(''));
      }
      await untilRead(output);
    }
    output.end();
  } catch (error) {
    // The sender went away, or we are going: every line that was answered is stored, the rest was never promised.
    app.log.warn({ err: error }, 'bulk.interrupted');
    output.destroy();
  }
}

/** Waits while too much is unread; a sender that goes away instead ends the wait. */
async function untilRead(output: ServerResponse): Promise<void> {
  if (output.writableLength <= maxUnreadBytes || output.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  output.once('drain', resolve).once('close', resolve);
  await promise;
  output.off('drain', resolve).off('close', resolve);
}

async function answerLine(app: App, key: ApiKeyRecord, line: Line): Promise<string> {
  const outcome =
    line.bytes === null ? tooLarge(largestBodyBytes(app)) : await acceptLine(app, key, line.bytes);
  return `${JSON.stringify({ line: line.number, ...bodyOf(outcome) })}\n`;
}

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

/**
 * The lines that each piece of input completes, without their ends. Empty ones are counted and left out; one over the
 * limit comes as null bytes.
 */
async function* linesOf(input: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<Line[]> {
  let number = 0;
  let parts: Buffer[] = [];
  let size = 0;
  const finish = (last: Buffer): Line[] => {
    number += 1;
    const total = size + last.length;
    const bytes = total > maxLineBytes ? null : Buffer.concat([...parts, last]);
    parts = [];
    size = 0;
    return bytes?.every((byte) => byte <= 0x20) ? [] : [{ number, bytes }];
  };
  for await (const chunk of input) {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      lines.push(...finish(chunk.subarray(from, end)));
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    // Past the limit only the size is kept.
    if (size <= maxLineBytes) parts.push(rest);
    else parts = [];
    yield lines;
  }
  if (size > 0) yield finish(Buffer.alloc(0));
}
