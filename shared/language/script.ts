/** Which script a text is written in, and what the script alone says about the language. */

const scripts = [
  'latin',
  'han',
  'kana',
  'hangul',
  'cyrillic',
  'greek',
  'arabic',
  'hebrew',
  'devanagari',
  'bengali',
  'gurmukhi',
  'gujarati',
  'oriya',
  'tamil',
  'telugu',
  'kannada',
  'malayalam',
  'sinhala',
  'thai',
  'lao',
  'tibetan',
  'burmese',
  'georgian',
  'armenian',
  'ethiopic',
  'khmer',
] as const;
export type ScriptName = (typeof scripts)[number];

/** First and last code point of each block, in rising order (Unicode Character Database, Blocks.txt). */
const blocks: [number, number, ScriptName][] = [
  [0x41, 0x5a, 'latin'],
  [0x61, 0x7a, 'latin'],
  [0xc0, 0x2af, 'latin'],
  [0x370, 0x3ff, 'greek'],
  [0x400, 0x52f, 'cyrillic'],
  [0x531, 0x58f, 'armenian'],
  [0x5d0, 0x5f4, 'hebrew'],
  [0x620, 0x65f, 'arabic'],
  [0x66e, 0x6ef, 'arabic'],
  [0x6fa, 0x6ff, 'arabic'],
  [0x750, 0x77f, 'arabic'],
  [0x900, 0x97f, 'devanagari'],
  [0x980, 0x9ff, 'bengali'],
  [0xa00, 0xa7f, 'gurmukhi'],
  [0xa80, 0xaff, 'gujarati'],
  [0xb00, 0xb7f, 'oriya'],
  [0xb80, 0xbff, 'tamil'],
  [0xc00, 0xc7f, 'telugu'],
  [0xc80, 0xcff, 'kannada'],
  [0xd00, 0xd7f, 'malayalam'],
  [0xd80, 0xdff, 'sinhala'],
  [0xe00, 0xe7f, 'thai'],
  [0xe80, 0xeff, 'lao'],
  [0xf00, 0xfff, 'tibetan'],
  [0x1000, 0x109f, 'burmese'],
  [0x10a0, 0x10ff, 'georgian'],
  [0x1100, 0x11ff, 'hangul'],
  [0x1200, 0x137f, 'ethiopic'],
  [0x1780, 0x17ff, 'khmer'],
  [0x1c90, 0x1cbf, 'georgian'],
  [0x1e00, 0x1eff, 'latin'],
  [0x1f00, 0x1fff, 'greek'],
  [0x3005, 0x3007, 'han'],
  [0x3041, 0x309f, 'kana'],
  [0x30a1, 0x30fa, 'kana'],
  [0x30fc, 0x30ff, 'kana'],
  [0x3131, 0x318e, 'hangul'],
  [0x31f0, 0x31ff, 'kana'],
  [0x3400, 0x4dbf, 'han'],
  [0x4e00, 0x9fff, 'han'],
  [0xac00, 0xd7a3, 'hangul'],
  [0xf900, 0xfaff, 'han'],
  [0xfb1d, 0xfb4f, 'hebrew'],
  [0xfb50, 0xfdff, 'arabic'],
  [0xfe70, 0xfefc, 'arabic'],
  [0xff21, 0xff3a, 'latin'],
  [0xff41, 0xff5a, 'latin'],
  [0xff66, 0xff9d, 'kana'],
  [0x20000, 0x323af, 'han'],
];

export function scriptOfCodePoint(code: number): ScriptName | null {
  let low = 0;
  let high = blocks.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle];
    if (block === undefined) return null;
    if (code < block[0]) high = middle - 1;
    else if (code > block[1]) low = middle + 1;
    else return block[2];
  }
  return null;
}

/** A group of scripts that are written together: Han, kana and hangul count as one. */
export type ScriptFamily = Exclude<ScriptName, 'han' | 'kana' | 'hangul'> | 'cjk';

type ScriptCount = {
  counts: Map<ScriptName, number>;
  /** Letters in all. */
  letters: number;
};

export function countScripts(text: string): ScriptCount {
  const counts = new Map<ScriptName, number>();
  let letters = 0;
  for (const character of text) {
    const script = scriptOfCodePoint(character.codePointAt(0) ?? 0);
    if (script !== null) {
      counts.set(script, (counts.get(script) ?? 0) + 1);
      letters += 1;
    }
  }
  return { counts, letters };
}

export const scriptFamilies: ScriptFamily[] = ['cjk', ...scripts.filter((script) => !isCjk(script))];

function isCjk(script: ScriptName): script is 'han' | 'kana' | 'hangul' {
  return script === 'han' || script === 'kana' || script === 'hangul';
}

export const familyOf = (script: ScriptName): ScriptFamily => (isCjk(script) ? 'cjk' : script);

/** One CJK character says as much as two or three letters. */
const weightOf = (family: ScriptFamily): number => (family === 'cjk' ? 2.5 : 1);

/**
 * The script families of a text, the ruling one first, the others where they hold a fifth of it. A majority of letters
 * would be the wrong rule: a Chinese mail about an "iPhone Pro Max" is Chinese. Any other script wins over Latin with a
 * fifth of the weighted letters, or with 8 CJK or 20 other characters.
 */
export function rulingFamilies({ counts }: ScriptCount): ScriptFamily[] {
  const weights = new Map<ScriptFamily, number>();
  let total = 0;
  for (const [script, count] of counts) {
    const family = familyOf(script);
    const weight = count * weightOf(family);
    weights.set(family, (weights.get(family) ?? 0) + weight);
    total += weight;
  }
  const rank = (family: ScriptFamily, weight: number): number => {
    if (family === 'latin') return weight;
    const wins = weight >= total * 0.2 || weight >= 20;
    return wins ? total + weight : weight;
  };
  return [...weights]
    .sort((a, b) => rank(...b) - rank(...a))
    .filter(([, weight], index) => index === 0 || weight >= total * 0.2)
    .map(([family]) => family);
}

/** Chinese, Japanese or Korean. A stray の in a Chinese mail does not make it Japanese. */
export function cjkLanguage({ counts }: ScriptCount): 'zh' | 'ja' | 'ko' {
  const han = counts.get('han') ?? 0;
  const kana = counts.get('kana') ?? 0;
  const hangul = counts.get('hangul') ?? 0;
  const total = han + kana + hangul;
  if (hangul >= total * 0.3) return 'ko';
  const isShort = total <= 4 && kana * 2 >= total;
  return (kana >= 2 && kana >= total * 0.1) || isShort ? 'ja' : 'zh';
}

/** The one language of a script that has one; null where several share it. */
export const languageOfFamily: Record<ScriptFamily, string | null> = {
  latin: null,
  cjk: null,
  cyrillic: null,
  arabic: null,
  devanagari: null,
  greek: 'el',
  hebrew: 'he',
  bengali: 'bn',
  gurmukhi: 'pa',
  gujarati: 'gu',
  oriya: 'or',
  tamil: 'ta',
  telugu: 'te',
  kannada: 'kn',
  malayalam: 'ml',
  sinhala: 'si',
  thai: 'th',
  lao: 'lo',
  tibetan: 'bo',
  burmese: 'my',
  georgian: 'ka',
  armenian: 'hy',
  ethiopic: 'am',
  khmer: 'km',
};

/** The words of one script family only, the rest as single spaces. */
export function textOfFamily(text: string, family: ScriptFamily): string {
  let kept = '';
  for (const character of text) {
    const script = scriptOfCodePoint(character.codePointAt(0) ?? 0);
    const isMark = script === null && /[\p{M}'’]/u.test(character);
    if (isMark || (script !== null && familyOf(script) === family)) kept += character;
    else if (!kept.endsWith(' ')) kept += ' ';
  }
  return kept.trim();
}
