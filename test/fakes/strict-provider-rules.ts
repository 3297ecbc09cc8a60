/**
 * What a provider takes and answers, as data for the strict server. Written from the providers' own documents and from
 * what people met in practice, never from our presets: the two are compared by test/integration/presets-conformance.test.ts.
 */
import type { PresetName } from '../../shared/config/presets.ts';
import type { Fault } from '../../shared/models/chat.ts';

export type Json = Record<string, unknown>;

/** A refusal as the provider words it, and what it means. `{param}` and `{model}` in the body stand for what was sent. */
export type Refusal = {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  source: string;
  fault: Fault;
  /** What it asks to wait, where it does. */
  retryAfterMs?: number;
};

/** What can be wrong with a request itself; the server finds these. */
export type RequestFlaw = 'unknownParam' | 'badValue' | 'wrongKey' | 'unknownModel' | 'missingLimit';
/** What can go wrong with a right request; a test asks for these. */
export type Incident = 'rateLimited' | 'quota' | 'tooLong' | 'filtered' | 'overloaded' | 'serverError';

export type StrictModel = {
  id: string;
  /** How JSON may be forced. */
  formats: readonly ('json_schema' | 'json_object')[];
  /** Names among the provider's parameters that this model refuses, or takes only beside a value of another one. */
  refuses?: readonly string[];
  onlyWith?: { names: readonly string[]; needs: Json };
  /** The values that a parameter may have; those of others are not looked at. */
  values?: Record<string, readonly unknown[]>;
  /** What it thinks before it writes: nothing with `off` in the request, `short` tokens with `brief`, else a lot. */
  thinks?: { off?: Json; brief?: Json; short?: number };
  source: string;
};

export type UsageCounts = { input: number; cached: number; output: number; thinking: number };

export type StrictProvider = {
  preset: PresetName;
  api: 'openai' | 'anthropic';
  /** Where it is, as its documents say; null where that is the customer's own address. */
  origin: string | null;
  path: string;
  auth: { header: string; form: 'bearer' | 'bare' | 'none'; source: string };
  /** Headers that must come along, and such that must not. */
  headers?: Record<string, RegExp | null>;
  params: {
    known: readonly string[];
    unknown: 'refused' | 'ignored';
    source: string;
  };
  limit: { names: readonly string[]; isRequired: boolean; source: string };
  takesStreamOptions: boolean;
  /** Properties of a text part beside `type` and `text`. */
  partProperties: readonly string[];
  models: readonly StrictModel[];
  flaws: Partial<Record<RequestFlaw, Refusal>>;
  incidents: Partial<Record<Incident, Refusal>>;
  /** An error that comes with status 200: as the whole body, or as an event of a stream. */
  errorIn200?: { body: unknown; fault: Fault; source: string };
  errorInStream?: { data: unknown; fault: Fault; source: string };
  /** The finish reason of an answer that its filter cut. */
  filterFinish: string | null;
  usage: (counts: UsageCounts) => Json;
  /** Which of the counts its usage tells. */
  tells: { cached: boolean; thinking: boolean };
  /** Where usage stands in a stream: in a last chunk of its own where asked for, beside the finish reason, or at Groq's place. */
  streamUsage?: 'asked' | 'beside finish' | 'x_groq';
  /** Where the text of its thinking stands in a message. */
  thinkingText?: 'reasoning_content' | 'reasoning';
  /** Lines before the first event, or before a plain body. */
  keepAlive?: { stream: string; plain: string };
  /** The first event of a stream, where it is not a piece of the answer. */
  firstChunk?: Json;
  answerHeaders?: Record<string, string>;
  /** What the call is said to have cost, in nano-dollars; null where nothing is said. */
  reportedNanoUsd?: number;
};

export function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** An error in OpenAI's envelope. */
export function openAiError(type: string, code: unknown, message: string, param: string | null = null): Json {
  return { error: { message, type, param, code } };
}

/** OpenAI's usage; many others leave parts of it out. */
export function openAiUsage({ input, cached, output, thinking }: UsageCounts): Json {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: thinking, audio_tokens: 0 },
  };
}

/** Without details. */
export function bareUsage({ input, output }: UsageCounts): Json {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
