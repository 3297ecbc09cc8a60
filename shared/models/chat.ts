/**
 * The one contract between Tierline and a model, whatever API it speaks. An adapter (openai.ts, anthropic.ts, house.ts)
 * maps it to the wire and back; everything else knows only this.
 */
import type { SourceReference, Usage } from '../ticket.ts';

/**
 * Why a call failed: a closed set. What follows from each is decided once, in faults.ts.
 * `length` means the model hit its output limit, `truncated` that the stream or body ended without a terminal finish.
 */
export const faults = [
  'timeout_total',
  'timeout_first_byte',
  'timeout_idle',
  'connection',
  'rate_limited',
  'overloaded',
  'server_error',
  'auth',
  'quota',
  'not_found',
  'bad_request',
  'too_long',
  'filtered',
  'refused',
  'bad_response',
  'truncated',
  'length',
  'empty',
  'schema',
  'no_answer',
  'aborted',
] as const;
export type Fault = (typeof faults)[number];

export type ChatRequest = {
  /** Instructions; never contains ticket text. */
  system: string;
  /** What the customer wrote and what we give along, as data. */
  user: string;
  maxOutputTokens: number;
  /** Asks for JSON that fits this JSON Schema; one constant schema per purpose. */
  json?: { name: string; schema: Record<string, unknown> };
  /** Streamed calls see first byte and stalls; unstreamed ones are cheaper for very short answers. */
  stream: boolean;
  /** Bounds the whole call where it is less than the model's own `timeoutMs`. */
  timeoutMs?: number;
  /** For the `house` adapter, which retrieves instead of generating; other adapters ignore it. */
  question?: {
    text: string;
    language: string;
    /** What the classifier made of the ticket; absent where nobody asked it. */
    labels?: { queryType: string; confidence: number; flags: readonly string[] };
  };
};

export type ChatAnswer = {
  kind: 'answer';
  text: string;
  /** null when the provider sent none: the cost is then unknown, never zero. */
  usage: Usage | null;
  /** The model that the response names as having served it, null where it does not say. */
  servedModel: string | null;
  requestId: string | null;
  /** What the call cost by a gateway's own word, in nano-dollars; absent where none is given. */
  reportedNanoUsd?: number;
  sources: SourceReference[];
};

export type ChatFailure = {
  kind: 'failure';
  fault: Fault;
  /** HTTP status where there was one. */
  status: number | null;
  /** What the provider asked us to wait, already parsed and clamped; null where it did not say. */
  retryAfterMs: number | null;
  /** Usage that the failed response still reported (a length cut, a refusal). */
  usage: Usage | null;
  /** As in ChatAnswer. */
  reportedNanoUsd?: number;
  /** True where the provider may have done (and billed) work that we never saw the end of. */
  possiblyBilled: boolean;
  /** For people and logs: never contains ticket text or keys. */
  detail: string;
};

export type ChatOutcome = ChatAnswer | ChatFailure;

/**
 * How the provider keeps a prompt's beginning for later calls:
 * - `none`: not at all, or not that we know of;
 * - `automatic`: whatever comes first in the prompt is found again; nothing is sent;
 * - `cache_control`: blocks marked `cache_control: {type: 'ephemeral'}` (Anthropic's form, which some gateways take too);
 * - `openai_breakpoints`: `prompt_cache_options: {mode: 'explicit'}` and a `prompt_cache_breakpoint` on a content part;
 *   without them every prompt is written to the cache, and a write costs more than plain input.
 */
export type CacheRules = {
  kind: 'none' | 'automatic' | 'cache_control' | 'openai_breakpoints';
  /** A beginning of fewer tokens is not kept. */
  minTokens: number;
};

/** How a model is called, every default resolved. Times in milliseconds. */
export type ModelSettings = {
  /** The name in tierline.yaml. */
  name: string;
  /** The provider's own model id, sent on the wire. */
  model: string;
  provider: ProviderSettings;
  /** The longest text of an answer; `thinkingTokens` come on top. */
  maxOutputTokens: number;
  /** Room for thinking that cannot be switched off: it counts against the limit that the API is given. */
  thinkingTokens: number;
  contextTokens: number;
  timeoutMs: number;
  firstByteTimeoutMs: number;
  idleTimeoutMs: number;
  structured: 'json_schema' | 'json_object' | 'prompt';
  /** By provider, and by model where those of one provider differ. */
  cache: CacheRules;
  /** Extra top-level properties of the request body, such as the one that switches thinking off. */
  params: Record<string, unknown>;
  /** A house model in a chain with configured models is used only with `always`. */
  always: boolean;
};

export type ProviderSettings = {
  /** The name in tierline.yaml. */
  name: string;
  api: 'openai' | 'anthropic' | 'house';
  baseUrl: string;
  /** null where the key's reference is not set: the provider is unconfigured and its models are skipped. */
  apiKey: string | null;
  /** False for local servers (Ollama, vLLM) that need no key. */
  needsKey: boolean;
  /** The header that carries the key: as a bearer token in `authorization`, bare in any other. */
  keyHeader: string;
  headers: Record<string, string>;
  /** The request property that carries the output limit. */
  tokenParam: 'max_tokens' | 'max_completion_tokens';
  /** False for a server that cannot stream: its answers come whole, and only the time in total bounds them. */
  streams: boolean;
  /** Asked for usage in streams by `stream_options`; a few servers refuse the property. */
  streamUsage: boolean;
  /** Codes, types or statuses (as text) of errors that mean something else here than elsewhere, in lower case. */
  faultCodes: Readonly<Record<string, Fault>>;
  /** Where a gateway says what the call cost it, in USD: in the usage, or in a response header. */
  reportedCost: 'usage.cost' | 'x-litellm-response-cost' | null;
};

/** One model, ready to be called. `call` never throws for anything the provider or network does. */
export type ChatModel = {
  settings: ModelSettings;
  /** `signal` aborts the call for real (connection closed); the outcome is then fault `aborted`. */
  call: (request: ChatRequest, signal: AbortSignal) => Promise<ChatOutcome>;
};
