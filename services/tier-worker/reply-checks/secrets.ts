/** What must never leave: keys, tokens, card numbers, and bank accounts that nobody gave. */
import { isGiven } from './reply.ts';
import type { Reply } from './reply.ts';

/** Prefixes as their issuers publish them for secret scanners. */
const keys = [
  /\bsk-(?:ant-|proj-|or-v1-)?[A-Za-z0-9_-]{20,}/u,
  /\b[srp]k_(?:live|test)_[A-Za-z0-9]{16,}/u,
  /\bwhsec_[A-Za-z0-9+/=]{20,}/u,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/u,
  /\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{22,}/u,
  /\bglpat-[A-Za-z0-9_-]{20}/u,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/u,
  /\bAIza[0-9A-Za-z_-]{35}/u,
  /\bhf_[A-Za-z]{30,}|\bnpm_[A-Za-z0-9]{36}/u,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/u,
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/u,
  /\bBearer [A-Za-z0-9._~+/-]{24,}/u,
];
/** Visa, Mastercard, American Express, Discover, JCB and UnionPay by their first digits, in one piece or grouped as on the card. */
const cards =
  /(?<![\w.-])(?:3[47]\d{2}[ -]?\d{6}[ -]?\d{5}|(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|65\d{2}|35\d{2}|62\d{2})(?:[ -]?\d{4}){3}(?:\d{0,3}))(?![\w-])/gu;
const ibans = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]){11,30}(?![A-Za-z0-9])/gu;

/** The operator's own texts may hold examples, and the account that customers pay to. */
export function hasSecrets(reply: Reply): boolean {
  const { text } = reply;
  const isOurs = (found: string): boolean =>
    isGiven({ ticket: { text: '' }, material: reply.material }, found);
  const hasKey = keys.some((key) => {
    const found = key.exec(text)?.[0];
    return found !== undefined && !isOurs(found);
  });
  if (hasKey) return true;
  if (!/\d{4}/u.test(text)) return false;
  if ((text.match(cards) ?? []).some((card) => passesLuhn(card) && !isOurs(card))) return true;
  return (text.match(ibans) ?? []).some((written) => isForeignIban(written, reply));
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(card: string): boolean {
  const numbers = Array.from(card.replaceAll(/\D/gu, ''), Number).toReversed();
  const sum = numbers.reduce((total, digit, index) => {
    const counted = index % 2 === 1 ? digit * 2 : digit;
    return total + (counted > 9 ? counted - 9 : counted);
  }, 0);
  return sum % 10 === 0;
}

/** ISO 13616-1: the first four characters behind the rest, letters as numbers, and 1 is left over by 97. */
function isIban(compact: string): boolean {
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Capitals that follow an account run into it, so each length is tried. */
function isForeignIban(written: string, { ticket, material }: Reply): boolean {
  const compact = written.replaceAll(/[ \u00a0]/gu, '');
  const given = [ticket, ...material];
  for (let length = compact.length; length >= 15; length -= 1) {
    const account = compact.slice(0, length);
    if (!isIban(account)) continue;
    return !given.some(({ text }) =>
      text
        .replaceAll(/[ \u00a0]/gu, '')
        .toUpperCase()
        .includes(account),
    );
  }
  return false;
}
