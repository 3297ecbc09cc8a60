/** The body of `POST /v1/tickets` (and of its bulk and webhook forms) to the ticket that is stored. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { historyEntrySchema, ticketSchema } from '../../shared/ticket.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { errorAt, textErrorsOf } from './field-errors.ts';
import { canonicalLanguage, isLanguageTag } from './language-tag.ts';
import type { ProblemError } from './problem.ts';
import { errorsOf, firstOfEach, isPlainObject } from './schema-errors.ts';

const maxIdentifierCharacters = 255;
const maxBodyCharacters = 200_000;
const maxEntries = 100;
const maxMetadataBytes = 16 * 1024;
const dayMs = 24 * 60 * 60 * 1000;

const notBlank = { regex: /\S/, message: 'must not be blank' };
const identifier = z.string().min(1).max(maxIdentifierCharacters).regex(notBlank.regex, notBlank.message);

/** Built once. null is accepted where a field may be left out, since many senders write it for "not given". */
export const ticketInputSchema = z.strictObject({
  source: identifier,
  externalId: identifier,
  conversationId: identifier.nullish(),
  messageId: identifier.nullish(),
  createdAt: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with an offset' }).nullish(),
  subject: z.string().max(1000).nullish(),
  body: z.string().min(1).max(maxBodyCharacters).regex(notBlank.regex, notBlank.message),
  requester: z
    .strictObject({
      email: z
        .string()
        .max(320)
        .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
        .nullish(),
      name: z.string().max(255).nullish(),
    })
    .nullish(),
  language: z
    .string()
    .max(35)
    .refine(isLanguageTag, 'must be a BCP 47 language tag, such as en or pt-BR')
    .nullish(),
  tags: z.array(z.string().min(1).max(100)).max(maxEntries).optional(),
  priority: ticketSchema.shape.priority.optional(),
  lane: ticketSchema.shape.lane.optional(),
  history: z
    .array(z.strictObject({ role: historyEntrySchema.shape.role, text: z.string().max(maxBodyCharacters) }))
    .max(maxEntries)
    .optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
type TicketInput = z.infer<typeof ticketInputSchema>;

export type ParsedTicketInput =
  /** `contentKey` tells this message from the others of the same source and externalId. */
  { kind: 'ok'; ticket: Ticket; contentKey: string } | { kind: 'invalid'; errors: ProblemError[] };

/**
 * `source` is given where the address says it; the body must then not contain one. `nowMs` in milliseconds since 1970.
 * Never throws for a JSON value; errors name the field and its limit and never quote its text.
 */
export function parseTicketInput(
  value: unknown,
  context: { source?: string; nowMs: number },
): ParsedTicketInput {
  if (!isPlainObject(value)) return invalid([{ pointer: '', detail: 'the body must be an object' }]);
  if (context.source !== undefined && Object.hasOwn(value, 'source')) {
    return invalid([
      { pointer: '/source', detail: 'source is given by the address and must not be in the body' },
    ]);
  }
  const sent = context.source === undefined ? value : { ...value, source: context.source };
  const parsed = ticketInputSchema.safeParse(sent);
  if (!parsed.success) return invalid(parsed.error.issues.flatMap((issue) => errorsOf(issue, sent)));
  // After the schema, which refuses a list of half a million entries by its length alone.
  const errors = textErrorsOf(value);
  if (errors.length > 0) return invalid(errors);
  return ticketOf(parsed.data, context.nowMs);
}

/**
 * What tells one message from another within (source, externalId): its messageId or, without one, the first 32 hex
 * digits of SHA-256 over subject, body and the sender's own time. A time that we filled in ourselves is left out:
 * otherwise the same body posted again would be another message. So without messageId and createdAt the same words
 * in the same ticket are one message, and a customer who writes them twice gets one answer, not two.
 */
export function contentKey(
  message: Pick<Ticket, 'messageId' | 'subject' | 'body' | 'createdAt'>,
  isCreatedAtGiven: boolean,
): string {
  if (message.messageId !== null) return message.messageId;
  const content = [message.subject, message.body, isCreatedAtGiven ? message.createdAt : null];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}

/** The checks that need more than one field, or the time. */
function ticketOf(input: TicketInput, nowMs: number): ParsedTicketInput {
  const isCreatedAtGiven = typeof input.createdAt === 'string';
  const createdAtMs = typeof input.createdAt === 'string' ? Date.parse(input.createdAt) : nowMs;
  const errors: ProblemError[] = [];
  if (Buffer.byteLength(JSON.stringify(input.metadata ?? {})) > maxMetadataBytes) {
    errors.push(errorAt(['metadata'], `must take at most ${maxMetadataBytes} bytes as JSON`));
  }
  if (!(createdAtMs >= 0)) errors.push(errorAt(['createdAt'], 'must be a time since 1970'));
  if (createdAtMs > nowMs + dayMs) {
    errors.push(errorAt(['createdAt'], 'must not be more than 24 hours in the future'));
  }
  if (errors.length > 0) return invalid(errors);
  const ticket = withDefaults(input, new Date(createdAtMs).toISOString());
  return { kind: 'ok', ticket, contentKey: contentKey(ticket, isCreatedAtGiven) };
}

function withDefaults(input: TicketInput, createdAt: string): Ticket {
  const { source, externalId, body, tags = [], priority = 'normal', lane = 'live' } = input;
  return {
    source,
    externalId,
    conversationId: input.conversationId ?? externalId,
    messageId: input.messageId ?? null,
    createdAt,
    subject: input.subject ?? '',
    body,
    requester: requesterOf(input),
    language: canonicalLanguage(input.language ?? null),
    tags,
    priority,
    lane,
    history: input.history ?? [],
    metadata: input.metadata ?? {},
  };
}

function requesterOf(input: TicketInput): Ticket['requester'] {
  const email = input.requester?.email ?? null;
  const name = input.requester?.name ?? null;
  return { ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) };
}

function invalid(errors: ProblemError[]): ParsedTicketInput {
  return { kind: 'invalid', errors: firstOfEach(errors) };
}
