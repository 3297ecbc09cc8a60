/** Waiting on a condition, with an end to the patience. */
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 50;

/**
 * Asks `isTrue` again and again. Where it does not come true within `withinMs`, throws an error that begins with `what` and
 * says what `explain` finds.
 */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  patience: { withinMs: number; explain?: () => string | Promise<string> },
): Promise<void> {
  const deadline = Date.now() + patience.withinMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) {
      const found = patience.explain === undefined ? '' : `\n${await patience.explain()}`;
      throw new Error(`not within ${patience.withinMs / 1000} s: ${what}${found}`);
    }
    await sleep(pollMs);
  }
}
