/** Looks at the running demo again and again: shows how things stand, and tells when a breaker opens or closes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { observe } from './observe.ts';
import type { Snapshot } from './observe.ts';
import type { Screen } from './screen.ts';
import type { Play, Say } from './story.ts';

const lookEveryMs = 200;

/** Watches while `work` runs, and once more afterwards. */
export async function watched(
  it: Play,
  screen: Screen,
  startedAt: number,
  work: Promise<void>,
): Promise<void> {
  const over = new AbortController();
  let before: Snapshot | null = null;
  let shownAt = -Infinity;
  const look = async (isLast: boolean): Promise<void> => {
    const snapshot = await observe(it, startedAt);
    tellBreakers(before, snapshot, it.say);
    before = snapshot;
    if (!isLast && snapshot.elapsedMs - shownAt < screen.everyMs) return;
    shownAt = snapshot.elapsedMs;
    screen.show(snapshot);
  };
  const looking = (async () => {
    while (!over.signal.aborted) {
      // A look that fails is not worth more than the next one.
      await look(false).catch(() => undefined);
      await sleep(lookEveryMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  try {
    await work;
  } finally {
    over.abort();
    await looking;
  }
  await look(true);
}

function tellBreakers(before: Snapshot | null, now: Snapshot, say: Say): void {
  if (before === null) return;
  const closedBefore = closedModels(before);
  const closedNow = closedModels(now);
  const opened = [...closedBefore].filter((model) => !closedNow.has(model));
  const closed = [...closedNow].filter((model) => !closedBefore.has(model));
  if (opened.length > 0)
    say(`Breaker open: ${opened.join(', ')}. No more calls to it; the next model answers.`, 'bad');
  if (closed.length > 0) say(`Breaker closed: ${closed.join(', ')}. Its trial call was answered.`, 'good');
}

const closedModels = ({ providers }: Snapshot): Set<string> =>
  new Set(
    providers.flatMap(({ models }) =>
      models.filter(({ state }) => state === 'closed').map(({ name }) => name),
    ),
  );
