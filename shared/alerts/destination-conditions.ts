/** Destinations that get nothing now. Pure. */
import type { DestinationStanding } from '../destinations/standing.ts';
import type { Condition } from './condition.ts';

/** A short trouble of a receiver mends itself: its deliveries wait, and one tries from time to time. */
const failingAfterMs = 60_000;

export function conditionsOfDestinations(
  standings: readonly DestinationStanding[],
  nowMs: number,
): Condition[] {
  return standings.flatMap(({ destination, standing, sinceMs }): Condition[] => {
    if (standing === 'disabled') {
      return [
        {
          kind: 'destination_disabled',
          subject: destination,
          severity: 'critical',
          title: `Destination ${destination} wants no more: it answered 410`,
          text: `Nothing is sent there any more; its answers end dead, and are kept. Once it takes them again: \`tierline deliveries enable ${destination}\`, then \`tierline deliveries recover --destination ${destination} --since 1d\`. Other settings of it enable it too.`,
          sinceMs,
        },
      ];
    }
    if (nowMs - sinceMs < failingAfterMs) return [];
    return [
      {
        kind: 'destination_failing',
        subject: destination,
        severity: 'warning',
        title: `Nothing gets through to destination ${destination}`,
        text: `Its deliveries wait, and one of them tries from time to time, at most five minutes apart; the others go on by themselves once it gets through. \`tierline deliveries list --destination ${destination} --state retrying\` says what went wrong.`,
        sinceMs,
      },
    ];
  });
}
