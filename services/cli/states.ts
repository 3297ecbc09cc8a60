/** The states of tickets: which there are, and how they are coloured. */
import { ends } from '../../shared/ticket.ts';
import type { End } from '../../shared/ticket.ts';
import type { Style } from './table.ts';

export const openStates = ['queued', 'classifying', 'answering', 'parked', 'delivering'] as const;
/** What `--state` takes; `open` stands for all that have not ended. */
export const askedStates: readonly string[] = ['open', ...openStates, ...ends];

export const isEnd = (state: string): state is End => (ends as readonly string[]).includes(state);

const styles = new Map<string, Style>([
  ['delivered', 'green'],
  ['drafted', 'green'],
  ['handed_off', 'yellow'],
  ['parked', 'yellow'],
  ['dead', 'red'],
  ['failed', 'red'],
  ['cancelled', 'dim'],
  ['superseded', 'dim'],
  ['skipped', 'dim'],
  ['purged', 'dim'],
]);

export const stateStyle = (state: string): Style | null => styles.get(state) ?? null;
