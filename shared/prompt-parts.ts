/** What the prompts of a configuration are made of besides its tickets: the tiers' texts and the knowledge base. */
import { readFileSync } from 'node:fs';
import type { Config } from './config/schema.ts';
import { contextFiles } from './context-files.ts';
import type { ContextFile } from './context-files.ts';
import { loadKnowledge } from './knowledge/load-knowledge.ts';
import type { Knowledge } from './knowledge/load-knowledge.ts';

export type PromptParts = {
  /** Instructions and context files of each tier, read when the configuration was loaded. */
  tierTexts: Map<string, { prompt: string | null; context: ContextFile[] }>;
  /** Empty where no folder is configured. */
  knowledge: Knowledge;
};

/** A house without articles has no answers. */
const noKnowledge: Knowledge = { versions: new Map(), indexes: new Map(), answersTo: new Map() };

/** Throws TierlineError for an unreadable article. */
export function readPromptParts(config: Config): PromptParts {
  const tiers = Object.entries(config.tiers);
  return {
    tierTexts: new Map(tiers.map(([name, tier]) => [name, textsOf(tier)])),
    knowledge: config.knowledge ? loadKnowledge(config.knowledge.folder) : noKnowledge,
  };
}

function textsOf(tier: Config['tiers'][string]): { prompt: string | null; context: ContextFile[] } {
  return {
    prompt: tier.prompt === null ? null : readFileSync(tier.prompt, 'utf8'),
    context: contextFiles(tier.context.map((path) => ({ path, text: readFileSync(path, 'utf8') }))),
  };
}
