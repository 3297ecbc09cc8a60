/** What helpdesks send, read with tolerance: only what is needed may refuse, the rest is left out where it does not fit. */
import { z } from 'zod';

/** Ids are numbers with one helpdesk and text with the next; beyond 2^53 they come as text (exact-json.ts). */
export const wireId = z.union([z.string().min(1), z.int().transform(String)]);

/** null where it is missing or of another type. */
export function lenient<T extends z.ZodType>(schema: T) {
  return schema.nullable().default(null).catch(null);
}

/** The entries that fit; none where it is no list. */
export function lenientList<T extends z.ZodType>(schema: T) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((entries) =>
      entries.flatMap((entry) => {
        const parsed = schema.safeParse(entry);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}

/** ISO 8601 UTC of a time as helpdesks write it; null where it is none. */
export function isoTime(value: string | number | null): string | null {
  if (value === null) return null;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
