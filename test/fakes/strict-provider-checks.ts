/** Everything that can be wrong with a request, looked for in the order in which servers look. */
import type { IncomingHttpHeaders } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Json, RequestFlaw, StrictModel, StrictProvider } from './strict-provider-rules.ts';

export type Flaw = { kind: RequestFlaw | 'elsewhere' | 'malformed'; param?: string };

type Received = { path: string; headers: IncomingHttpHeaders; body: Json; key: string };

export function flawOf(rules: StrictProvider, received: Received): Flaw | null {
  const { path, headers, body } = received;
  if (path !== rules.path) return { kind: 'elsewhere', param: path };
  return (
    headersFlaw(rules, received) ??
    modelFlaw(rules, body) ??
    limitFlaw(rules, body) ??
    paramFlaw(rules, body) ??
    valueFlaw(modelOf(rules, body), body) ??
    formatFlaw(rules, body) ??
    messagesFlaw(rules, body) ??
    (headers['content-type']?.startsWith('application/json') === true
      ? null
      : { kind: 'malformed', param: 'content-type' })
  );
}

function headersFlaw(rules: StrictProvider, { headers, key }: Received): Flaw | null {
  const { header, form } = rules.auth;
  const sent = headers[header];
  const wanted = form === 'none' ? undefined : form === 'bearer' ? `Bearer ${key}` : key;
  if (sent !== wanted) return { kind: 'wrongKey', param: header };
  for (const [name, pattern] of Object.entries(rules.headers ?? {})) {
    const value = headers[name];
    const isRight = pattern === null ? value === undefined : pattern.test(String(value ?? ''));
    if (!isRight) return { kind: 'malformed', param: name };
  }
  return null;
}

export function modelOf(rules: StrictProvider, body: Json): StrictModel | undefined {
  return rules.models.find(({ id }) => id === body['model']);
}

function modelFlaw(rules: StrictProvider, body: Json): Flaw | null {
  return modelOf(rules, body) === undefined ? { kind: 'unknownModel' } : null;
}

const limitNames = ['max_tokens', 'max_completion_tokens'];

function limitFlaw({ limit, params }: StrictProvider, body: Json): Flaw | null {
  const wrong = limitNames.find((name) => name in body && !limit.names.includes(name));
  if (wrong !== undefined)
    return { kind: params.unknown === 'refused' ? 'unknownParam' : 'badValue', param: wrong };
  const given = limit.names.filter((name) => name in body);
  if (given.length === 0) return limit.isRequired ? { kind: 'missingLimit' } : null;
  if (given.length > 1) return { kind: 'malformed', param: given.join(' and ') };
  const value = body[given[0]!];
  return Number.isInteger(value) && Number(value) > 0 ? null : { kind: 'badValue', param: given[0]! };
}

const always = ['model', 'messages', 'stream'];

function paramFlaw({ params, takesStreamOptions }: StrictProvider, body: Json): Flaw | null {
  for (const name of Object.keys(body)) {
    if (always.includes(name) || limitNames.includes(name)) continue;
    if (name === 'stream_options') {
      if (!takesStreamOptions) return { kind: 'unknownParam', param: name };
      if (body['stream'] !== true) return { kind: 'badValue', param: name };
    } else if (params.unknown === 'refused' && !params.known.includes(name)) {
      return { kind: 'unknownParam', param: name };
    }
  }
  return null;
}

function valueFlaw(model: StrictModel | undefined, body: Json): Flaw | null {
  if (model === undefined) return null;
  const refused = model.refuses?.find((name) => name in body);
  if (refused !== undefined) return { kind: 'badValue', param: refused };
  const { onlyWith } = model;
  const lonely = onlyWith?.names.find((name) => name in body);
  if (lonely !== undefined && !holds(body, onlyWith!.needs)) return { kind: 'badValue', param: lonely };
  for (const [name, allowed] of Object.entries(model.values ?? {})) {
    if (name in body && !allowed.some((value) => isDeepStrictEqual(value, body[name]))) {
      return { kind: 'badValue', param: name };
    }
  }
  return null;
}

/** How JSON is asked for, at either API. */
export function formatOf(body: Json): { type: unknown; schema: unknown } | null {
  const format = (body['response_format'] ?? (body['output_config'] as Json | undefined)?.['format']) as
    | Json
    | undefined;
  if (format === undefined) return null;
  return {
    type: format['type'],
    schema: (format['json_schema'] as Json | undefined)?.['schema'] ?? format['schema'],
  };
}

function formatFlaw(rules: StrictProvider, body: Json): Flaw | null {
  const format = formatOf(body);
  if (format === null) return null;
  const bad: Flaw = { kind: 'badValue', param: 'response_format' };
  if (!modelOf(rules, body)!.formats.some((known) => known === format.type)) return bad;
  // Every JSON mode insists on the word, so that nobody waits for JSON that was never asked for.
  if (format.type === 'json_object') return /json/i.test(textsOf(body).join(' ')) ? null : bad;
  const { type, required, properties, additionalProperties } = (format.schema ?? {}) as Json;
  const isStrict =
    type === 'object' &&
    additionalProperties === false &&
    isDeepStrictEqual([...((required ?? []) as string[])].sort(), Object.keys(properties ?? {}).sort());
  return isStrict ? null : bad;
}

function messagesFlaw(rules: StrictProvider, body: Json): Flaw | null {
  const { messages } = body;
  const bad: Flaw = { kind: 'malformed', param: 'messages' };
  if (!Array.isArray(messages) || messages.length === 0) return bad;
  const roles = rules.api === 'anthropic' ? ['user', 'assistant'] : ['system', 'user', 'assistant'];
  const all = [
    ...(messages as Json[]),
    ...('system' in body ? [{ role: 'user', content: body['system'] }] : []),
  ];
  for (const message of all) {
    if (!roles.includes(String(message['role']))) return bad;
    if (Object.keys(message).some((name) => name !== 'role' && name !== 'content')) return bad;
    if (!partsOf(message['content']).every((part) => isPart(rules, part))) return bad;
  }
  return (messages as Json[]).at(-1)!['role'] === 'user' ? null : bad;
}

function isPart({ partProperties }: StrictProvider, part: Json): boolean {
  const { type, text, ...others } = part;
  if (type !== 'text' || typeof text !== 'string' || text === '') return false;
  return Object.keys(others).every((name) => partProperties.includes(name));
}

function partsOf(content: unknown): Json[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) && content.length > 0 ? (content as Json[]) : [{}];
}

/** Everything that the model is told. */
export function textsOf(body: Json): string[] {
  const messages = Array.isArray(body['messages']) ? (body['messages'] as Json[]) : [];
  return [body['system'], ...messages.map(({ content }) => content)]
    .filter((content) => content !== undefined)
    .flatMap((content) => partsOf(content).map(({ text }) => String(text)));
}

const muchThinking = 3000;

/** What it thinks before it answers: a lot, unless the request holds what keeps it short. */
export function thinkingTokensOf(rules: StrictProvider, body: Json): number {
  const thinks = modelOf(rules, body)?.thinks;
  if (thinks === undefined || (thinks.off === undefined && thinks.brief === undefined)) return 0;
  if (thinks.off !== undefined && holds(body, thinks.off)) return 0;
  return thinks.brief !== undefined && holds(body, thinks.brief) ? (thinks.short ?? 0) : muchThinking;
}

function holds(body: Json, wanted: Json): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const given = body[name];
    if (typeof value !== 'object' || value === null) return given === value;
    return typeof given === 'object' && given !== null && holds(given as Json, value as Json);
  });
}
