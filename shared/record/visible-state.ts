/** The state that people and programs see, from the record's own. */
import type { State } from '../stages.ts';

const names: Record<State, string> = {
  classify: 'queued',
  answer: 'answering',
  deliver: 'delivering',
  dead_letter: 'delivering',
};

/** `facts` may be left out where only the stored state is at hand. Ends are shown as they are. */
export function visibleState(
  stored: string,
  facts: { leased?: boolean; parkedUntil?: number | null; now?: number } = {},
): string {
  const name = names[stored as State];
  if (name === undefined) return stored;
  if (facts.parkedUntil && facts.parkedUntil > (facts.now ?? 0)) return 'parked';
  return stored === 'classify' && facts.leased ? 'classifying' : name;
}
