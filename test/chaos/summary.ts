/** What a run came to: as one object, and as a table for people. */
import type { ChaosOutcome } from './chaos.ts';
import { faultKinds } from './faults.ts';
import type { Seen } from './invariants.ts';

export type Summary = {
  seed: number;
  seconds: number;
  control: string | null;
  faults: Record<string, number>;
  tickets: number;
  ends: Record<string, number>;
  /** Calls that models answered, and how many of them beyond the one that a ticket's step needs. */
  calls: number;
  extraCalls: number;
  possiblyBilledCalls: number;
  deliveries: number;
  /** Deliveries that came again, under the same id and with the same bytes. */
  repeatedDeliveries: number;
  stormMs: number;
  quietMs: number | null;
  stuck: string | null;
  violations: string[];
  evidence: string[];
  repeatWith: string;
};

export function summaryOf(outcome: ChaosOutcome): Summary {
  const { options, seen, counts, stormMs, quietMs, stuck, violations, evidence } = outcome;
  const { seed, seconds, control, kinds } = options;
  const less = [
    ...(kinds.length === faultKinds.length ? [] : [`--faults ${kinds.join(',')}`]),
    ...(control === null ? [] : [`--control ${control}`]),
  ];
  const served = seen.calls.filter(({ text }) => text !== null);
  const needed = new Set(served.map(({ marker, purpose }) => `${purpose} ${marker}`)).size;
  const replies = new Set(seen.deliveries.map(({ webhookId }) => webhookId)).size;
  return {
    seed,
    seconds,
    control,
    faults: Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b))),
    tickets: seen.tickets.length,
    ends: endsOf(seen),
    calls: served.length,
    extraCalls: served.length - needed,
    possiblyBilledCalls: seen.costs.possiblyBilledCalls,
    deliveries: seen.deliveries.length,
    repeatedDeliveries: seen.deliveries.length - replies,
    stormMs,
    quietMs,
    stuck,
    violations,
    evidence,
    repeatWith: ['npm run chaos --', `--seconds ${seconds} --seed ${seed}`, ...less].join(' '),
  };
}

function endsOf({ tickets }: Seen): Record<string, number> {
  const byState = Map.groupBy(tickets, ({ record }) => record?.['st'] ?? 'no record');
  return Object.fromEntries([...byState].map(([state, { length }]) => [state, length]));
}

const seconds = (ms: number | null): string => (ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`);

export function tableOf(summary: Summary): string {
  const ends = Object.entries(summary.ends).map(([state, count]) => `${count} ${state}`);
  const rows: [string, string | number][] = [
    ...Object.entries(summary.faults),
    ['', ''],
    ['tickets', `${summary.tickets}: ${ends.join(', ')}`],
    ['model calls answered', `${summary.calls}, ${summary.extraCalls} of them extra`],
    ['calls possibly billed', summary.possiblyBilledCalls],
    ['deliveries', `${summary.deliveries}, ${summary.repeatedDeliveries} of them repetitions`],
    ['storm', seconds(summary.stormMs)],
    ['quiet after', seconds(summary.quietMs)],
    ['violations', summary.violations.length],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()),
    ...(summary.stuck === null ? [] : ['', summary.stuck]),
    ...(summary.violations.length === 0 ? [] : ['', ...summary.violations, '', ...summary.evidence]),
    '',
    `the same plan again: ${summary.repeatWith}`,
  ].join('\n');
}
