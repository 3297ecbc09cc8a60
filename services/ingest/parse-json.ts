/** Bytes from outside to a JSON value. Every error says where it is and never quotes what is there. */

export type JsonLimits = { maxDepth: number };
const defaultLimits: JsonLimits = { maxDepth: 32 };

export type ParsedJson =
  | { kind: 'ok'; value: unknown }
  | { kind: 'bad'; status: 400 | 422; pointer: string; detail: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** `parse` is JSON.parse, or what reads the same text in another way; it may throw for what is no JSON. */
export function parseJsonBody(
  raw: Buffer,
  limits: JsonLimits = defaultLimits,
  parse: (text: string) => unknown = JSON.parse,
): ParsedJson {
  // Before JSON.parse, whose own recursion a deep body could exhaust.
  if (isDeeperThan(raw, limits.maxDepth)) {
    return bad(422, '', `the body is nested more than ${limits.maxDepth} levels deep`);
  }
  const text = decode(raw);
  if (text === null) return bad(400, '', 'the body is not valid UTF-8');
  if (text.trim() === '') return bad(400, '', 'the body is empty');
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return bad(400, '', `the body is not valid JSON: ${positionOf(text, syntaxErrorIndex(text))}`);
  }
  // A key can be spelled with escapes, so a backslash asks for a look as well; most bodies need none.
  if (/__proto__|constructor|\\u/.test(text)) {
    const path = forbiddenKeyPath(value);
    if (path !== null) {
      return bad(422, pointerOf(path), 'the keys __proto__ and constructor.prototype are not accepted');
    }
  }
  return { kind: 'ok', value };
}

function bad(status: 400 | 422, pointer: string, detail: string): ParsedJson {
  return { kind: 'bad', status, pointer, detail };
}

function decode(raw: Buffer): string | null {
  try {
    return utf8.decode(raw);
  } catch {
    return null;
  }
}

const quoteByte = 0x22;
const backslashByte = 0x5c;

/** Reads bytes: in UTF-8 these signs never occur inside another character. */
function isDeeperThan(raw: Buffer, maxDepth: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < raw.length; index += 1) {
    const byte = raw[index];
    if (isInString) {
      if (byte === backslashByte) index += 1;
      else if (byte === quoteByte) isInString = false;
    } else if (byte === quoteByte) {
      isInString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

/** Recursive, as deep as the depth limit allows. The path is put together on the way back, so that looking costs little. */
function forbiddenKeyPath(value: unknown): string[] | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) {
    for (const [index, child] of value.entries()) {
      const found = forbiddenKeyPath(child);
      if (found !== null) return [String(index), ...found];
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return [key];
    const child: unknown = Reflect.get(value, key);
    if (key === 'constructor' && hasPrototypeKey(child)) return [key, 'prototype'];
    const found = forbiddenKeyPath(child);
    if (found !== null) return [key, ...found];
  }
  return null;
}

function pointerOf(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function hasPrototypeKey(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

function positionOf(text: string, index: number): string {
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  const column = index - before.lastIndexOf('\n');
  const what = index >= text.length ? 'it ends too early, at' : 'unexpected character at';
  return `${what} line ${line}, column ${column}`;
}

type Token = { kind: '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'scalar'; end: number };
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma or end';

/**
 * Where the grammar of RFC 8259 is broken. JSON.parse gives no position for many errors and quotes the text in others,
 * so a text that it refuses is read a second time.
 */
function syntaxErrorIndex(text: string): number {
  const open: ('}' | ']')[] = [];
  let expected: Expected | null = 'value';
  let index = skipSpace(text, 0);
  while (index < text.length) {
    const token = readToken(text, index);
    if (typeof token === 'number') return token;
    expected = nextExpected(expected, token.kind, open);
    if (expected === null) return index;
    index = skipSpace(text, token.end);
  }
  return index;
}

const afterValueStart = {
  string: 'comma or end',
  scalar: 'comma or end',
  '{': 'first key',
  '[': 'first value',
} as const;
const grammar: Record<Expected, Partial<Record<Token['kind'], Expected>>> = {
  value: afterValueStart,
  'first value': { ...afterValueStart, ']': 'comma or end' },
  key: { string: 'colon' },
  'first key': { string: 'colon', '}': 'comma or end' },
  colon: { ':': 'value' },
  'comma or end': { ',': 'value', '}': 'comma or end', ']': 'comma or end' },
};

/** What may follow `kind`; null where `kind` was not expected. `open` holds the closing signs still owed. */
function nextExpected(expected: Expected, kind: Token['kind'], open: ('}' | ']')[]): Expected | null {
  const next = grammar[expected][kind];
  if (next === undefined) return null;
  if (kind === '{') open.push('}');
  if (kind === '[') open.push(']');
  if (kind === '}' || kind === ']') return open.pop() === kind ? next : null;
  if (kind !== ',') return next;
  const inner = open.at(-1);
  if (inner === undefined) return null;
  return inner === '}' ? 'key' : 'value';
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (index < text.length && ' \t\n\r'.includes(text.charAt(index))) index += 1;
  return index;
}

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The token at `start`, or the index at which it turns out to be none. */
function readToken(text: string, start: number): Token | number {
  const first = text.charAt(start);
  switch (first) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',':
      return { kind: first, end: start + 1 };
    case '"':
      return readString(text, start);
    default:
      scalar.lastIndex = start;
      return scalar.test(text) ? { kind: 'scalar', end: scalar.lastIndex } : start;
  }
}

function readString(text: string, start: number): Token | number {
  let index = start + 1;
  while (index < text.length) {
    const character = text.charAt(index);
    if (character === '"') return { kind: 'string', end: index + 1 };
    if (character < ' ') return index;
    escape.lastIndex = index;
    if (character !== '\\') index += 1;
    else if (escape.test(text)) index = escape.lastIndex;
    else return index;
  }
  return index;
}
