/** What a failed call says about the configuration, and what to do. */
import type { ChatFailure, Fault, ModelSettings } from '../../../shared/models/chat.ts';
import { fail, warn } from './check.ts';
import type { Check } from './check.ts';

type Told = { level: 'fail' | 'warn'; message: string; cure: string };
type Called = { settings: ModelSettings; /** Where the provider's key comes from. */ keyName: string };
type Teller = (failure: ChatFailure, called: Called) => Told;

const statusOf = ({ status }: ChatFailure): string => (status === null ? '' : ` (HTTP ${status})`);

const unreachable: Teller = ({ detail }, { settings: { provider } }) => ({
  level: 'fail',
  message: `cannot be reached at ${provider.baseUrl} (${/\(([^)]*)\)/.exec(detail)?.[1] ?? detail})`,
  cure: `Check providers.${provider.name}.baseUrl and the network; a server of your own must be running.`,
});

const slow: Teller = (_, { settings: { provider } }) => ({
  level: 'fail',
  message: `did not answer in time at ${provider.baseUrl}`,
  cure: 'Try again; if it stays so, look at its status page, or give its models more time (timeoutMs).',
});

const notThisApi: Teller = ({ detail }, { settings: { provider } }) => ({
  level: 'fail',
  message: `does not answer as an API of the kind "${provider.api}" does (${detail})`,
  cure: `Check providers.${provider.name}.baseUrl (many end in /v1) and its api.`,
});

/** null: the call came through as far as matters here. */
const tellers: Record<Fault, Teller | null> = {
  auth: (failure, { keyName }) => ({
    level: 'fail',
    message: `refuses the key${statusOf(failure)}`,
    cure: `Check ${keyName}: it may be mistyped, revoked, or not allowed to use this model.`,
  }),
  quota: (failure) => ({
    level: 'fail',
    message: `says that the account is empty or over its budget${statusOf(failure)}`,
    cure: 'Top it up, or raise its limit there.',
  }),
  not_found: (failure, { settings: { name, model, provider } }) => ({
    level: 'fail',
    message: `does not know the model "${model}"${statusOf(failure)}`,
    cure: `Check models.${name}.model, and whether your account may use it; a wrong address (${provider.baseUrl}) looks the same.`,
  }),
  connection: unreachable,
  timeout_total: slow,
  timeout_first_byte: slow,
  timeout_idle: slow,
  rate_limited: (failure) => ({
    level: 'warn',
    message: `takes no more calls at the moment${statusOf(failure)}; the key works`,
    cure: 'Wait, or ask it for higher limits.',
  }),
  overloaded: (failure) => ({
    level: 'warn',
    message: `is overloaded${statusOf(failure)}; the key works`,
    cure: 'Wait; tickets take the next model of their chain.',
  }),
  server_error: (failure) => ({
    level: 'fail',
    message: `fails${statusOf(failure)}`,
    cure: 'That is on its side: look at its status page. Tickets take the next model of their chain.',
  }),
  bad_request: ({ detail }, { settings: { name, provider } }) => ({
    level: 'fail',
    message: `refuses the request: ${detail}`,
    cure: `Check models.${name}.params and the options of providers.${provider.name}; a preset brings the right ones.`,
  }),
  too_long: null,
  filtered: null,
  refused: null,
  length: null,
  empty: null,
  schema: null,
  no_answer: null,
  bad_response: notThisApi,
  truncated: notThisApi,
  aborted: slow,
};

/** null where the call shows that key, address and model are right. `who` stands before what happened. */
export function explainFault(failure: ChatFailure, called: Called, who: string): Check | null {
  const told = tellers[failure.fault]?.(failure, called);
  if (told === undefined) return null;
  return (told.level === 'fail' ? fail : warn)('provider', `${who} ${told.message}`, told.cure);
}
