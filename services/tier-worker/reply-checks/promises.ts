/** Refunds, gifts, guarantees and deadlines that the material does not know of. */
import { aboutDeadline, deadline, deadlineBehind, negation, promises } from './promise-phrases.ts';
import type { Promised } from './promise-phrases.ts';
import { factOf, isGiven, says } from './reply.ts';
import type { Reply } from './reply.ts';
import { spansWithPlace } from './spans-in.ts';

/** Of one kind in one reply; no honest one has as many. */
const maxLookedAt = 50;

export function hasUngroundedPromises(reply: Reply): boolean {
  const lower = reply.text.toLowerCase();
  return (
    promises.some((promise) => promise.about.test(lower) && isMade(reply, promise)) ||
    hasInventedDeadline(reply, lower)
  );
}

function isMade(reply: Reply, { said, supported }: Promised): boolean {
  const { text, material } = reply;
  for (const match of text.matchAll(said).take(maxLookedAt)) {
    if (isNegated(text, match.index, match[0].length)) continue;
    const isGrounded =
      supported === null ? isGiven(reply, match[0]) : material.some((given) => says(given, supported));
    if (!isGrounded) return true;
  }
  return false;
}

const isEnd = /[.!?。！？\n;]/u;
const reach = 200;

/** By something else in its sentence: "at no cost" is no negation of itself. */
function isNegated(text: string, at: number, length: number): boolean {
  let from = at;
  while (from > 0 && at - from < reach && !isEnd.test(text[from - 1] ?? '')) from -= 1;
  const behind = at + length;
  let to = behind;
  while (to < text.length && to - behind < reach && !isEnd.test(text[to] ?? '')) to += 1;
  return negation.test(`${text.slice(from, at)} ${text.slice(behind, to)}`);
}

function hasInventedDeadline(reply: Reply, lower: string): boolean {
  const { text, ticket, material } = reply;
  const isKnown = (span: string): boolean =>
    [ticket, ...material].some((given) => factOf(given, 'spans').has(span));
  const found = aboutDeadline.test(lower) ? text.matchAll(deadline).take(maxLookedAt) : [];
  for (const { index, 0: preposition } of found) {
    const from = index + preposition.length;
    // One span at the place itself; those behind it are spoken of in another way.
    const [first, ...others] = spansWithPlace(text.slice(from, from + 60));
    if (first === undefined || first.at > 8 || isNegated(text, index, 0)) continue;
    const ends = [first.span, ...others.filter(({ at }) => at === first.at).map(({ span }) => span)];
    if (!ends.some(isKnown)) return true;
  }
  if (!/[内內]|이내|안에/u.test(text)) return false;
  return spansWithPlace(text).some(
    ({ span, end }) => deadlineBehind.test(text.slice(end, end + 4)) && !isKnown(span),
  );
}
