/** What went wrong with a call, and what follows from it: the one table that breaker, chain and alerts read. */
import type { Fault } from './chat.ts';
import { innerError, whatItSays } from './error-body.ts';
import type { Said } from './error-body.ts';
import type { HeaderReader } from './retry-after.ts';

export type FaultRule = {
  /** Who can help: any other model, one with a larger window, one of another provider, or nobody. */
  next: 'next_model' | 'larger_window' | 'other_provider' | 'stop';
  /** True for the provider's failures; the caller's own and the model's decisions never open a breaker. */
  countsAgainstBreaker: boolean;
  /** False where the ticket has not used up anything: it only has to wait. */
  isAttempt: boolean;
  /** Opens the breaker of this model, or of the provider's whole account, at once and for long: only a person can mend it. */
  tripsLong: 'model' | 'account' | null;
  alert: boolean;
};

/** How long after that a single call finds out whether somebody did. */
export const longTripMs = 15 * 60 * 1000;
const providers: FaultRule = {
  next: 'next_model',
  countsAgainstBreaker: true,
  isAttempt: true,
  tripsLong: null,
  alert: false,
};
const ours: FaultRule = { ...providers, countsAgainstBreaker: false };
const account: FaultRule = { ...ours, next: 'other_provider', tripsLong: 'account', alert: true };

export const faultRules: Record<Fault, FaultRule> = {
  timeout_total: providers,
  timeout_first_byte: providers,
  timeout_idle: providers,
  connection: providers,
  rate_limited: { ...ours, isAttempt: false },
  overloaded: providers,
  server_error: providers,
  auth: account,
  quota: account,
  not_found: { ...account, next: 'next_model', tripsLong: 'model' },
  bad_request: ours,
  too_long: { ...ours, next: 'larger_window' },
  filtered: { ...ours, next: 'other_provider' },
  refused: ours,
  bad_response: providers,
  truncated: providers,
  length: ours,
  empty: providers,
  schema: ours,
  no_answer: ours,
  aborted: { ...ours, next: 'stop', isAttempt: false },
};

/** `perday`: the quota of a day at Google, which no short wait brings back. */
const quotaCodes =
  /insufficient_(?:user_)?quota|billing|insufficient_(?:balance|credits|funds)|spend_limit_reached|arrearage|perday/;
/** Anthropic's 400 for an empty account and OpenRouter's 403 for an empty key have no codes of their own. */
const emptyAccount = /^your credit balance is too low|^key limit exceeded/;
const authCodes = /api_key_invalid/;
/** Google's 400 for a wrong key. */
const wrongKey = /^api key (?:not valid|not found|expired)|^missing or invalid authorization header/;
const modelCodes = /model_not_found|model_decommissioned|not_found_error|invalid_model/;
/** DeepSeek, OpenRouter and LiteLLM: a 400 without a code. Only at its very beginning can the message not be the ticket's. */
const unknownModel =
  /^model not exist|^\S+ is not a valid model id|^[^ ]{0,40} ?\S{0,40} ?invalid model name passed in/;
const tooLongCodes =
  /context_length_exceeded|context_window_exceeded|request_too_large|string_above_max_length|prompt is too long|input is too long|maximum context length|context window|context length|maximum prompt length|too many (?:input )?tokens|reduce the length|range of input length|input token count|contextwindowexceeded|exceeded model token limit|configured context size/;
const filterCodes =
  /content_?filter|content_policy|content filtering|content management policy|data_?inspection_?failed|responsibleaipolicyviolation|moderation|flagged|prohibited_content|content exists risk|contentpolicyviolation/;
const overloadCodes =
  /overloaded|capacity_exceeded|insufficient_system_resource|\bunavailable\b|service_unavailable|server busy/;

/** Codes, types or statuses, in lower case, that mean something else at one provider than elsewhere. */
export type FaultCodes = Readonly<Record<string, Fault>>;

/**
 * The fault of a response whose status is not 2xx. `body` is the parsed JSON or the text. Sources: the error pages of
 * OpenAI (platform.openai.com/docs/guides/error-codes), Anthropic (docs.anthropic.com/en/api/errors), OpenRouter
 * (openrouter.ai/docs/api/reference/errors-and-debugging) and Groq (console.groq.com/docs/errors).
 */
export function faultOfStatus(
  status: number,
  body: unknown,
  headers: HeaderReader,
  special: FaultCodes = {},
): Fault {
  if (status < 400) return 'bad_response';
  const said = whatItSays(body);
  const own = [...said.codes.split(' '), String(status)].find((code) => Object.hasOwn(special, code));
  if (own !== undefined) return special[own]!;
  if (status >= 500 || status === 498) {
    const asksToWait = status === 503 && headers.get('retry-after') !== null;
    const isOverload =
      status === 529 || status === 498 || asksToWait || overloadCodes.test(`${said.codes} ${said.message}`);
    return isOverload ? 'overloaded' : 'server_error';
  }
  return callersFault(status, said, headers);
}

const faultOfCallersStatus = new Map<number, Fault>([
  [401, 'auth'],
  [404, 'not_found'],
  [408, 'server_error'],
  [413, 'too_long'],
  // Not the caller's: a gateway says that its own caller, or the model behind it, went away.
  [499, 'server_error'],
]);

function callersFault(status: number, { codes, message }: Said, headers: HeaderReader): Fault {
  const words = `${codes} ${message}`;
  // OpenRouter answers 402 with Retry-After where only the calls in flight have used up the budget.
  if (status === 402) return headers.get('retry-after') === null ? 'quota' : 'rate_limited';
  if (quotaCodes.test(codes) || emptyAccount.test(message)) return 'quota';
  if (status === 429) return overloadCodes.test(codes) ? 'overloaded' : 'rate_limited';
  const known = faultOfCallersStatus.get(status);
  if (known !== undefined) return known;
  if (isWrongKey({ codes, message })) return 'auth';
  // OpenRouter also answers 403 where its moderation flags the input.
  if (filterCodes.test(words)) return 'filtered';
  if (status === 403) return 'auth';
  if (isUnknownModel({ codes, message })) return 'not_found';
  return tooLongCodes.test(words) ? 'too_long' : 'bad_request';
}

function isWrongKey({ codes, message }: Said): boolean {
  return authCodes.test(codes) || wrongKey.test(message);
}

function isUnknownModel({ codes, message }: Said): boolean {
  return modelCodes.test(codes) || unknownModel.test(message);
}

const statusOfType = new Map<unknown, number>(
  Object.entries({
    context_length_exceeded: 400,
    content_filter: 400,
    invalid_request_error: 400,
    authentication_error: 401,
    billing_error: 402,
    permission_error: 403,
    not_found_error: 404,
    request_too_large: 413,
    insufficient_quota: 429,
    rate_limit_error: 429,
    rate_limit_exceeded: 429,
    overloaded_error: 529,
  }),
);

/** The fault of an error inside a 200 response or a stream, as OpenRouter and both APIs' streams send them. */
export function faultOfErrorBody(body: unknown, headers: HeaderReader, special: FaultCodes = {}): Fault {
  const error = innerError(body);
  const code = Number(error?.['code'] ?? Number.NaN);
  if (Number.isInteger(code) && code >= 400 && code < 600) return faultOfStatus(code, body, headers, special);
  const status = statusOfType.get(error?.['code']) ?? statusOfType.get(error?.['type']) ?? 500;
  return faultOfStatus(status, body, headers, special);
}
