/** What may stand at an option, in a few words, read from its JSON Schema. */
import { z } from 'zod';
import type { SchemaNode } from './options.ts';

const partSchema = z.custom<SchemaNode>((value) => typeof value === 'object' && value !== null);

const ofMany: Record<string, string> = {
  text: 'texts',
  URL: 'URLs',
  number: 'numbers',
  'whole number': 'whole numbers',
};

export function allowedIn(node: SchemaNode): string {
  if (node.const !== undefined) return code(node.const);
  if (node.enum !== undefined) return node.enum.map(code).join(', ');
  const branches = node.anyOf?.map((branch) => allowedIn(partSchema.parse(branch))) ?? [];
  const told = [...new Set(branches.filter((branch) => branch !== ''))];
  if (told.length > 0) return told.join(', or ');
  const types = [node.type ?? []].flat().filter((type) => type !== 'null');
  return types.map((type) => allowedAs(type, node)).join(' or ');
}

function allowedAs(type: string, node: SchemaNode): string {
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer') return `whole number${bounds(node, 1)}`;
  if (type === 'number') return `number${bounds(node, 0)}`;
  if (type === 'array') return `list of ${plural(node.items)}`;
  if (type === 'object')
    return node.properties === undefined ? `map of ${plural(node.additionalProperties)}` : '';
  if (type === 'null') return '';
  return node.format === 'uri' ? 'URL' : 'text';
}

function plural(items: unknown): string {
  const parsed = partSchema.safeParse(items);
  const one = parsed.success ? allowedIn(parsed.data) : '';
  if (one === '') return 'anything';
  const [start = '', ...rest] = one.split(', ');
  return [ofMany[start] ?? start, ...rest].join(', ');
}

/** `step`: how far the least allowed value lies above an excluded bound; 0 where no such value exists. */
function bounds(node: SchemaNode, step: 0 | 1): string {
  const { minimum, exclusiveMinimum, maximum } = node;
  const least = minimum ?? (exclusiveMinimum !== undefined && step > 0 ? exclusiveMinimum + step : undefined);
  if (least !== undefined && maximum !== undefined) return `, ${least} to ${maximum}`;
  if (least !== undefined) return `, ${least} or more`;
  if (exclusiveMinimum !== undefined) return `, more than ${exclusiveMinimum}`;
  return maximum === undefined ? '' : `, ${maximum} at most`;
}

export function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : yamlFlow(value)}\``;
}

/** As it would stand in the file, on one line. */
export function yamlFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlFlow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${key}: ${yamlFlow(item)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  const isPlain = typeof value !== 'string' || /^[\p{L}\d][\p{L}\d ._/-]*$/u.test(value);
  return isPlain ? String(value) : JSON.stringify(value);
}
