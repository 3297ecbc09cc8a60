/** Providers: one tiny call of every configured model, and what its outcome says about key, address and model. */
import { z } from 'zod';
import { presetOf } from '../../../shared/config/presets.ts';
import { isConfigured, isHouse, resolveModels } from '../../../shared/config/resolve.ts';
import type { Config } from '../../../shared/config/schema.ts';
import { pricingOf } from '../../../shared/ledger/model-pricing.ts';
import type { Pricing } from '../../../shared/ledger/model-pricing.ts';
import { costOf } from '../../../shared/ledger/money.ts';
import { loadPriceBook } from '../../../shared/ledger/price-book.ts';
import type { ChatModel, ChatOutcome, ModelSettings } from '../../../shared/models/chat.ts';
import { createModels } from '../../../shared/models/registry.ts';
import { createOutboundHttp } from '../../../shared/outbound/fetch-over-undici.ts';
import type { Usage } from '../../../shared/ticket.ts';
import { durationText } from '../format.ts';
import { ok } from './check.ts';
import type { Check } from './check.ts';
import { checkClock } from './clock.ts';
import { explainFault } from './faults.ts';

/** One model as it is called; several names may stand for it. */
export type Target = { names: string[]; settings: ModelSettings; pricing: Pricing; keyName: string };

export type ProviderReport = {
  checks: Check[];
  calls: number;
  /** Of all calls together; null where that of one is not known. */
  nanoUsd: number | null;
};

const atOnce = 8;
const callMs = 15_000;
/** Fewer are refused by some providers; what thinks first is cut off, which is answer enough. */
const answerTokens = 16;

/**
 * The models that would be called, each once. `written` is the file before its references were resolved.
 * @throws TierlineError for an unreadable file of prices.
 */
export function targetsOf(config: Config, written: unknown): Target[] {
  const book = loadPriceBook(config.prices);
  const targets = new Map<string, Target>();
  for (const [name, settings] of resolveModels(config)) {
    if (isHouse(config, name) || !isConfigured(config, settings.provider.name)) continue;
    const key = JSON.stringify([settings.provider.name, settings.model, settings.params]);
    const known = targets.get(key);
    if (known) known.names.push(name);
    else {
      const keyName = keyNameOf(config, settings.provider.name, written);
      targets.set(key, { names: [name], settings, pricing: pricingOf(config, settings, book), keyName });
    }
  }
  return [...targets.values()];
}

const writtenSchema = z.object({
  providers: z.record(z.string(), z.object({ apiKey: z.string().optional() })),
});

/** Where a person has to look for the key: the variable or file that is referred to, else the place in the file. */
function keyNameOf(config: Config, provider: string, written: unknown): string {
  const parsed = writtenSchema.safeParse(written);
  const reference = parsed.success ? parsed.data.providers[provider]?.apiKey : undefined;
  if (reference === undefined) return presetOf(config.providers[provider]!).keyEnv ?? `providers.${provider}`;
  const name = /\$\{(?:env|file):([^}?]+)\??\}/.exec(reference)?.[1];
  return `${name === undefined ? 'the key' : `the key in ${name}`} (providers.${provider}.apiKey)`;
}

const expectedUsage: Usage = {
  inputTokens: 30,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: answerTokens,
  reasoningTokens: 0,
};

/** About what the calls cost; null where a price is not known. */
export function expectedCost(targets: readonly Target[], atMs: number): number | null {
  let sum = 0;
  for (const { pricing } of targets) {
    const cost = costOf(expectedUsage, pricing(atMs, expectedUsage.inputTokens));
    if (cost === null) return null;
    sum += cost;
  }
  return sum;
}

export async function checkProviders(targets: readonly Target[], now: () => number): Promise<ProviderReport> {
  // Thinking has room of its own beside an answer; here it would only cost.
  const settings = targets.map((target) => ({ ...target.settings, thinkingTokens: 0 }));
  const models = createModels(settings, () => {
    throw new Error('a house model is not called');
  });
  const report: ProviderReport = { checks: [], calls: 0, nanoUsd: 0 };
  const clocks = checkClocks(targets, now);
  try {
    const queue = [...targets.entries()];
    const results: Result[] = [];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [i, target] = next;
        results[i] = await checkTarget(target, models.get(target.settings.name), report, now);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    report.checks.push(...merged(results), ...(await clocks));
    return report;
  } finally {
    await models.close();
  }
}

type Result = { names: string[]; provider: string; told: (names: string) => Check };

/** What is the same for several models of a provider, such as a refused key, is told once. */
function merged(results: readonly Result[]): Check[] {
  const groups = Map.groupBy(results, ({ provider, told }) => JSON.stringify([provider, told('')]));
  return [...groups.values()].map((group) => group[0]!.told(group.flatMap(({ names }) => names).join(', ')));
}

async function checkTarget(
  target: Target,
  model: ChatModel,
  report: ProviderReport,
  now: () => number,
): Promise<Result> {
  const { settings, names } = target;
  const startedAt = now();
  const ask = async (maxOutputTokens: number): Promise<ChatOutcome> => {
    const outcome = await model.call(
      {
        system: 'Answer with one word.',
        user: 'Say OK.',
        maxOutputTokens,
        stream: false,
        timeoutMs: callMs,
      },
      new AbortController().signal,
    );
    report.calls += 1;
    addCost(report, target, outcome, startedAt);
    return outcome;
  };
  let outcome = await ask(answerTokens);
  // Some models refuse so small a limit, which says nothing about how they take a ticket.
  if (outcome.kind === 'failure' && outcome.fault === 'bad_request')
    outcome = await ask(settings.maxOutputTokens);
  const took = durationText(now() - startedAt);
  const provider = settings.provider.name;
  const told = (who: string): Check => {
    const problem = outcome.kind === 'answer' ? null : explainFault(outcome, target, `${provider} (${who})`);
    return problem ?? ok('provider', `${provider} (${who}): ${settings.model} answered in ${took}`);
  };
  return { names, provider, told };
}

function addCost(report: ProviderReport, { pricing }: Target, outcome: ChatOutcome, atMs: number): void {
  const { usage } = outcome;
  if (outcome.kind === 'failure' && usage === null && !outcome.possiblyBilled) return;
  const cost = usage === null ? null : costOf(usage, pricing(atMs, usage.inputTokens));
  report.nanoUsd = cost === null || report.nanoUsd === null ? null : report.nanoUsd + cost;
}

const headMs = 5000;
/** A Date header has whole seconds and was written somewhat before it arrived. */
const dateGraceMs = 3000;

/** By the Date header of each provider's answer to a bare HEAD without a key. Who does not answer is told by its models. */
async function checkClocks(targets: readonly Target[], now: () => number): Promise<Check[]> {
  const origins = new Set(targets.map(({ settings }) => new URL(settings.provider.baseUrl).origin));
  const http = createOutboundHttp({ connectTimeoutMs: headMs });
  try {
    const checks = await Promise.all(
      [...origins].map(async (origin): Promise<Check[]> => {
        try {
          const response = await http.fetch(origin, { method: 'HEAD', signal: AbortSignal.timeout(headMs) });
          const date = Date.parse(response.headers.get('date') ?? '');
          const { host } = new URL(origin);
          return Number.isNaN(date) ? [] : [checkClock(host, date - now(), dateGraceMs)];
        } catch {
          return [];
        }
      }),
    );
    return checks.flat();
  } finally {
    await http.close();
  }
}
