/** The configuration that the storm runs with, and changes while it runs. */
import { webhookSecret } from '../fakes/system.ts';
import type { Limits } from './limits.ts';
import type { Json } from './world.ts';

/** What a reload changes. */
export type Variant = { concurrency: number; hasExtra: boolean };
export const firstVariant: Variant = { concurrency: 20, hasExtra: false };

export const patientTag = 'patient';

/** By the name that the model has at its server. */
export const limits: Record<string, Limits> = {
  'fast-1': { requestsPerMinute: 180, concurrency: 6 },
  'large-1': { concurrency: 6 },
};

/** Failures open a breaker for a second only, and no call takes long: the run is short. */
const usual = {
  timeoutMs: 4000,
  firstByteTimeoutMs: 2500,
  idleTimeoutMs: 1500,
  breaker: { failures: 4, windowMs: 10_000, resetMs: 1000 },
};
const cheap = { inputPerMTok: 0.1, outputPerMTok: 0.5 };
const dear = { inputPerMTok: 2, outputPerMTok: 10 };
const patience = 600_000;
const deliveries = 40;

type Urls = Record<'alpha' | 'beta' | 'gamma' | 'receiver', string>;

/**
 * Two providers that fail, and `gamma`, which holds its answers until it is told otherwise; nothing but the lease may end a
 * call there. Tickets with a tag go to it.
 */
export function stormConfig(urls: Urls, variant: Variant): Json {
  const { concurrency, hasExtra } = variant;
  const provider = (url: string): Json => ({
    api: 'openai',
    baseUrl: `${url}/v1`,
    apiKey: 'sk-test',
    structured: 'json_schema',
    // Tells the servers who calls.
    headers: { 'x-process': '${env:CHAOS_PROCESS:-nobody}' },
  });
  const waits = { timeoutMs: patience, firstByteTimeoutMs: patience, idleTimeoutMs: patience };
  return {
    providers: {
      alpha: provider(urls.alpha),
      beta: provider(urls.beta),
      gamma: provider(urls.gamma),
    },
    models: {
      small: { ...usual, provider: 'alpha', model: 'small-1', price: cheap },
      fast: { ...usual, provider: 'alpha', model: 'fast-1', price: cheap, limits: limits['fast-1'] },
      large: { ...usual, provider: 'beta', model: 'large-1', price: dear, limits: limits['large-1'] },
      spare: { ...usual, provider: 'beta', model: 'spare-1', price: dear },
      patient: { ...waits, provider: 'gamma', model: 'patient-1', price: cheap },
      ...(hasExtra ? { extra: { ...usual, provider: 'beta', model: 'extra-1', price: cheap } } : {}),
    },
    tiers: {
      simple: { models: ['fast', 'spare'], concurrency },
      standard: { models: [...(hasExtra ? ['extra'] : []), 'large', 'fast', 'spare'], concurrency },
      complex: { models: ['large', 'spare'], concurrency },
      patient: { models: ['patient'], concurrency },
    },
    routes: [{ when: { tag: [patientTag] }, tier: 'patient' }],
    destinations: {
      hook: {
        type: 'webhook',
        url: urls.receiver,
        secret: webhookSecret,
        allowPrivateNetworks: true,
        retryMs: [0, ...Array<number>(deliveries).fill(500)],
      },
    },
  };
}
