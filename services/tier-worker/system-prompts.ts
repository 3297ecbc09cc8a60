import type { Runtime } from '../../shared/runtime.ts';
import { systemPrompt } from './prompt.ts';

const built = new WeakMap<Runtime, Map<string, string>>();

/** A tier's system prompt: the same string for every ticket of the tier, built once per configuration. */
export function systemPromptOf(runtime: Runtime, tier: string): string {
  let prompts = built.get(runtime);
  if (!prompts) {
    prompts = new Map();
    built.set(runtime, prompts);
  }
  let prompt = prompts.get(tier);
  if (prompt === undefined) {
    prompt = systemPrompt(runtime.tierTexts.get(tier) ?? { prompt: null, context: [] });
    prompts.set(tier, prompt);
  }
  return prompt;
}
