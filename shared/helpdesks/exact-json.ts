/** JSON as helpdesks write it: their ids are numbers beyond 2^53, which must not be rounded. */

/** Undefined for what is no JSON. Whole numbers that a double cannot hold come as text. */
export function parseExactJson(text: string): unknown {
  try {
    return readExactJson(text);
  } catch {
    return undefined;
  }
}

/** The same; throws a SyntaxError for what is no JSON. */
export function readExactJson(text: string): unknown {
  // Asking for every number's own text is slow, and mostly for nothing.
  return /\d{16}/.test(text) ? (JSON.parse(text, keepDigits) as unknown) : (JSON.parse(text) as unknown);
}

/** `source` is the value as it was written (ECMAScript's JSON.parse source text access). */
function keepDigits(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? source : value;
}
