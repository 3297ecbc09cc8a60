/** The JSON Schema of tierline.yaml, for editors and for `tierline config schema`. */
import { z } from 'zod';
import { fileSchema } from './schema.ts';

export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(fileSchema, { io: 'input' });
}
