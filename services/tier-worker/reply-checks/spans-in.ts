/** Spans of time in a text, in one form for all languages: `5 business days`, `5个工作日` and `fünf Tage` are `5 day`. Pure. */

const units: [string, string][] = [
  [
    'hour',
    'hours?|stunden?|heures?|horas?|or[ae]|u(?:ur|ren)|час(?:а|ов)?|godzin\\p{L}{0,2}|timmar|timer|saat|小时|小時|時間|시간|ساعة|ساعات',
  ],
  [
    'day',
    'days?|tage?n?|werktage?n?|arbeitstage?n?|jours?|d[ií]as?|giorn[io]|(?:werk)?dag(?:en|ar|e)?|dn[ií]|dzień|д(?:ень|ня|ней)|gün|天|日|일|أيام|يوم',
  ],
  [
    'week',
    'weeks?|wochen?|semaines?|semanas?|settiman[ae]|we(?:ek|ken)|недел\\p{L}|tygodni\\p{L}{0,2}|veckor|uker|uger|hafta|周|週|星期|礼拜|週間|주',
  ],
  [
    'month',
    'months?|monate?n?|mois|mes(?:es)?|mês|mes[ei]|maand(?:en)?|месяц(?:а|ев)?|miesi\\p{L}{1,4}|månader|ay|个月|個月|か月|ヶ月|개월',
  ],
];
const between =
  '(?:working|business|calendar|full|volle|ganze|jours|jour|hábiles|laborables|lavorativi|úteis|рабоч\\p{L}{1,3}|个|個|工作|营业|營業|営業)?';
const adjective = String.raw`[ \u00a0\u202f-]{0,2}${between}[ \u00a0]{0,2}(?:工作)?`;

const numberWords = new Map<string, number>();
for (const [value, list] of [
  [1, 'one|a|an|einem|einer|eines|einen|ein|eine|un|une|una|uno|een|um|uma'],
  [2, 'two|zwei|deux|dos|due|twee|dois|duas'],
  [3, 'three|drei|trois|tres|tre|drie|três'],
  [4, 'four|vier|quatre|cuatro|quattro|quatro'],
  [5, 'five|fünf|cinq|cinco|cinque|vijf'],
  [6, 'six|sechs|seis|sei|zes'],
  [7, 'seven|sieben|sept|siete|sette|zeven|sete'],
  [8, 'eight|acht|huit|ocho|otto|oito'],
  [9, 'nine|neun|neuf|nueve|nove|negen'],
  [10, 'ten|zehn|dix|diez|dieci|tien|dez'],
  [14, 'fourteen|vierzehn|quatorze|catorce|quattordici|veertien|catorze'],
  [30, 'thirty|dreißig|trente|treinta|trenta|dertig|trinta'],
] as const) {
  for (const word of list.split('|')) numberWords.set(word, value);
}

const amount = String.raw`(?<![\p{L}\d.,])(?<number>\d{1,4}|${[...numberWords.keys()].join('|')})`;
const unit = units.map(([name, list]) => String.raw`(?<${name}>(?:${list})(?![a-zA-Zà-žа-яё]))`).join('|');
/** With the other end of a range behind it: `2 to 3 days`, `2–3 Tage`, `2 bis 3 Tage`. */
const range = String.raw`(?:[ \u00a0]{0,2}(?:-|–|to|bis|à|a|or|oder|ou|o|bis zu|tot|до|至|到|から|~|〜)[ \u00a0]{0,2}(?<to>\d{1,4}))?`;
const span = new RegExp(`${amount}${range}${adjective}(?:${unit})`, 'giu');

const capCharacters = 200_000;

export type Span = { span: string; at: number; end: number };

/** Both ends of a range are told, as two spans of one place. */
export function spansWithPlace(text: string): Span[] {
  return Array.from(text.slice(0, capCharacters).matchAll(span), ({ 0: written, index, groups = {} }) => {
    const name = units.find(([key]) => groups[key] !== undefined)?.[0] ?? '';
    const values = [groups['number'], groups['to']].filter((value) => value !== undefined);
    return values.map((value) => ({
      span: `${numberWords.get(value.toLowerCase()) ?? Number(value)} ${name}`,
      at: index,
      end: index + written.length,
    }));
  }).flat();
}
