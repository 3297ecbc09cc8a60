/** The committed files that nobody writes by hand. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { editorSchema } from '../../shared/config/json-schema.ts';
import { configurationPage } from './configuration-page.ts';

export const root = path.resolve(import.meta.dirname, '..', '..');

/** Their content by their path in the project. */
export function generatedFiles(): Record<string, string> {
  const template = readFileSync(path.join(import.meta.dirname, 'configuration.md'), 'utf8');
  return {
    'docs/configuration.md': configurationPage(template),
    'infra/tierline.schema.json': `${JSON.stringify(editorSchema(), null, 2)}\n`,
  };
}
