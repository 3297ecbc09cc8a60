/** The log of `npm start`, for somebody in front of a terminal: what needs them, in words; the rest stays away. */
import { z } from 'zod';
import { commandText } from './output.ts';

const lineSchema = z.looseObject({
  level: z.string(),
  msg: z.string(),
  model: z.string().optional(),
  provider: z.string().optional(),
  fault: z.string().optional(),
  status: z.number().nullable().optional(),
  ms: z.number().optional(),
});
type Line = z.infer<typeof lineSchema>;

const needsPerson = new Map([
  ['auth', 'refuses the key'],
  ['quota', 'says that the account is empty or over its budget'],
  ['not_found', 'does not know the model'],
]);

/** The same again is told after so long. */
const repeatMs = 10 * 60_000;

/** A destination for the log (level `warn`): errors, and what becomes of models. `tell` prints one line. */
export function plainLog(tell: (text: string) => void, now: () => number = Date.now) {
  const toldAt = new Map<string, number>();
  return {
    write(text: string): void {
      const line = lineSchema.parse(JSON.parse(text));
      const told =
        inWords(line) ?? (line.level === 'error' || line.level === 'fatal' ? text.trimEnd() : null);
      if (told === null || now() - (toldAt.get(told) ?? -Infinity) < repeatMs) return;
      toldAt.set(told, now());
      tell(told);
    },
  };
}

function inWords({ msg, model, provider, fault, status, ms }: Line): string | null {
  const problem = needsPerson.get(fault ?? '');
  if (msg === 'call.failed' && problem !== undefined) {
    const http = status ? ` (HTTP ${status})` : '';
    return `${provider} ${problem}${http}: model ${model} is left alone for 15 minutes. ${commandText('doctor')} says what to do.`;
  }
  if (msg === 'breaker.opened' && ms !== undefined && ms < repeatMs) {
    return `model ${model} fails: it is left alone for a while, and tickets take the next one or wait. ${commandText('status')} shows how it stands.`;
  }
  return null;
}
