/** Reading back what was stored as JSON, where it may be broken. */
import type { z } from 'zod';

/** null for what is missing, no JSON, or does not fit. */
export function parseStored<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
