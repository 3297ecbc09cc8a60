/** `tierline doctor`: looks at everything that a system needs, and says what to do about what is wrong. */
import type { Command } from 'commander';
import { loadConfig } from '../../shared/config/load.ts';
import { usdNumber } from '../../shared/ledger/money.ts';
import { readEnvironment } from '../environment.ts';
import { configFileOf, lookForRedisUrl } from './context.ts';
import type { Check, Level } from './doctor/check.ts';
import { expectedCost, targetsOf } from './doctor/check-providers.ts';
import type { Target } from './doctor/check-providers.ts';
import { examine } from './doctor/examine.ts';
import type { Report } from './doctor/examine.ts';
import { withExample } from './example.ts';
import { plural, usdText } from './format.ts';
import { note, outputWidth, paint, print, printJson, suggestNext, typeable } from './output.ts';
import type { Style } from './table.ts';
import { pad, safe, wrap } from './text.ts';

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'checks keys, providers, models, prices, Redis, clocks, ports, files and destinations; ' +
        'makes one tiny call per configured model, and sends nothing to destinations',
    )
    .option('--no-calls', 'calls no provider: costs nothing, and does not try keys and model names')
    .option('--json', 'as JSON')
    .action(async (options: { calls: boolean; json?: boolean }) => {
      const environment = readEnvironment(process.env);
      const loaded = loadConfig({ file: configFileOf(command, environment), env: process.env });
      const redisUrl = await lookForRedisUrl(environment);
      const targets =
        options.calls && loaded.kind === 'loaded' ? targetsOf(loaded.config, loaded.written) : null;
      if (targets !== null && targets.length > 0) announceCalls(targets);
      const report = await examine({ environment, loaded, redisUrl, now: Date.now }, targets);
      const ok = report.checks.every(({ level }) => level !== 'fail');
      if (!ok) process.exitCode = 1;
      if (options.json) return printJson(asJson(ok, report));
      printReport(report);
      if (!ok) suggestNext(['doctor --no-calls', 'the same without calling any provider']);
      else
        suggestNext(
          ['status', 'the running system on one screen'],
          ['explain "Where is my order?"', 'what becomes of a ticket'],
        );
    });
  withExample(command, 'tierline doctor', 'tierline doctor --no-calls');
}

function announceCalls(targets: readonly Target[]): void {
  const cost = expectedCost(targets, Date.now());
  const price = cost === null ? 'their cost is not known' : `about ${usdText(cost)} in all`;
  note(
    `This makes one tiny call to ${targets.length === 1 ? '1 model' : `each of ${targets.length} models`} (${price}); --no-calls leaves that out.\n`,
  );
}

const asJson = (ok: boolean, { checks, calls, nanoUsd }: Report) => ({
  ok,
  checks,
  calls,
  costUsd: nanoUsd === null ? null : usdNumber(nanoUsd),
});

const styles: Record<Level, Style> = { ok: 'green', note: 'dim', warn: 'yellow', fail: ['bold', 'red'] };
const levelWidth = 4;
const gap = 2;

function printReport({ checks, calls, nanoUsd }: Report): void {
  const nameWidth = Math.max(...checks.map(({ check }) => check.length));
  for (const check of checks) print(...checkLines(check, nameWidth));
  const count = (level: Level): number => checks.filter((check) => check.level === level).length;
  const parts = [`${count('ok')} ok`];
  if (count('warn') > 0) parts.push(plural(count('warn'), 'warning'));
  if (count('fail') > 0) parts.push(plural(count('fail'), 'failure'));
  const cost = nanoUsd === null ? 'a cost that is not known' : usdText(nanoUsd);
  note(`\n${parts.join(', ')}${calls > 0 ? `; ${plural(calls, 'call')} for ${cost}` : ''}`);
}

/** On a terminal the cure gets lines of its own; in a pipe a check is one line. */
function checkLines({ level, check, ...told }: Check, nameWidth: number): string[] {
  const message = safe(told.message);
  const cure = told.cure === null ? null : safe(typeable(told.cure));
  const head = `${paint(styles[level], pad(level, levelWidth))}${' '.repeat(gap)}${pad(check, nameWidth)}${' '.repeat(gap)}`;
  const indent = levelWidth + nameWidth + 2 * gap;
  const width = Math.min(outputWidth(), 120) - indent;
  if (outputWidth() === Infinity) {
    return [`${head}${message}${cure === null ? '' : `. ${cure}`}`];
  }
  const [first = '', ...more] = wrap(message, width);
  const cures = cure === null ? [] : wrap(cure, width).map((line) => paint('dim', line));
  return [head + first, ...[...more, ...cures].map((line) => ' '.repeat(indent) + line)];
}
