/** What a request is in tokens, estimated; and whether that fits into a model. */
import { createHash } from 'node:crypto';
import type { ChatRequest, ModelSettings } from './chat.ts';
import { outputLimit } from './output-limit.ts';
import { estimateTokens, estimateTokensOfFile } from './token-estimate.ts';
import { tokenFamilyOf } from './token-weights.ts';
import type { TokenFamily } from './token-weights.ts';

/** The roles, and what stands between the messages. */
const frameTokens = 16;

/** The part of a prompt that is the same for many tickets: instructions, a tier's prompt and its context. */
type StaticPart = {
  /** Tells it from others, in a few characters: a hash. */
  key: string;
  tokens: Map<TokenFamily, number>;
};

/** Looked at once per configuration and purpose, and asked for with every call. */
const staticParts = new Map<string, StaticPart>();
const maxStaticParts = 200;

function staticPartOf(text: string): StaticPart {
  const known = staticParts.get(text);
  if (known !== undefined) return known;
  // Those of configurations that are gone.
  if (staticParts.size >= maxStaticParts) staticParts.clear();
  const key = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  const part = { key, tokens: new Map<TokenFamily, number>() };
  staticParts.set(text, part);
  return part;
}

/** The tokens of a text that is used again and again; each is counted once, however long it is. */
export function staticTokens(text: string, family: TokenFamily): number {
  const { tokens } = staticPartOf(text);
  const known = tokens.get(family) ?? estimateTokensOfFile(text, family);
  tokens.set(family, known);
  return known;
}

/** The same in all processes for the same instructions, and for no others. */
export function staticKey(text: string): string {
  return staticPartOf(text).key;
}

const schemaTokens = new WeakMap<Record<string, unknown>, string>();

/** One call asks several times: whether it fits, what to reserve, what it can cost. */
const lastCounts = new WeakMap<ChatRequest, { family: TokenFamily; tokens: number }>();

/** The whole prompt as this model would count it, never more than a tenth too low for ordinary text. */
export function promptTokens(request: ChatRequest, settings: Pick<ModelSettings, 'model'>): number {
  const family = tokenFamilyOf(settings.model);
  const last = lastCounts.get(request);
  if (last?.family === family) return last.tokens;
  const tokens = countTokens(request, family);
  lastCounts.set(request, { family, tokens });
  return tokens;
}

function countTokens(request: ChatRequest, family: TokenFamily): number {
  let schema = 0;
  if (request.json !== undefined) {
    const text = schemaTokens.get(request.json.schema) ?? JSON.stringify(request.json.schema);
    schemaTokens.set(request.json.schema, text);
    schema = staticTokens(text, family);
  }
  return staticTokens(request.system, family) + estimateTokens(request.user, family) + schema + frameTokens;
}

/** False where the prompt and the longest answer are more than the model can hold at once. */
export function fitsWindow(request: ChatRequest, settings: ModelSettings): boolean {
  if (settings.provider.api === 'house') return true;
  return promptTokens(request, settings) + outputLimit(request, settings) <= settings.contextTokens;
}
