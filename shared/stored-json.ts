/** Reading back what was stored as JSON, where it may be broken. */
import type { z } from 'zod';
import { TierlineError } from './errors.ts';

/** null for what is missing, no JSON, or does not fit. */
export function parseStored<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * A ticket's own field of the record: written by this system, and checked before it was, so not looked at field by field again.
 * @throws TierlineError `broken_record` for what is missing or no JSON; the claim counts, and the ticket ends as poisoned.
 */
export function readOwn(text: string | null): object {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below, without the text.
  }
  throw new TierlineError('broken_record', 'a field of the record cannot be read');
}
