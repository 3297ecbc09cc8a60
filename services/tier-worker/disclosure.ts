/** The line that tells customers who wrote to them. Pure. */
import type { Config } from '../../shared/config/schema.ts';

const fallbackLanguage = 'en';

/** The reply with the source's line below it, in the reply's language or in English; as it is where it says so already. */
export function withDisclosure(
  text: string,
  source: Config['sources'][string] | undefined,
  language: string,
): string {
  const lines = source?.disclosure;
  if (lines === undefined) return text;
  const line = Object.hasOwn(lines, language) ? lines[language] : lines[fallbackLanguage];
  if (line === undefined || plain(text).includes(plain(line))) return text;
  return `${text.trimEnd()}\n\n${line.trim()}`;
}

/** Models vary blanks and capitals. */
const plain = (text: string): string => text.toLowerCase().replaceAll(/\s+/gu, ' ').trim();
