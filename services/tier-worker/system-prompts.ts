import type { PromptParts } from '../../shared/prompt-parts.ts';
import { contextPieces } from './pieces.ts';
import type { Piece } from './pieces.ts';
import { systemPrompt } from './prompt.ts';
import type { Text } from './reply-checks/reply.ts';

export type TierPrompt = {
  system: string;
  /** The context files in it. */
  context: Piece[];
  /** What replies of the tier may rest on: the context files and the operator's own instructions. */
  material: Text[];
};

const built = new WeakMap<PromptParts, Map<string, TierPrompt>>();

/** A tier's system prompt: the same string for every ticket of the tier, built once per configuration. */
export function tierPromptOf(parts: PromptParts, tier: string): TierPrompt {
  let prompts = built.get(parts);
  if (!prompts) {
    prompts = new Map();
    built.set(parts, prompts);
  }
  let prompt = prompts.get(tier);
  if (prompt === undefined) {
    prompt = build(parts, tier);
    prompts.set(tier, prompt);
  }
  return prompt;
}

function build(parts: PromptParts, tier: string): TierPrompt {
  const texts = parts.tierTexts.get(tier) ?? { prompt: null, context: [] };
  const context = contextPieces(texts.context);
  const isCited = context.length > 0 || parts.knowledge.versions.size > 0;
  const material: Text[] = texts.prompt === null ? context : [...context, { text: texts.prompt }];
  return { system: systemPrompt({ prompt: texts.prompt, context, isCited }), context, material };
}
