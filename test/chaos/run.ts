/** `npm run chaos`: a storm, quiet, and what is wrong afterwards. docs/decisions/0012-chaos.md says what happens in it. */
import { parseArgs } from 'node:util';
import { controls, runChaos } from './chaos.ts';
import type { ChaosOptions } from './chaos.ts';
import { faultKinds } from './faults.ts';
import type { FaultKind } from './faults.ts';
import { summaryOf, tableOf } from './summary.ts';

const usage = `npm run chaos -- --seconds 240 --seed 4711

  --seconds N      how long faults begin (60); quiet comes some 30 s later
  --seed N         repeats a run's plan; by default it is drawn, and printed
  --faults a,b     only these: ${faultKinds.join(', ')}
  --control NAME   takes a part of the product away, so that the checks must find something: ${Object.keys(controls).join(', ')}
  --json           one object on stdout; messages stay on stderr

Exit code: 0 where nothing is wrong, 1 where something is, 2 for wrong usage.
`;

class UsageError extends Error {}

function readOptions(args: string[]): (ChaosOptions & { isJson: boolean }) | null {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      faults: { type: 'string' },
      control: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    seconds: wholeNumber('--seconds', values.seconds, 3600),
    seed:
      values.seed === undefined
        ? 1 + Math.floor(Math.random() * 1e9)
        : wholeNumber('--seed', values.seed, 2 ** 31),
    kinds: values.faults === undefined ? faultKinds : readKinds(values.faults),
    control: values.control === undefined ? null : readControl(values.control),
    isJson: values.json,
    say: (line) => console.error(line),
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`${name} must be a whole number from 1 to ${most}, is ${JSON.stringify(text)}`);
}

function readKinds(text: string): FaultKind[] {
  return text.split(',').map((name) => {
    const kind = faultKinds.find((one) => one === name);
    if (kind === undefined)
      throw new UsageError(`--faults: ${JSON.stringify(name)} is none of ${faultKinds.join(', ')}`);
    return kind;
  });
}

function readControl(text: string): keyof typeof controls {
  if (Object.hasOwn(controls, text)) return text as keyof typeof controls;
  throw new UsageError(`--control must be one of ${Object.keys(controls).join(', ')}`);
}

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`chaos: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options === null) {
    console.log(usage);
    return 0;
  }
  const summary = summaryOf(await runChaos(options));
  console.log(options.isJson ? JSON.stringify(summary) : tableOf(summary));
  return summary.violations.length === 0 ? 0 : 1;
}

process.exitCode = await main();
