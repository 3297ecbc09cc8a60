/** What would become of a text: labels, route, and what each model of the chain would cost. */
import { isConfigured, isHouse, resolveModels, usableChain } from '../../shared/config/resolve.ts';
import type { Config } from '../../shared/config/schema.ts';
import { pricingOf } from '../../shared/ledger/model-pricing.ts';
import { costOf, usdNumber } from '../../shared/ledger/money.ts';
import { loadPriceBook } from '../../shared/ledger/price-book.ts';
import type { ModelSettings } from '../../shared/models/chat.ts';
import { estimateTokens } from '../../shared/models/token-estimate.ts';
import { tokenFamilyOf } from '../../shared/models/token-weights.ts';
import { readPromptParts } from '../../shared/prompt-parts.ts';
import { destinationOf, routeOf } from '../../shared/routing.ts';
import type { Route } from '../../shared/routing.ts';
import { ticketSchema } from '../../shared/ticket.ts';
import type { Classification, Lane, Ticket } from '../../shared/ticket.ts';
import { trustOf } from '../../shared/trust.ts';
import type { Trust } from '../../shared/trust.ts';

/** What a usual reply is, in tokens; a model's own limit may be lower. */
const usualReplyTokens = 200;

export type ModelEstimate = {
  name: string;
  model: string;
  provider: string;
  isUsable: boolean;
  /** Empty where it is. */
  whyNot: string;
  /** null for a house model, which has no tokens. */
  inputTokens: number | null;
  /** null where no price is known. */
  nanoUsd: number | null;
  costUsd: number | null;
};

export type Explained = {
  classification: Classification;
  route: Route;
  /** Who sends the answer, and the setting that says so (null: none does). */
  mode: Trust['mode'];
  modeBy: string | null;
  destination: string | null;
  /** Names of the models that can be called now, in order. */
  usable: string[];
  /** The whole chain, with what a reply of each is estimated to cost. */
  models: ModelEstimate[];
  reply: { outputTokens: number };
};

/** `source`: null for the first of the configuration. */
export async function explainText(
  config: Config,
  given: { text: string; source: string | null; lane: Lane },
): Promise<Explained> {
  const source = given.source ?? Object.keys(config.sources)[0] ?? '';
  const ticket = ticketFrom(given.text, source, given.lane);
  const { conclude } = await import('../classifier/classify.ts');
  const { createLabeller } = await import('../classifier/labeller.ts');
  const labeller = await createLabeller(config);
  const classification = conclude(config, ticket, labeller.label(ticket), null);
  const route = routeOf(config, { ticket, classification });
  const trust = trustOf(config, { ticket, classification }, route.tier);
  return {
    classification,
    route,
    mode: trust.mode,
    modeBy: trust.by,
    destination: destinationOf(config, source),
    usable: usableChain(config, route.chain),
    models: await estimateChain(config, route, { ticket, classification }),
    reply: { outputTokens: usualReplyTokens },
  };
}

function ticketFrom(text: string, source: string, lane: Lane): Ticket {
  return ticketSchema.parse({
    source,
    externalId: 'explained',
    conversationId: 'explained',
    messageId: null,
    createdAt: new Date().toISOString(),
    subject: '',
    body: text,
    requester: {},
    language: null,
    tags: [],
    priority: 'normal',
    lane,
    history: [],
    metadata: {},
  });
}

/** By the very prompt that a worker would send. */
async function estimateChain(
  config: Config,
  route: Route,
  work: { ticket: Ticket; classification: Classification },
): Promise<ModelEstimate[]> {
  const { createAnswerPrompt } = await import('../tier-worker/answer-prompt.ts');
  const prompt = createAnswerPrompt(readPromptParts(config), route.tier, { ...work, earlier: [] });
  const settings = resolveModels(config);
  const book = loadPriceBook(config.prices);
  const usable = usableChain(config, route.chain);
  return route.chain.map((name): ModelEstimate => {
    const one = settings.get(name)!;
    const common = {
      name,
      model: one.model,
      provider: one.provider.name,
      isUsable: usable.includes(name),
      whyNot: usable.includes(name) ? '' : whyNot(config, name),
    };
    if (isHouse(config, name)) return { ...common, inputTokens: null, nanoUsd: 0, costUsd: 0 };
    const { system, user } = prompt.request(one);
    const inputTokens = estimateTokens(`${system}\n${user}`, tokenFamilyOf(one.model));
    const price = pricingOf(config, one, book)(Date.now(), inputTokens);
    const nanoUsd = costOf(usageOf(inputTokens, one), price);
    return { ...common, inputTokens, nanoUsd, costUsd: nanoUsd === null ? null : usdNumber(nanoUsd) };
  });
}

function whyNot(config: Config, name: string): string {
  const { provider } = config.models[name]!;
  if (!isConfigured(config, provider)) return 'not configured';
  return 'only without others';
}

function usageOf(inputTokens: number, { maxOutputTokens, thinkingTokens }: ModelSettings) {
  return {
    inputTokens,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: Math.min(usualReplyTokens, maxOutputTokens) + thinkingTokens,
    reasoningTokens: thinkingTokens,
  };
}
