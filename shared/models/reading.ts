/** What a response said, in our own terms, and the verdict on it: a response is a failure until it has proved itself. */
import type { Usage } from '../ticket.ts';
import type { ChatFailure, ChatOutcome, Fault } from './chat.ts';
import { errorCode } from './error-body.ts';
import { faultOfErrorBody } from './faults.ts';
import type { FaultCodes } from './faults.ts';
import { retryAfterOf } from './retry-after.ts';
import type { HeaderReader } from './retry-after.ts';

/** Why the model stopped; null where the response does not say, which means that it was cut. */
export type Finish =
  | 'complete'
  | Extract<
      Fault,
      'length' | 'filtered' | 'refused' | 'too_long' | 'overloaded' | 'server_error' | 'bad_response'
    >
  | null;

export type Reading = {
  text: string;
  finish: Finish;
  usage: Usage | null;
  /** As the response has it, for what only some providers say. */
  rawUsage: unknown;
  servedModel: string | null;
  /** The body of an error that came in place of an answer or inside a stream; undefined where there was none. */
  error: unknown;
  /** More about the finish, for people. */
  detail: string | null;
};

/** Nothing read yet. */
export function emptyReading(): Reading {
  return {
    text: '',
    finish: null,
    usage: null,
    rawUsage: undefined,
    servedModel: null,
    error: undefined,
    detail: null,
  };
}

export type ResponseFacts = {
  status: number;
  headers: HeaderReader;
  nowMs: number;
  faultCodes: FaultCodes;
};

/** The verdict on a response that was read to its end. A pure function. */
export function verdictOf(reading: Reading, facts: ResponseFacts): ChatOutcome {
  const { headers } = facts;
  const base = { status: facts.status, retryAfterMs: null, usage: reading.usage };
  // A response that reports no usage may hide the cost of the work behind it.
  const possiblyBilled = reading.usage === null;
  if (reading.error !== undefined) {
    const detail = `error in a ${facts.status} response (${errorCode(reading.error) ?? 'unnamed'})`;
    return {
      ...failure(faultOfErrorBody(reading.error, headers, facts.faultCodes), detail),
      ...base,
      retryAfterMs: retryAfterOf({ headers, body: reading.error }, facts.nowMs),
      possiblyBilled: possiblyBilled && reading.text !== '',
    };
  }
  if (reading.finish === null) {
    return { ...failure('truncated', 'the response ended without a finish reason'), ...base, possiblyBilled };
  }
  if (reading.finish !== 'complete') {
    const detail = reading.detail ?? `the model stopped: ${reading.finish}`;
    return { ...failure(reading.finish, detail), ...base, possiblyBilled };
  }
  if (reading.text.trim() === '')
    return { ...failure('empty', 'the answer has no text'), ...base, possiblyBilled };
  return {
    kind: 'answer',
    text: reading.text,
    usage: reading.usage,
    servedModel: reading.servedModel,
    requestId: headers.get('x-request-id') ?? headers.get('request-id'),
    sources: [],
  };
}

/** A failure with nothing known but its fault; the rest is spread over it. */
export function failure(fault: Fault, detail: string): ChatFailure {
  return {
    kind: 'failure',
    fault,
    status: null,
    retryAfterMs: null,
    usage: null,
    possiblyBilled: false,
    detail,
  };
}

const finishes = new Map<string, Finish>(
  Object.entries({
    stop: 'complete',
    eos: 'complete',
    end_turn: 'complete',
    stop_sequence: 'complete',
    length: 'length',
    max_tokens: 'length',
    content_filter: 'filtered',
    refusal: 'refused',
    model_context_window_exceeded: 'too_long',
    error: 'server_error',
    // DeepSeek, https://api-docs.deepseek.com/api/create-chat-completion
    insufficient_system_resource: 'overloaded',
  } as const),
);

/** The finish or stop reason of either API; what we did not ask for (tool calls, pauses) is not a usable answer. */
export function finishOf(reason: unknown): Finish {
  if (typeof reason !== 'string' || reason === '') return null;
  return finishes.get(reason.toLowerCase()) ?? 'bad_response';
}

/** Text of a message: a string, or a list of parts of which only text counts (not thinking, not tool calls). */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content as unknown[]) {
    if (typeof part !== 'object' || part === null || !('type' in part) || part.type !== 'text') continue;
    if ('text' in part && typeof part.text === 'string') text += part.text;
  }
  return text;
}
