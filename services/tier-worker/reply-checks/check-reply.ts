/** All checks of a reply before it may leave, and what becomes of one that fails. */
import type { Config } from '../../../shared/config/schema.ts';
import { hasInventedAmounts } from './amounts.ts';
import { isEmpty } from './empty.ts';
import { isSurelyRight, isWrongLanguage } from './language.ts';
import type { Detect } from './language.ts';
import { hasInventedLinks } from './links.ts';
import { hasPlaceholders } from './placeholders.ts';
import { hasPromptLeak } from './prompt-leak.ts';
import { hasUngroundedPromises } from './promises.ts';
import type { Reply } from './reply.ts';
import { hasSecrets } from './secrets.ts';

type Modes = Config['checks'];
export type CheckName = keyof Modes;

/** Worst first: the first that fails names the hand-off. */
const fails: Record<Exclude<CheckName, 'language'>, (reply: Reply) => boolean> = {
  secrets: hasSecrets,
  promptLeak: hasPromptLeak,
  empty: isEmpty,
  placeholders: hasPlaceholders,
  links: hasInventedLinks,
  amounts: hasInventedAmounts,
  promises: hasUngroundedPromises,
};

export type Checked = {
  /** `people`: it must not be seen, not even as a draft. `draft`: a person looks before it is sent. */
  verdict: 'fine' | 'draft' | 'people';
  /** What failed, the ones that decided first. */
  failed: CheckName[];
};

/** `detector` is asked for only where the reply's own words leave its language open. */
export async function checkReply(
  reply: Reply,
  modes: Modes,
  detector: () => Promise<Detect>,
): Promise<Checked> {
  const failed: CheckName[] = (Object.keys(fails) as (keyof typeof fails)[]).filter(
    (name) => modes[name] !== 'off' && fails[name](reply),
  );
  if (modes.language !== 'off' && !isSurelyRight(reply)) {
    if (isWrongLanguage(reply, reply.ticket.text, await detector())) failed.push('language');
  }
  const forPeople = failed.filter((name) => modes[name] === 'people');
  if (forPeople.length > 0) return { verdict: 'people', failed: forPeople };
  return { verdict: failed.length > 0 ? 'draft' : 'fine', failed };
}
