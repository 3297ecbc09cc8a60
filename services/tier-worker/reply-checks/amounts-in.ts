/** Amounts of money, percentages and plain numbers in a text, however they are written. Pure; every expression is bounded. */

/** Several values where the writing leaves it open: `1.234` is a thousand or a bit more than one. In hundredths. */
export type Amount = { written: string; values: number[] };

const digits = String.raw`\d{1,9}(?:[.,'’\u00a0\u202f ]\d{3}){0,4}(?:[.,]\d{1,2})?(?![\d])`;
const number = new RegExp(String.raw`(?<![\d.,])${digits}`, 'gu');

const symbols = String.raw`[€$£¥￥₹₽₩₺₴₫฿₪]`;
const codes =
  'EUR|USD|GBP|CHF|JPY|CNY|RMB|SEK|NOK|DKK|PLN|CZK|HUF|RON|RUB|TRY|INR|KRW|BRL|CAD|AUD|MXN|HKD|TWD|SGD';
const words =
  'euros?|dollars?|dólares?|dollari|francs?|franken|yuan|yen|kronen|kronor|kroner|z[łl]oty(?:ch)?|рубл\\p{L}{1,3}|евро|доллар\\p{L}{0,2}';
const money = new RegExp(
  [
    String.raw`(?:${symbols}|(?<![\p{L}\p{N}])(?:${codes}))[ \u00a0\u202f]?(?<after>${digits})`,
    String.raw`(?<![\d.,])(?<before>${digits})(?:,-|,--|\.-|[.,]–)?[ \u00a0\u202f]?(?:${symbols}|(?:${codes}|${words}|zł|Kč|kr|Ft|руб)(?![\p{L}\p{N}])|欧元|歐元|美元|日元|英镑|人民币|元|円|ユーロ|ドル|원|유로|달러|يورو|دولار)`,
  ].join('|'),
  'giu',
);
const percent = new RegExp(
  String.raw`(?<![\d.,])(?<value>${digits})[ \u00a0\u202f]?(?:[%％٪]|(?:percent|per cent|prozent|pour ?cent|por ciento|por cento|per cento|procent|процент\p{L}{0,2})(?![\p{L}]))`,
  'giu',
);

/** No reply is looked at beyond this. */
const capCharacters = 200_000;

export function moneyIn(text: string): Amount[] {
  return Array.from(text.slice(0, capCharacters).matchAll(money), ({ 0: written, groups }) => ({
    written,
    values: valuesOf(groups?.['after'] ?? groups?.['before'] ?? ''),
  }));
}

export function percentsIn(text: string): Amount[] {
  return Array.from(text.slice(0, capCharacters).matchAll(percent), ({ 0: written, groups }) => ({
    written,
    values: valuesOf(groups?.['value'] ?? ''),
  }));
}

export function numbersIn(text: string): Amount[] {
  return Array.from(text.slice(0, capCharacters).matchAll(number), ([written]) => ({
    written,
    values: valuesOf(written),
  }));
}

function valuesOf(written: string): number[] {
  const parts = written.split(/[^\d]/u);
  const last = parts.at(-1) ?? '';
  const whole = Number(parts.join('')) * 100;
  if (parts.length === 1) return [whole];
  // Two digits at the end are hundredths, one is tenths; three are thousands, or a fraction of a measure.
  if (last.length < 3) return [Number(parts.slice(0, -1).join('')) * 100 + Number(last.padEnd(2, '0'))];
  if (parts.length > 2 || !/[.,]/u.test(written)) return [whole, ...parts.map((part) => Number(part) * 100)];
  return [whole, Math.round(Number(`${parts[0]}.${last}`) * 100)];
}
