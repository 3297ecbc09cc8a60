/** Who the simulated providers are. Their speeds are made up to fit into a minute; they measure nobody's service. */

type Speed = { firstByteMs: number; msPerToken: number };

export type ProviderTraits = {
  /** As in tierline.yaml. */
  name: string;
  /** The variable in which tierline.yaml finds its address. */
  urlVariable: string;
  api: 'openai' | 'anthropic';
  /** The share of calls that it answers with a server error. */
  failureRate: number;
  /** By the model's id on the wire. */
  models: Record<string, Speed>;
};

/** The first one is the main provider. */
export const providerTraits: readonly [ProviderTraits, ...ProviderTraits[]] = [
  {
    name: 'simulated-main',
    urlVariable: 'SIMULATED_MAIN_URL',
    api: 'openai',
    failureRate: 0.01,
    models: {
      'simulated-luna': { firstByteMs: 250, msPerToken: 2 },
      'simulated-terra': { firstByteMs: 400, msPerToken: 4 },
      'simulated-sol': { firstByteMs: 700, msPerToken: 6 },
    },
  },
  {
    name: 'simulated-second',
    urlVariable: 'SIMULATED_SECOND_URL',
    api: 'anthropic',
    failureRate: 0.02,
    models: {
      'simulated-haiku': { firstByteMs: 300, msPerToken: 3 },
      'simulated-sonnet': { firstByteMs: 800, msPerToken: 6 },
    },
  },
  {
    name: 'simulated-third',
    urlVariable: 'SIMULATED_THIRD_URL',
    api: 'openai',
    failureRate: 0.02,
    models: { 'simulated-flash': { firstByteMs: 450, msPerToken: 3 } },
  },
  {
    name: 'simulated-qwen',
    urlVariable: 'SIMULATED_QWEN_URL',
    api: 'openai',
    failureRate: 0.04,
    models: { 'simulated-qwen': { firstByteMs: 300, msPerToken: 3 } },
  },
];
