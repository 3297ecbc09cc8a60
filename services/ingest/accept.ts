/** From a request's bytes to a stored ticket: parse, check the source, store, hint. */
import { createHash } from 'node:crypto';
import type { App } from '../../shared/app.ts';
import { shardBase } from '../../shared/record/keys.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { acceptTicket } from '../../shared/transitions.ts';
import { authorize } from './api-keys.ts';
import type { ApiKeyRecord } from './api-keys.ts';
import { parseJsonBody } from './parse-json.ts';
import type { ProblemCode, ProblemError } from './problem.ts';
import { parseTicketInput } from './ticket-input.ts';
import { visibleState } from '../../shared/record/visible-state.ts';

export type AcceptOutcome =
  | { kind: 'accepted'; ticketId: string; state: string; duplicate: boolean }
  | { kind: 'problem'; code: ProblemCode; detail: string; errors?: readonly ProblemError[] };

/** How long a repeated Idempotency-Key is compared with its first body. */
const idempotencyMs = 24 * 3_600_000;

type Refused = AcceptOutcome & { kind: 'problem' };
type Parsed = { kind: 'ok'; ticket: Ticket; contentKey: string } | Refused;

/** `source` is given where the address names it. */
export function parseTicket(app: App, raw: Buffer, source?: string): Parsed {
  const json = parseJsonBody(raw);
  if (json.kind === 'bad') {
    const code = json.status === 400 ? 'invalid-json' : 'invalid-input';
    return {
      kind: 'problem',
      code,
      detail: json.detail,
      errors: [{ pointer: json.pointer, detail: json.detail }],
    };
  }
  const context = { nowMs: app.now(), ...(source === undefined ? {} : { source }) };
  const parsed = parseTicketInput(json.value, context);
  if (parsed.kind === 'ok') return parsed;
  const fields = parsed.errors.map(({ pointer }) => pointer || '/').join(', ');
  return { kind: 'problem', code: 'invalid-input', detail: `Does not fit: ${fields}`, errors: parsed.errors };
}

/** POST /v1/tickets, and one line of its bulk form. */
export async function acceptBody(
  app: App,
  raw: Buffer,
  request: { key: ApiKeyRecord; idempotencyKey?: string | undefined },
): Promise<AcceptOutcome> {
  const parsed = parseTicket(app, raw);
  if (parsed.kind === 'problem') return parsed;
  const { source } = parsed.ticket;
  const settings = app.runtime().config.sources[source];
  if (!settings) {
    const { detail, ...problem } = unknownSource();
    return { ...problem, detail, errors: [{ pointer: '/source', detail }] };
  }
  if (raw.length > settings.maxBodyBytes) return tooLarge(settings.maxBodyBytes);
  if (authorize(request.key, { scope: 'ingest', source }) !== 'ok') {
    return { kind: 'problem', code: 'source-not-allowed', detail: 'This key may not post to that source.' };
  }
  if (request.idempotencyKey !== undefined) {
    const refused = await reserveIdempotencyKey(app, request.key, request.idempotencyKey, raw);
    if (refused) return refused;
  }
  return store(app, parsed);
}

export function unknownSource(): Refused {
  return { kind: 'problem', code: 'unknown-source', detail: 'No source of that name is configured.' };
}

export function tooLarge(maxBytes: number): Refused {
  return { kind: 'problem', code: 'too-large', detail: `A ticket may have at most ${maxBytes} bytes.` };
}

const defaultBodyBytes = 1_048_576;

/** No body above this is read; whether it is too large for its source shows when that is known. */
export function largestBodyBytes(app: App): number {
  const limits = Object.values(app.runtime().config.sources).map((source) => source.maxBodyBytes);
  return limits.length === 0 ? defaultBodyBytes : Math.max(...limits);
}

export async function store(
  app: App,
  parsed: { ticket: Ticket; contentKey: string },
): Promise<AcceptOutcome> {
  const identity = app.record.identify(parsed.ticket, parsed.contentKey);
  const accepted = await acceptTicket(app, parsed.ticket, identity);
  const duplicate = accepted.kind === 'duplicate';
  const state = duplicate
    ? visibleState(accepted.state)
    : accepted.kind === 'superseded'
      ? 'superseded'
      : 'queued';
  app.log.info(
    { ticketId: accepted.ticketId, source: parsed.ticket.source, duplicate, state },
    'ticket.accepted',
  );
  return { kind: 'accepted', ticketId: accepted.ticketId, state, duplicate };
}

/** The key alone repeats nothing twice (the ticket's own identity does that); it refuses another body under it. */
async function reserveIdempotencyKey(
  app: App,
  key: ApiKeyRecord,
  idempotencyKey: string,
  raw: Buffer,
): Promise<AcceptOutcome | null> {
  const digest = (value: string | Buffer): string => createHash('sha256').update(value).digest('base64url');
  const name = `${shardBase(app.prefix, 0)}idem:${digest(`${key.id} ${idempotencyKey}`)}`;
  const body = digest(raw);
  const known = await app.redis.set(name, body, 'PX', idempotencyMs, 'NX', 'GET');
  if (known === null || known === body) return null;
  return {
    kind: 'problem',
    code: 'idempotency-key-reused',
    detail: 'That Idempotency-Key came with another body.',
  };
}
