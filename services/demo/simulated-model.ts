/** What a simulated model makes of a request: reads it as the API has it, and decides what comes back. Pure. */
import { z } from 'zod';
import { chanceOf } from './chance.ts';
import { writeReply } from './phrases.ts';
import type { DemoTicket } from './tickets.ts';

const text = z.union([z.string(), z.array(z.object({ text: z.string().default('') }))]);
const schemaOfLabels = z.object({
  properties: z.object({ queryType: z.object({ enum: z.array(z.string()) }) }),
});

/** The part of both APIs' requests that matters here. */
const requestSchema = z.object({
  model: z.string(),
  system: text.optional(),
  messages: z.array(z.object({ content: text })),
  stream: z.boolean().default(false),
  response_format: z.object({ json_schema: z.object({ schema: schemaOfLabels }) }).optional(),
  output_config: z.object({ format: z.object({ schema: schemaOfLabels }) }).optional(),
});

export type ModelRequest = {
  model: string;
  stream: boolean;
  inputTokens: number;
  /** The number in the ticket's subject; null where there is none. */
  ticketNumber: number | null;
  /** The query types to choose from, where labels are asked for; null where a reply is. */
  queryTypes: string[] | null;
};

/** null for a body that is no request. */
export function readRequest(body: string): ModelRequest | null {
  const parsed = requestSchema.safeParse(parseJson(body));
  if (!parsed.success) return null;
  const { model, stream, system, messages, response_format, output_config } = parsed.data;
  const parts = [system ?? '', ...messages.map(({ content }) => content)].map(plain);
  const number = /\[#(\d{6,})\]/.exec(parts.at(-1) ?? '')?.[1];
  const schema = response_format?.json_schema.schema ?? output_config?.format.schema;
  return {
    model,
    stream,
    inputTokens: countTokens(parts.join('\n')),
    ticketNumber: number === undefined ? null : Number(number),
    queryTypes: schema?.properties.queryType.enum ?? null,
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const plain = (content: z.infer<typeof text>): string =>
  typeof content === 'string' ? content : content.map((part) => part.text).join('\n');

/**
 * Roughly what tokenisers make of a text: a quarter of a token for an ASCII character, four tenths for other letters, four
 * fifths for Chinese, Japanese and Korean ones.
 */
export function countTokens(given: string): number {
  let tokens = 0;
  for (let index = 0; index < given.length; index += 1) {
    const code = given.charCodeAt(index);
    tokens += code < 0x80 ? 0.25 : code < 0x2e80 ? 0.4 : 0.8;
  }
  return Math.max(1, Math.ceil(tokens));
}

export type ModelVerdict =
  | { kind: 'text'; text: string; outputTokens: number }
  /** A 500 before any work was done, so that nothing is billed. */
  | { kind: 'error' }
  /** The content filter says no; nothing is billed either. */
  | { kind: 'filtered' };

/** A reply's tokens by how hard the ticket is, whichever model writes it; a long ticket gets a little more. */
const replyTokens = { simple: 70, standard: 130, complex: 230 };
const longestExtra = 60;

/** `asked`: how often this model was asked the same thing before. The same question may fail once and succeed then. */
export function judge(
  request: ModelRequest,
  ticket: DemoTicket | undefined,
  facts: { seed: number; provider: string; failureRate: number; asked: number },
): ModelVerdict {
  const { seed, provider, failureRate, asked } = facts;
  const about = [request.model, request.ticketNumber ?? 0, request.queryTypes ? 'labels' : 'reply'];
  if (chanceOf(seed, 'failure', provider, ...about, asked) < failureRate) return { kind: 'error' };
  if (ticket?.isThreat === true) return { kind: 'filtered' };
  const written = request.queryTypes ? labelsOf(ticket, request.queryTypes) : replyOf(ticket, seed);
  return { kind: 'text', text: written, outputTokens: countTokens(written) };
}

function labelsOf(ticket: DemoTicket | undefined, known: string[]): string {
  const labels = ticket?.labels ?? { queryType: 'other', complexity: 0.1, language: 'und' };
  const queryType = known.includes(labels.queryType) ? labels.queryType : 'other';
  return JSON.stringify({ ...labels, queryType });
}

function replyOf(ticket: DemoTicket | undefined, seed: number): string {
  const base = replyTokens[ticket?.tier ?? 'simple'];
  const extra = Math.min(longestExtra, countTokens(ticket?.body ?? '') / 3);
  const spread = 0.85 + 0.3 * chanceOf(seed, 'length', ticket?.number ?? 0);
  return writeReply(ticket?.labels.language ?? 'en', (base + extra) * spread, countTokens);
}
