/** What one case of the fault wall is: how the first model's server misbehaves, and what everybody sees of it. */
import type { Fault } from '../../shared/models/chat.ts';
import type { GateStatus } from '../../shared/models/gate-state.ts';
import type { Behaviour } from '../fakes/provider.ts';

type Api = 'openai' | 'anthropic';
type Mode = 'streamed' | 'whole';

/**
 * The models of a case, each with an account of its own unless it says otherwise: `first` misbehaves; `twin` shares first's
 * provider and window; `second` and `wide` are of another provider and healthy, `wide` with a larger window.
 */
export type ModelName = 'first' | 'twin' | 'second' | 'wide';

export type Variant = {
  api: Api;
  mode: Mode;
  /** Another host, which must never hear of the ticket. */
  strangerUrl: string;
};

type Bound = 'total' | 'firstByte' | 'idle';

export type FaultCase = {
  /** What the server does, as the subject of a sentence. */
  name: string;
  /** Where the case exists; everywhere by default. */
  only?: { api?: Api; mode?: Mode };
  /** `number`: how often the first model has been called by now, this call included. */
  behave: (variant: Variant, number: number) => Behaviour;
  /** The bound that has to cut, set to `boundMs`; the others are far away. */
  bound?: (variant: Variant) => Bound;
  /** Default: first, second. */
  chain?: readonly ModelName[];
  /** Tickets, one after the other; default 1. */
  tickets?: number;
  /** Failures that open the breaker; default 3. */
  failures?: number;
  expect: Expectation | ((variant: Variant) => Expectation);
};

export type Expectation = {
  /** Of the first model's calls, in order; null is an answer. */
  faults: readonly (Fault | null)[];
  /** Who answered each ticket; `people` with a reason where nobody did. */
  answeredBy: readonly (ModelName | `people: ${string}`)[];
  /** Calls that each provider saw, where not named none. `first` follows from `faults`. */
  calls?: Partial<Record<Exclude<ModelName, 'first'>, number>>;
  /** Of the first model's rows, in USD: null is unknown. */
  costs: readonly (number | null)[];
  /** Of the first model's rows; default: none was. */
  possiblyBilled?: boolean;
  /** The first model's gate when all is over; default: closed, nothing counted. */
  gate?: Partial<Pick<GateStatus, 'state' | 'scope' | 'why' | 'failures'>>;
  /** How long the provider asked to be left alone, in milliseconds; null: it did not. */
  quietMs?: number | null;
  /** The ticket waited, without a slot, at least this long before it was answered. */
  parkedMs?: number;
  /** True: the client itself closed the connection before the server was done. */
  isClosedEarly?: boolean;
};

/** Short enough for a test, long enough for a request to arrive. */
export const boundMs = 400;

/** What an answer of the fake server costs: 25 tokens in at 1 USD a million, 12 out at 2 USD. */
export const answerUsd = 0.000049;
