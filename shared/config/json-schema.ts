/** The options of tierline.yaml as JSON Schema: as they are, for our own messages, and as editors should see them. */
import { z } from 'zod';
import { fileSchema } from './schema.ts';

type Node = Record<string, unknown>;

/** Every option with its description, default and allowed values. References count as what they stand for. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(fileSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // zod says this of every whole number; it is no bound that anybody could meet.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}

/**
 * What `tierline config schema` prints and infra/tierline.schema.json holds: as above, and a reference may stand wherever
 * the loader takes one, so that no right file is underlined. Draft 7, the newest that every editor's YAML support reads:
 * npmjs.com/package/yaml-language-server.
 */
export function editorSchema(): Record<string, unknown> {
  const { $schema, ...schema } = configJsonSchema();
  const reference = {
    description: 'A reference to an environment variable or a file.',
    type: 'string',
    pattern: String.raw`\$\{(env|file):[^}]+\}`,
  };
  return { $schema, ...referable(schema), definitions: { reference } };
}

const referenceNode = { $ref: '#/definitions/reference' };

function referable(node: unknown): Node {
  if (!isNode(node)) return {};
  if (needsReference(node)) return besideReference(node);
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === 'propertyNames' && isPlainText(value)))
      .map(([key, value]): [string, unknown] => {
        if (key === 'properties' && isNode(value)) return [key, mapped(value)];
        if ((key === 'additionalProperties' || key === 'items') && isNode(value))
          return [key, referable(value)];
        if (key === 'anyOf' && Array.isArray(value)) return [key, value.map(referable)];
        if (key === 'oneOf' && Array.isArray(value)) return ['anyOf', variants(value)];
        return [key, value];
      }),
  );
}

function mapped(properties: Node): Node {
  return Object.fromEntries(Object.entries(properties).map(([name, node]) => [name, referable(node)]));
}

/** Plain text may hold a reference anyway; everything else must allow for one. */
function needsReference({ type, enum: names, format, pattern }: Node): boolean {
  if (type === 'boolean' || type === 'number' || type === 'integer') return true;
  return names !== undefined || format !== undefined || pattern !== undefined;
}

function besideReference({ description, default: fallback, examples, ...allowed }: Node): Node {
  const notes = { description, default: fallback, examples };
  const given = Object.entries(notes).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), anyOf: [allowed, referenceNode] };
}

/** The `type` that tells variants apart stays as it is, for editors choose by it; one given by reference may be any of them. */
function variants(branches: unknown[]): Node[] {
  const plain = branches.filter(isNode).map((branch) => {
    const { properties, ...rest } = branch;
    if (!isNode(properties)) return referable(branch);
    return { ...referable(rest), properties: { ...mapped(properties), type: properties['type'] } };
  });
  return [...plain, { type: 'object', properties: { type: referenceNode }, required: ['type'] }];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlainText(value: unknown): boolean {
  return isNode(value) && Object.keys(value).length === 1 && value['type'] === 'string';
}
