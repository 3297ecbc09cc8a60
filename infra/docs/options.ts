/** Every option of tierline.yaml as a flat list, read from its JSON Schema. */
import { z } from 'zod';

const nodeSchema = z.looseObject({
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.unknown().optional(),
  examples: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).default([]),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
});
export type SchemaNode = z.output<typeof nodeSchema>;

export type Option = {
  /** As in `models.*.breaker.failures` and `routes[].tier`. */
  path: string;
  /** The `type` that it belongs to, where options differ by type; else null. */
  variant: string | null;
  isRequired: boolean;
  /** True for a part that has options of its own. */
  isGroup: boolean;
  node: SchemaNode;
};

type Place = { path: string; variant: string | null; isRequired: boolean };

/** In the order of the schema, each group before its options. */
export function optionsOf(schema: unknown): Option[] {
  const root = nodeSchema.parse(schema);
  return childrenOf(root, { path: '', variant: null, isRequired: true });
}

function visit(schema: unknown, place: Place): Option[] {
  const written = nodeSchema.parse(schema);
  const node = withoutNull(written);
  const children = childrenOf(node, place);
  const description = written.description ?? node.description;
  const described = { ...node, ...(description === undefined ? {} : { description }) };
  return [{ ...place, isGroup: children.length > 0, node: described }, ...children];
}

function childrenOf(node: SchemaNode, { path, variant }: Place): Option[] {
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([name, child]) =>
      visit(child, {
        path: path === '' ? name : `${path}.${name}`,
        variant,
        isRequired: node.required.includes(name),
      }),
    );
  }
  if (node.oneOf !== undefined) return node.oneOf.flatMap((branch) => variantOf(branch, path));
  const entries = isGroup(node.additionalProperties)
    ? visitEntries(node.additionalProperties, path, '.*')
    : [];
  const items = isGroup(node.items) ? visitEntries(node.items, path, '[]') : [];
  return [...entries, ...items];
}

function visitEntries(child: unknown, path: string, suffix: string): Option[] {
  return visit(child, { path: `${path}${suffix}`, variant: null, isRequired: false });
}

/** One of several kinds of entry, which its `type` tells apart. */
function variantOf(branch: unknown, path: string): Option[] {
  const node = nodeSchema.parse(branch);
  const type = nodeSchema.parse(node.properties?.['type'] ?? {});
  const names = type.const === undefined ? (type.enum ?? []) : [type.const];
  return visit(branch, { path, variant: names.join(' '), isRequired: false });
}

function isGroup(child: unknown): boolean {
  const parsed = nodeSchema.safeParse(child);
  return parsed.success && (parsed.data.properties !== undefined || parsed.data.oneOf !== undefined);
}

/** A part that may be null is documented as what it is otherwise. */
function withoutNull(node: SchemaNode): SchemaNode {
  const others = (node.anyOf ?? [])
    .map((branch) => nodeSchema.parse(branch))
    .filter(({ type }) => type !== 'null');
  return others.length === 1 && others[0] !== undefined ? others[0] : node;
}
