/** `tierline breakers`: how each model's gate stands; and opening or closing it by hand, in all processes. */
import type { Command } from 'commander';
import { gateReason, probeText } from '../../shared/models/gate-text.ts';
import { readGates } from '../../shared/models/gate-state.ts';
import type { GateStatus } from '../../shared/models/gate-state.ts';
import { accountBase, forceBreaker } from '../../shared/models/gate.ts';
import { redisTime } from '../../shared/redis.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { ageText } from './format.ts';
import { note, printJson, printTable, suggestNext } from './output.ts';
import type { Cell, Style } from './table.ts';
import { requireName } from './usage.ts';

export function addBreakersCommands(program: Command): void {
  const breakers = program
    .command('breakers')
    .description('which models are called and which are left alone, since when and why; or forces them')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withApp(breakers, async (app) => {
        const [gates, now] = await Promise.all([readGates(app), redisTime(app.redis)]);
        if (options.json) return printJson({ breakers: gates });
        printGates(gates, now);
        const forced = gates.find((gate) => gate.forced !== null);
        const open = gates.find(({ state }) => state === 'open' || state === 'half-open');
        if (forced) suggestNext([`breakers auto ${forced.model}`, 'leaves it to itself again']);
        else if (open) suggestNext(['doctor', 'calls each provider now, and names the fault']);
        else suggestNext(['breakers open <model>', 'takes a model out by hand']);
      }),
    );
  withExample(breakers, 'tierline breakers', 'tierline breakers open large', 'tierline breakers auto large');
  addForce(
    breakers,
    'open',
    'leaves a model alone: the next one of each chain answers, until `breakers auto`',
  );
  addForce(breakers, 'close', 'calls a model whatever happens, until `breakers auto`; its limits still hold');
  addForce(breakers, 'auto', 'leaves a breaker to itself again');
}

function printGates(gates: readonly GateStatus[], now: number): void {
  if (gates.length === 0) return note('No model of this configuration has a breaker.');
  printTable(
    [
      'model',
      { head: 'provider', optional: true },
      'state',
      { head: 'since', align: 'right' },
      { head: 'until' },
      { head: 'in flight', align: 'right' },
      { head: 'rate', align: 'right' },
      { head: 'why', shrinks: true },
    ],
    gates.map((gate): Cell[] => [
      gate.model,
      gate.provider,
      { text: stateText(gate), style: styleOf(gate) },
      gate.sinceMs === null ? '' : ageText(Math.max(0, now - gate.sinceMs)),
      untilText(gate, now),
      gate.cap === null ? '' : `${gate.inFlight}/${gate.cap}`,
      gate.rateShare < 0.995 ? `${Math.round(gate.rateShare * 100)} %` : '',
      gateReason(gate),
    ]),
  );
}

const stateText = ({ state, forced }: GateStatus): string => (forced === null ? state : `${state} (forced)`);

function styleOf({ state, forced }: GateStatus): Style {
  if (state === 'open' || state === 'half-open') return 'red';
  return state === 'limited' || forced !== null ? 'yellow' : 'green';
}

function untilText({ state, forced, untilMs, quietUntilMs }: GateStatus, now: number): string {
  if (forced !== null) return '';
  if (state === 'half-open') return 'the probe is out';
  if (state === 'open') return probeText(untilMs ?? 0, now);
  return quietUntilMs === null ? '' : `left alone for ${ageText(quietUntilMs - now)}`;
}

const stateOf = { open: 'open', close: 'closed', auto: 'auto' } as const;

function addForce(breakers: Command, verb: keyof typeof stateOf, description: string): void {
  const command = breakers
    .command(verb)
    .description(description)
    .argument('<model>', 'a name under models')
    .option('--json', 'as JSON')
    .action((model: string) =>
      withApp(command, async (app) => {
        const gates = await readGates(app);
        requireName(
          'model',
          model,
          gates.map((gate) => gate.model),
        );
        const { provider } = gates.find((gate) => gate.model === model)!;
        const base = accountBase(app.prefix, provider);
        await forceBreaker(app.redis, { base, model }, stateOf[verb]);
        const gate = (await readGates(app)).find((one) => one.model === model)!;
        // `breakers` itself knows the option too, and takes it first.
        if (command.optsWithGlobals<{ json?: boolean }>().json) return printJson(gate);
        note(saidOf(verb, gate));
        if (verb === 'auto') suggestNext(['breakers', 'how all of them stand']);
        else suggestNext([`breakers auto ${model}`, 'leaves it to itself again']);
      }),
    );
  withExample(command, `tierline breakers ${verb} large`);
}

function saidOf(verb: keyof typeof stateOf, { model, state }: GateStatus): string {
  if (verb === 'auto') return `The breaker of ${model} is left to itself again; it is ${state} now.`;
  if (verb === 'close') {
    return `${model} is called from now on, in every process within two seconds, even where its calls fail.`;
  }
  return `${model} is not called any more, in any process; calls that are running end. Tickets whose chain has no other model wait.`;
}
