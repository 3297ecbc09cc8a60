/** Small shapes that several parts of the configuration share. */
import { z } from 'zod';

export const positiveInt = z.int().positive();
export const milliseconds = z.int().positive();
export const positiveNumber = z.number().positive();
export const text = z.string().min(1, { error: 'must not be empty' });

/** A list, or one value that stands for a list of one. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z
    .union([item, z.array(item).min(1, { error: 'must not be an empty list' })])
    .transform((value): z.output<T>[] => (Array.isArray(value) ? value : [value as z.output<T>]));
}

/** The primary tag of BCP 47, which is all that a classification carries. */
export const languageTag = z.string().regex(/^[a-z]{2,3}$/, {
  error: 'a language is its lower-case primary tag, such as "en" or "zh", or "und" for unknown',
});

export const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'must be a URL that begins with http:// or https://',
});

/** A map that the file must not leave empty. */
export function filled<T extends z.ZodType>(what: string, item: T) {
  return z.record(z.string(), item).refine((entries) => Object.keys(entries).length > 0, {
    error: `needs at least one ${what}`,
  });
}
