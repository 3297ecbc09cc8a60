import type { Config } from '../../../shared/config/schema.ts';
import { createLanguageDetector } from '../../../shared/language/detect.ts';
import type { Detect } from './language.ts';

const loaded = new WeakMap<Config, Promise<Detect>>();

/** Loaded with the first reply that needs it, once per configuration. */
export function detectorOf(config: Config): Promise<Detect> {
  let detector = loaded.get(config);
  if (detector === undefined) {
    detector = load(config);
    loaded.set(config, detector);
  }
  return detector;
}

async function load({ classifier }: Config): Promise<Detect> {
  const languages = classifier.languages.length > 0 ? classifier.languages : null;
  const detect = await createLanguageDetector({ languages });
  return (body) => detect({ subject: '', body, hint: null });
}
