/**
 * How many tokens a text is, without a tokenizer: those take seconds for hostile text (one letter, 200,000 times), and
 * differ by provider. One pass over the characters, and a margin that shrinks with length. What a call really used is
 * told by its usage; this is for what must be known before: whether a prompt fits, and what to reserve.
 */
import { kinds, tokenWeights } from './token-weights.ts';
import type { TokenFamily } from './token-weights.ts';

const kindOf = (name: string): number => kinds.indexOf(name);

/** `letter` and `accented` are the first two kinds. */
const lastLetter = kindOf('accented');
const upperInWord = kindOf('upperInWord');
const rarePair = kindOf('rarePair');
const ending = kindOf('ending');
const repeated = kindOf('repeated');
const digit = kindOf('digit');
const threeDigits = kindOf('threeDigits');
const space = kindOf('space');
const punctuation = kindOf('punctuation');

/** The first and last UTF-16 unit of each range; what is in none is `other`. Later ones win. */
const ranges: [number, number, string][] = [
  [0x09, 0x0d, 'space'],
  [0x20, 0x20, 'space'],
  [0x21, 0x7e, 'punctuation'],
  [0x30, 0x39, 'digit'],
  [0x41, 0x5a, 'letter'],
  [0x61, 0x7a, 'letter'],
  [0xa0, 0xa0, 'space'],
  [0xa1, 0xbf, 'mark'],
  [0xc0, 0x24f, 'accented'],
  [0xd7, 0xd7, 'mark'],
  [0xf7, 0xf7, 'mark'],
  [0x300, 0x36f, 'joiner'],
  [0x370, 0x3ff, 'greek'],
  [0x400, 0x42f, 'cyrillicUpper'],
  [0x430, 0x52f, 'cyrillic'],
  [0x590, 0x5ff, 'hebrew'],
  [0x600, 0x77f, 'arabic'],
  [0x8a0, 0x8ff, 'arabic'],
  [0x900, 0xdff, 'indic'],
  [0xe00, 0x109f, 'southEast'],
  [0x1780, 0x17ff, 'southEast'],
  [0x1e00, 0x1eff, 'accented'],
  [0x2000, 0x206f, 'mark'],
  [0x200b, 0x200f, 'joiner'],
  [0x2070, 0x2bff, 'symbol'],
  [0x3000, 0x303f, 'mark'],
  [0x3040, 0x30ff, 'kana'],
  [0x4e00, 0x9fff, 'han'],
  [0xac00, 0xd7a3, 'hangul'],
  [0xd800, 0xdfff, 'surrogate'],
  [0xfb50, 0xfdff, 'arabic'],
  [0xfe00, 0xfe0f, 'joiner'],
  [0xfe70, 0xfefe, 'arabic'],
  [0xff00, 0xffef, 'mark'],
];

const kindOfUnit = new Uint8Array(65_536).fill(kindOf('other'));
for (const [first, last, kind] of ranges) kindOfUnit.fill(kindOf(kind), first, last + 1);

/** By letter, those that follow it in the words of twelve languages in Latin script. */
const followers = `a:abcdefghijklmnopqrstuvwyz b:abeilorsuy c:acehijklortuyz d:adeilnorsuyz e:abcdefghijklmnoprstuvwxyz
f:aefilortu g:aeghilnorstu h:aeilnortuy i:abcdefghijklmnopqrstuvyz j:aeiknou k:aehiklnorstu l:abdefghiklmnopstuvy
m:abeilmopstuy n:acdefghijklmnostuvyz o:abcdefgijklmnoprstuvwz p:aehiloprstu q:u r:abcdefghiklmnoprstuvyz
s:acefhiklmnopstuvwyz t:aehiklmnoprstuwyz u:abcdefghijklmnprstvxyz v:aeior w:aehinorsy x:acpt y:aceklmnorstw
z:aehinouwy`;

/** Five bits of each letter, which are the same in upper and lower case. */
const pairOf = (before: number, unit: number): number => ((before & 31) << 5) | (unit & 31);
const isRare = new Uint8Array(1024).fill(1);
for (const [first = '', , ...rest] of followers.split(/\s+/)) {
  for (const next of rest) isRare[pairOf(first.charCodeAt(0), next.charCodeAt(0))] = 0;
}
const endsSo = new Uint8Array(128);
for (const vowel of 'aiou') endsSo[vowel.charCodeAt(0)] = 1;

/** Longer texts are estimated from this many characters, taken evenly from all over them. */
const maxLookedAt = 32_768;
const blocks = 64;

/** Never more than a tenth too low for ordinary text in any larger language, and mostly 10 to 30 % too high. */
export function estimateTokens(text: string, family: TokenFamily): number {
  const counts = new Int32Array(kinds.length);
  if (text.length <= maxLookedAt) {
    count(counts, text, 0, text.length);
    return withMargin(weigh(counts, family));
  }
  const size = maxLookedAt / blocks;
  for (let block = 0; block < blocks; block += 1) {
    const from = Math.floor((block * (text.length - size)) / (blocks - 1));
    count(counts, text, from, from + size);
  }
  return withMargin((weigh(counts, family) * text.length) / maxLookedAt);
}

/** The same from every character of a text of any length; for what is estimated once, not once per ticket. */
export function estimateTokensOfFile(text: string, family: TokenFamily): number {
  const counts = new Int32Array(kinds.length);
  count(counts, text, 0, text.length);
  return withMargin(weigh(counts, family));
}

const cutStep = 64;
/** No UTF-16 unit weighs more in any family, margin included: what is short needs no counting. */
const mostPerUnit = 8;

/** A beginning of a text that is estimated at no more than so many tokens, at most 64 characters short of the longest. */
export function cutToTokens(text: string, family: TokenFamily, maxTokens: number): string {
  if (text.length * mostPerUnit <= maxTokens) return text;
  const counts = new Int32Array(kinds.length);
  for (let from = 0; from < text.length; from += cutStep) {
    count(counts, text, from, Math.min(from + cutStep, text.length));
    if (withMargin(weigh(counts, family)) > maxTokens)
      return text.slice(0, from).replace(/[\uD800-\uDBFF]$/, '');
  }
  return text;
}

function withMargin(sum: number): number {
  // A single sentence strays further from the average than a page.
  return Math.ceil(sum + 1.5 * Math.sqrt(sum));
}

function weigh(counts: Int32Array, family: TokenFamily): number {
  const weights = tokenWeights.get(family)!;
  let sum = 0;
  for (let kind = 0; kind < counts.length; kind += 1) sum += counts[kind]! * weights[kind]!;
  return sum;
}

/** A text's UTF-16 units are copied here before they are looked at: asking the string for each takes five times as long. */
const scratch = Buffer.alloc(2 * maxLookedAt);
const units = new Uint16Array(scratch.buffer, scratch.byteOffset, maxLookedAt);

/** Adds what stands from `from` to `to` to the counts of each kind. */
function count(counts: Int32Array, text: string, from: number, to: number): void {
  for (let start = from; start < to; start += maxLookedAt) {
    const part = text.slice(start, Math.min(start + maxLookedAt, to));
    scratch.write(part, 'utf16le');
    countUnits(counts, part.length);
  }
}

/** What a unit counts as that is the same as the one before it. */
const kindOfRepeated = new Uint8Array(kinds.map((_, kind) => kind));
for (const kind of [space, punctuation]) kindOfRepeated[kind] = repeated;

const runOfDigits = (kindBefore: number, run: number): number => (kindBefore === digit ? run + 1 : 0);

/** The one hot loop: integers only, no allocation, and what Latin text is made of is counted in variables. */
function countUnits(counts: Int32Array, length: number): void {
  let before = 0;
  let kindBefore = space;
  /** Letters or digits so far in this word or number. */
  let run = 0;
  let [letters, uppers, rares, endings] = [0, 0, 0, 0];
  for (let at = 0; at < length; at += 1) {
    const unit = units[at]!;
    const kind = kindOfUnit[unit]!;
    if (kind <= lastLetter) {
      if (kindBefore <= lastLetter) {
        run += 1;
        if (kind + kindBefore === 0) rares += isRare[pairOf(before, unit)]!;
        if (unit < 0x5b) uppers += 1;
      } else run = 1;
      if (kind === 0) letters += 1;
      else counts[kind]! += 1;
    } else {
      if (kindBefore <= lastLetter && run > 2) endings += endsSo[before & 127]!;
      // A single blank belongs to the word after it.
      if (unit !== 0x20 || unit === before) {
        counts[unit === before ? kindOfRepeated[kind]! : kind]! += 1;
        if (kind === digit) {
          run = runOfDigits(kindBefore, run);
          if (run % 3 === 0) counts[threeDigits]! += 1;
        }
      }
    }
    before = unit;
    kindBefore = kind;
  }
  counts[0]! += letters;
  counts[upperInWord]! += uppers;
  counts[rarePair]! += rares;
  counts[ending]! += endings;
}

// Compiled before the first ticket: until then the loop takes ten times as long.
for (const text of [`${followers} 12aBéÉ  !`, `${followers} 中é1`]) estimateTokens(text.repeat(150), 'other');
