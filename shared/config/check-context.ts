/** Whether what a tier's models are given fits into them: context, prompts, the largest ticket, and the answer. */
import { basename } from 'node:path';
import { knownWindow } from '../models/context-windows.ts';
import { staticTokens } from '../models/prompt-tokens.ts';
import { tokenFamilyOf } from '../models/token-weights.ts';
import { maxArticleTokens, maxInstructionTokens, maxTicketTokens } from '../prompt-limits.ts';
import { presetOf, traitsOf } from './presets.ts';
import type { Finding, Path } from './problem.ts';
import { isHouse } from './resolve.ts';
import type { Config } from './schema.ts';
import { modelDefaults } from './schema-models.ts';

/** The text of a file, or null where it cannot be read as one. */
export type FileText = (path: string) => string | null;

/** `path` leads to the list of models; `tiers` are those whose tickets they may get. */
type Chain = { path: Path; tiers: readonly string[]; models: readonly string[] };

export type ContextFindings = { problems: Finding[]; warnings: Finding[] };

/** A guess may be this much too high, so that nothing is refused that could fit into a window of which nothing is known. */
const surely = 1 / 1.3;

/**
 * Every chain that leads to a tier. A tier with context files needs models that hold them beside the largest ticket; one
 * without may have small models too, for tickets that are too long for one go to the next.
 */
export function checkContext(config: Config, fileText: FileText): ContextFindings {
  const names = Object.keys(config.tiers);
  const chains: Chain[] = [
    ...names.map((name) => ({
      path: ['tiers', name, 'models'],
      tiers: [name],
      models: config.tiers[name]!.models,
    })),
    ...config.routes.flatMap(({ tier, models }, index): Chain[] => {
      if (models === undefined) return [];
      const tiers = tier === undefined ? names : names.filter((name) => name === tier);
      return [{ path: ['routes', index, 'models'], tiers, models }];
    }),
  ];
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  for (const chain of chains) {
    for (const [index, model] of chain.models.entries()) {
      if (config.models[model] === undefined || isHouse(config, model)) continue;
      const path = [...chain.path, index];
      const found = chain.tiers
        .map((tier) => needs(config, { tier, model }, fileText))
        .find((one) => isTooMuch(one));
      if (found === undefined) continue;
      const isFatal =
        found.files.length > 0 ? !found.isGuess || isTooMuch(found, surely) : cannotAnswer(found);
      (isFatal ? problems : warnings).push({ path, message: isFatal ? refusal(found) : warning(found) });
    }
  }
  return { problems, warnings };
}

/** What a call of this model for this tier may need, in tokens as they are estimated for it. */
type Needs = {
  tier: string;
  model: string;
  files: string[];
  fileTokens: number;
  articleTokens: number;
  answerTokens: number;
  window: number;
  /** The window is the general default: nothing is known of this model, and the file says nothing. */
  isGuess: boolean;
};

function needs(config: Config, { tier, model }: { tier: string; model: string }, fileText: FileText): Needs {
  const { context, prompt } = config.tiers[tier]!;
  const settings = config.models[model]!;
  const provider = config.providers[settings.provider];
  const thinking = provider === undefined ? 0 : traitsOf(presetOf(provider), settings.model).thinkingTokens;
  const family = tokenFamilyOf(settings.model);
  const files = prompt === null ? context : [...context, prompt];
  return {
    tier,
    model,
    files: context,
    fileTokens: files.reduce((sum, file) => sum + staticTokens(fileText(file) ?? '', family), 0),
    articleTokens: config.knowledge === null ? 0 : maxArticleTokens,
    answerTokens: settings.maxOutputTokens + (settings.thinkingTokens ?? thinking),
    window: settings.contextTokens,
    isGuess: settings.contextTokens === modelDefaults.contextTokens && knownWindow(settings.model) === null,
  };
}

function isTooMuch(found: Needs, share = 1): boolean {
  const { fileTokens, articleTokens, answerTokens } = found;
  const prompt = fileTokens + articleTokens + maxInstructionTokens + maxTicketTokens;
  return prompt * share + answerTokens > found.window;
}

const ordinaryTicketTokens = 1000;

/** Not even an ordinary ticket fits. */
function cannotAnswer({ fileTokens, answerTokens, window }: Needs): boolean {
  return fileTokens + maxInstructionTokens + ordinaryTicketTokens + answerTokens > window;
}

function refusal(found: Needs): string {
  const { model, files, answerTokens, window, isGuess } = found;
  const hasContext = files.length > 0;
  const ticket = hasContext ? maxTicketTokens : ordinaryTicketTokens;
  const articles = hasContext ? found.articleTokens : 0;
  const names = files.map((file) => basename(file)).join(', ');
  const parts = [
    ...(hasContext ? [`${found.fileTokens} tokens of context and prompt (${names})`] : []),
    ...(!hasContext && found.fileTokens > 0 ? [`${found.fileTokens} tokens of prompt`] : []),
    `${maxInstructionTokens} of instructions`,
    `${ticket} for ${hasContext ? 'the longest' : 'an ordinary'} ticket`,
    ...(articles > 0 ? [`${articles} for articles`] : []),
    `${answerTokens} for the answer`,
  ];
  const sum = found.fileTokens + maxInstructionTokens + ticket + articles + answerTokens;
  return (
    `the prompt of tier "${found.tier}" does not fit into model "${model}": ${list(parts)} are ${sum}, and its contextTokens are ${window}` +
    (isGuess ? ' (a default, for nothing is known of this model)' : '') +
    `. ${found.fileTokens > 0 ? 'Shorten the files, take' : 'Take'} the model out of this chain, or set its contextTokens if more fits into it`
  );
}

function warning(found: Needs): string {
  const { model, window, files, tier } = found;
  if (files.length > 0) {
    return (
      `the context of tier "${tier}" (about ${found.fileTokens} tokens) may not fit into model "${model}" beside a long ticket: ` +
      `nothing is known of its window; set its contextTokens (${window} is assumed)`
    );
  }
  return (
    `the longest tickets (${maxTicketTokens} tokens) do not fit into the contextTokens ${window} of model "${model}": ` +
    'the next model of this chain answers them, and where there is none, people'
  );
}

function list(parts: string[]): string {
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
}
