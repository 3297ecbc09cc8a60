/** What an editor that reads infra/tierline.schema.json would underline, as a validator of its own finds it. */
import { Ajv } from 'ajv';
import { read } from './documentation.ts';

/** Strict: a schema with a keyword that draft 7 does not know is refused. */
const ajv = new Ajv({
  allErrors: true,
  allowUnionTypes: true,
  formats: { uri: (text) => URL.canParse(text) },
});
const validate = ajv.compile(JSON.parse(read('infra/tierline.schema.json')) as object);

/** As in `/tiers/simple must have required property 'models'`; empty where all is right. */
export function findEditorErrors(file: unknown): string[] {
  if (validate(file)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message = '', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
