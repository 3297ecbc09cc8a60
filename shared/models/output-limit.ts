/** How many tokens a call may bring forth. */
import type { ChatRequest, ModelSettings } from './chat.ts';

/** Thinking counts against the limit of every API, and comes first: without room of its own it would eat the answer. */
export function outputLimit(request: ChatRequest, settings: ModelSettings): number {
  return Math.min(request.maxOutputTokens, settings.maxOutputTokens) + settings.thinkingTokens;
}
