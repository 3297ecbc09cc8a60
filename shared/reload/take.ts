/** From the files to a runtime: wholly, or not at all. */
import { isSame } from '../config/inputs.ts';
import type { Contents, Inputs } from '../config/inputs.ts';
import type { LoadedConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { describeError, TierlineError } from '../errors.ts';
import { shippedPrices } from '../ledger/price-book.ts';
import { createRuntime } from '../runtime.ts';
import type { Runtime, RuntimeParts } from '../runtime.ts';

export type Taking =
  | { kind: 'runtime'; loaded: LoadedConfig; runtime: Runtime; inputs: Inputs; contents: Contents }
  /** The files are just what runs already. */
  | { kind: 'same'; loaded: LoadedConfig }
  | { kind: 'refused'; problems: string[]; inputs: Inputs; contents: Contents }
  /** Something changed while it was read. */
  | { kind: 'moved' };

export type Running = { loaded: LoadedConfig; runtime: Runtime; inputs: Inputs; contents: Contents };

export type Look = (inputs: Inputs) => Contents;

/** All files that a configuration is made of, also the one that it need not name. */
export function inputsOf({ read }: Pick<LoadedConfig, 'read'>): Inputs {
  const { files, folders } = read.inputs();
  return { files: [...new Set([...files, shippedPrices])], folders };
}

/** Everything between two looks at the same contents is of one moment. */
export function take(running: Running, parts: RuntimeParts, look: Look): Taking {
  const fresh = running.loaded.again(running.runtime.config);
  const inputs = inputsOf(fresh);
  const before = look(inputs);
  const isStill = (): boolean => isRead(fresh.read.contents(), before) && isSame(look(inputs), before);
  const refused = (problems: string[]): Taking =>
    isStill() ? { kind: 'refused', problems, inputs, contents: before } : { kind: 'moved' };
  if (fresh.kind === 'invalid') return refused(fresh.problems.map(tell));
  if (isSame(before, running.contents)) return { kind: 'same', loaded: fresh };
  let runtime: Runtime;
  try {
    runtime = createRuntime(fresh, parts);
  } catch (error) {
    return refused([problemOf(error, fresh)]);
  }
  if (isStill()) return { kind: 'runtime', loaded: fresh, runtime, inputs, contents: before };
  void runtime.close();
  return { kind: 'moved' };
}

/** What was read is what stands there. */
function isRead(read: Contents, there: Contents): boolean {
  return [...read].every(([path, content]) => there.get(path) === content);
}

/** One line; with what stands there, where the message does not say it already. */
function tell(problem: ConfigProblem): string {
  const line = formatProblem(problem);
  const { value } = problem;
  return value === undefined || line.includes(value) ? line : `${line} (it is ${JSON.stringify(value)})`;
}

/** What a valid file leads to that cannot be used: an article, the price book. */
export function problemOf(error: unknown, { file, locate }: Pick<LoadedConfig, 'file' | 'locate'>): string {
  if (!(error instanceof TierlineError)) return `${file}: it cannot be used (${describeError(error).code})`;
  if (error.code !== 'knowledge_invalid') return error.message;
  const path = ['knowledge', 'folder'];
  return formatProblem({ file, ...locate(path), path: path.join('.'), message: error.message });
}
