/** All that is wrong now, from what all processes share. */
import type { App } from '../app.ts';
import { readGates } from '../models/gate-state.ts';
import { listProcesses } from '../processes/list.ts';
import type { ProcessInfo } from '../processes/list.ts';
import type { Condition, Observed } from './condition.ts';
import { deadLetterConditions } from './dead-letter-conditions.ts';
import { deadlineConditions } from './deadline-conditions.ts';
import { createStandings } from '../destinations/standing.ts';
import { conditionsOfDestinations } from './destination-conditions.ts';
import { conditionsOfGates } from './gate-conditions.ts';

/** `nowMs` by Redis' clock. */
export async function observe(app: App, nowMs: number): Promise<Observed> {
  const { config } = app.runtime();
  const [gates, processes, deadLetters, deadlines, standings] = await Promise.all([
    readGates(app),
    listProcesses(app.redis, app.prefix),
    deadLetterConditions(app, nowMs),
    deadlineConditions(app, nowMs),
    createStandings(app.redis, app.prefix).of(config, nowMs),
  ]);
  const observed = conditionsOfGates(config, gates, nowMs);
  const destinations = conditionsOfDestinations(standings, nowMs);
  const others = [...deadLetters, ...deadlines, ...destinations, ...refusedConfiguration(processes)];
  return { ...observed, conditions: [...observed.conditions, ...others] };
}

function refusedConfiguration(processes: readonly ProcessInfo[]): Condition[] {
  const refusals = processes.flatMap(({ config }) => config.refused ?? []);
  const first = refusals.sort((one, other) => one.at.localeCompare(other.at))[0];
  if (first === undefined) return [];
  return [
    {
      kind: 'configuration_refused',
      subject: 'configuration',
      severity: 'warning',
      title: 'A changed configuration was refused; the last good one runs on',
      text: `${first.problems[0] ?? 'It cannot be read.'} Mend the file, or put the old one back: \`tierline config check\` shows every problem.`,
      sinceMs: Date.parse(first.at),
    },
  ];
}
