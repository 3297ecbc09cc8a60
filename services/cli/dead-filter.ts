/** Which dead letters a command means. */
import type { Command } from 'commander';
import type { App } from '../../shared/app.ts';
import { groupDeadLetters } from '../../shared/dead-letters.ts';
import type { DeadLetterFilter } from '../../shared/dead-letters.ts';
import { parseSpan, requireName, usageError } from './usage.ts';

export type FilterOptions = {
  cause?: string;
  tier?: string;
  queue?: string;
  state?: string;
  since?: string;
};

const states = ['dead', 'handed_off'] as const;

export function addFilterOptions(command: Command): Command {
  return command
    .option('--cause <cause>', 'with this cause, as `tierline dead list` shows it')
    .option('--tier <name>', 'of this tier')
    .option('--queue <queue>', 'of this stage, such as classify, tier.simple or deliver')
    .option('--state <state>', 'dead: held, nobody was told; or handed_off')
    .option('--since <span>', 'given up in the last 12h, 7d …');
}

export function filterOf(options: FilterOptions, nowMs: number): DeadLetterFilter {
  const { cause, tier, queue, since } = options;
  if (options.state !== undefined) requireName('state', options.state, states);
  return {
    cause,
    tier,
    queue,
    state: states.find((state) => state === options.state),
    sinceMs: since === undefined ? undefined : nowMs - parseSpan('--since', since),
  };
}

export const isFiltered = ({ cause, tier, queue, state, since }: FilterOptions): boolean =>
  [cause, tier, queue, state, since].some((value) => value !== undefined);

/** Where nothing fits, the name is more often misspelt than the cause gone. */
export async function requireKnown(app: App, { cause, tier, queue }: DeadLetterFilter): Promise<void> {
  const groups = await groupDeadLetters(app);
  const tiers = [...Object.keys(app.runtime().config.tiers), ...groups.flatMap((group) => group.tier ?? [])];
  const stages = ['classify', 'deliver', ...tiers.map((name) => `tier.${name}`)];
  const queues = [...stages, ...stages.map((name) => `${name}.dead`), ...groups.map((group) => group.queue)];
  if (tier !== undefined) requireName('tier', tier, [...new Set(tiers)]);
  if (queue !== undefined && !queues.includes(queue)) requireName('queue', queue, [...new Set(stages)]);
  if (cause !== undefined && groups.length > 0) {
    requireName('cause', cause, [...new Set(groups.map((group) => group.cause))]);
  }
}

/** Ids, or a filter, not both. */
export function refuseBoth(ids: readonly string[], options: FilterOptions): void {
  if (ids.length > 0 && isFiltered(options)) throw usageError('Name tickets, or filter them; not both.');
}
