/** When changed files are taken up: not while they are being written, and not never. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isSame } from '../config/inputs.ts';
import type { Contents, Inputs } from '../config/inputs.ts';
import type { RuntimeParts } from '../runtime.ts';
import type { Outcome, Standing } from './standing.ts';
import { take } from './take.ts';
import type { Look } from './take.ts';

/** Looks at the same new contents before they are taken: whoever writes in pieces is not interrupted. */
const looksToTake = 2;
/** And before they are called wrong. */
const looksToRefuse = 3;
const restMs = 100;
const longestRestMs = 3000;

export type Watch = {
  /** To be called again and again; what became of what was seen, null where nothing did yet. */
  look: () => Outcome | null;
  /** As soon as two looks, a moment apart, see the same. */
  attemptAtRest: () => Promise<Outcome>;
};

export function createWatch(standing: Standing, parts: RuntimeParts, look: Look): Watch {
  // Of the last files that were taken or refused.
  let watched: { inputs: Inputs; contents: Contents } = standing.running();
  let sight: { contents: Contents; times: number } | null = null;

  /** null: not now. */
  const attempt = (mayRefuse: boolean): Outcome | null => {
    const taking = take(standing.running(), parts, look);
    if (taking.kind === 'moved' || (taking.kind === 'refused' && !mayRefuse)) return null;
    sight = null;
    if (taking.kind === 'same') {
      watched = standing.running();
      return standing.confirm();
    }
    watched = taking;
    return taking.kind === 'refused' ? standing.refuse(taking.problems) : standing.replace(taking);
  };
  return {
    look(): Outcome | null {
      const seen = look(watched.inputs);
      if (isSame(seen, watched.contents)) {
        sight = null;
        return null;
      }
      const times = sight !== null && isSame(seen, sight.contents) ? sight.times + 1 : 1;
      sight = { contents: seen, times };
      return times < looksToTake ? null : attempt(times >= looksToRefuse);
    },
    async attemptAtRest(): Promise<Outcome> {
      const giveUpAt = parts.now() + longestRestMs;
      while (parts.now() < giveUpAt) {
        const seen = look(watched.inputs);
        await sleep(restMs);
        const outcome = isSame(look(watched.inputs), seen) ? attempt(true) : null;
        if (outcome !== null) return outcome;
      }
      return standing.refuse([
        'the files changed again and again while they were read; ask again when they rest',
      ]);
    },
  };
}
