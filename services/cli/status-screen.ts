/** What `tierline status` prints. */
import type { StatusFinding } from '../../shared/status/findings.ts';
import type { StageStatus } from '../../shared/status/stages.ts';
import type { SystemStatus } from '../../shared/status/read-status.ts';
import { factLines } from './facts.ts';
import type { Fact } from './facts.ts';
import { ageText, agoText, bytesText, countText, plural, usdText } from './format.ts';
import { outputWidth, paint, print, printTable, typeable } from './output.ts';
import type { Cell, Style } from './table.ts';
import { safe, wrap } from './text.ts';

export function printStatus(status: SystemStatus, findings: readonly StatusFinding[]): void {
  const wrong = findings.filter(({ level }) => level === 'wrong').length;
  print(
    wrong === 0
      ? paint(['bold', 'green'], 'All is well.')
      : paint(['bold', 'red'], wrong === 1 ? 'One thing is wrong.' : `${wrong} things are wrong.`),
    '',
  );
  printStages(status.stages);
  print('', ...factLines(factsOf(status)));
  if (status.processes.length > 0) {
    print('');
    printProcesses(status);
  }
  for (const finding of findings) print('', ...findingLines(finding));
}

function printStages(stages: readonly StageStatus[]): void {
  printTable(
    [
      'stage',
      { head: 'waiting', align: 'right' },
      { head: 'backlog', align: 'right' },
      { head: 'parked', align: 'right' },
      { head: 'active', align: 'right' },
      { head: 'workers', align: 'right' },
      { head: 'oldest', align: 'right' },
      { head: 'slo', align: 'right' },
      '',
    ],
    stages.map((stage): Cell[] => {
      const { oldestAgeSeconds: age, sloSeconds: slo, slots } = stage;
      const waits = stage.waiting + stage.backlog + stage.parked > 0;
      return [
        { text: stage.tier ?? stage.queue, style: stage.tier === null ? 'dim' : null },
        amount(stage.waiting),
        amount(stage.backlog),
        amount(stage.parked),
        slots === null ? amount(stage.active) : `${countText(stage.active)}/${countText(slots)}`,
        { text: stage.workers, style: stage.workers === 0 && waits ? 'red' : null },
        {
          text: age === null ? '-' : ageText(age * 1000),
          style: age !== null && slo !== null ? ageStyle(age, slo) : null,
        },
        slo === null ? '' : ageText(slo * 1000),
        { text: stage.paused ? 'paused' : stage.backlogPaused ? 'backlog paused' : '', style: 'yellow' },
      ];
    }),
  );
}

/** Nothing is quieter than something. */
const amount = (count: number): Cell => ({ text: countText(count), style: count === 0 ? 'dim' : null });

function ageStyle(age: number, slo: number): Style {
  if (age > slo) return 'red';
  return age > slo / 2 ? 'yellow' : 'green';
}

function factsOf(status: SystemStatus): Fact[] {
  const { tickets, deadLetters, spend, redis } = status;
  const memory = redis.usedBytes === null ? '' : `, ${memoryText(redis)}`;
  const isSafe = redis.findings.length === 0;
  return [
    [
      'tickets',
      `${countText(tickets.open)} open, ${countText(tickets.leased)} being worked on, ${countText(tickets.parked)} parked`,
    ],
    ...breakerFacts(status, Date.parse(status.at)),
    [
      'dead letters',
      `${countText(deadLetters.held)} held, ${countText(deadLetters.handedOff24h)} handed to people in 24 h`,
      deadLetters.held > 0 ? 'red' : null,
    ],
    ['spend today', spendText(spend)],
    ['redis', `${redis.version}${memory}${isSafe ? '' : ', unsafe'}`, isSafe ? null : 'red'],
  ];
}

function breakerFacts({ breakers }: SystemStatus, now: number): Fact[] {
  if (breakers.length === 0) return [['breakers', 'all closed']];
  return breakers.map((gate, i) => [
    i === 0 ? 'breakers' : '',
    `${gate.model} ${gateText(gate, now)}`,
    gate.state === 'open' || gate.state === 'half-open' ? 'red' : 'yellow',
  ]);
}

function gateText(gate: SystemStatus['breakers'][number], now: number): string {
  const { state, forced, sinceMs, untilMs, quietUntilMs, cap, inFlight } = gate;
  if (forced !== null) return `is ${forced} by hand`;
  if (state === 'half-open') return 'is half open: its probe is out';
  if (state === 'open') {
    const since = sinceMs === null ? '' : ` for ${ageText(now - sinceMs)}`;
    const left = (untilMs ?? 0) - now;
    return `is open${since}, ${left > 0 ? `next probe in ${ageText(left)}` : 'the next call is its probe'}`;
  }
  if (quietUntilMs !== null) return `is left alone for ${ageText(quietUntilMs - now)}, as its provider asked`;
  return `is called with care: ${inFlight} of at most ${cap} at the same time`;
}

function spendText(spend: SystemStatus['spend']): string {
  const parts = [`${usdText(Number(spend.nanoUsd))} for ${plural(spend.calls, 'call')} (UTC)`];
  if (spend.unpricedCalls > 0) parts.push(`${countText(spend.unpricedCalls)} without a known cost`);
  if (spend.possiblyBilledCalls > 0)
    parts.push(`${countText(spend.possiblyBilledCalls)} possibly billed besides`);
  return parts.join(', ');
}

function memoryText({ usedBytes, maxBytes }: SystemStatus['redis']): string {
  const used = bytesText(usedBytes ?? 0);
  return maxBytes ? `${used} of ${bytesText(maxBytes)}` : `${used} used, no limit set`;
}

function printProcesses({ processes, configuration, at, stages }: SystemStatus): void {
  const now = Date.parse(at);
  const tiers = stages.filter(({ tier }) => tier !== null);
  printTable(
    ['process', { head: 'roles', shrinks: true }, 'up', 'configuration'],
    processes.map((one) => {
      const roles = one.roles.map((role) =>
        role === 'tier' && one.tiers.length < tiers.length ? `tier ${one.tiers.join('+')}` : role,
      );
      const differs = !configuration.agreed && one.config.version !== configuration.version;
      const refused = one.config.refused !== null;
      return [
        `${one.host} ${one.pid}`,
        roles.join(', '),
        ageText(now - Date.parse(one.startedAt)),
        {
          text: `${one.config.version}, ${agoText(now - Date.parse(one.config.since))}${refused ? ', refused a newer one' : ''}`,
          style: refused || differs ? 'red' : null,
        },
      ];
    }),
  );
}

/** The finding, and below it its cure, each within the terminal. */
function findingLines({ level, message, cure }: StatusFinding): string[] {
  const width = Math.min(outputWidth(), 100) - 2;
  const mark = level === 'wrong' ? paint('red', '✗ ') : paint('yellow', '! ');
  const [first = '', ...more] = wrap(safe(typeable(message)), width);
  return [
    mark + first,
    ...more.map((line) => `  ${line}`),
    ...wrap(safe(typeable(cure)), width).map((line) => `  ${paint('dim', line)}`),
  ];
}
