/** The end of the demo, for people. */
import type { Figures } from './figures.ts';
import { parseMix } from './mix.ts';
import { savedPercentFor } from './savings.ts';
import type { Money } from './savings.ts';
import { usd } from './view.ts';
import type { Paint } from './view.ts';

const otherMixes = ['80/15/5', '40/40/20'];

export function summaryOf(figures: Figures, money: Money, paint: Paint): string {
  const bold = (text: string): string => paint('bold', text);
  const dim = (text: string): string => paint('dim', text);
  const good = (text: string): string => paint(['bold', money.savedNano < 0 ? 'red' : 'green'], text);
  const { tickets, baselineUsdPerMTok: price, perMonth, outage, after } = figures;
  return [
    '',
    bold('What came of it'),
    `  ${tickets} tickets: ${figures.replies} replies, ${figures.handoffs} handed to people`,
    ...(figures.handoffs > 0
      ? ['  (customers who threaten somebody: the simulated content filters refuse those)']
      : []),
    `  ${figures.failovers} fail-overs to a later model of a chain, ${figures.failedCalls} calls that failed or were refused`,
    `  ${figures.deliveries} deliveries, all signatures verified; ${figures.deliveries - tickets} were refused on purpose and came again`,
    `  every ticket has exactly one answer; a customer waited ${timesText(outage)} during the`,
    `  outage and ${timesText(after)} after it (p50, p95)`,
    '',
    ...tierTable(figures, dim),
    '',
    `  spent                     ${usd(money.costNano)}  replies, retries, fail-overs, and ${usd(money.labelsNano)} to classify`,
    `  one strong model for all  ${usd(money.baselineNano)}  the same tokens at the price of ${figures.baselineModel}`,
    `  saved, an estimate        ${good(`${usd(money.savedNano)}  ${figures.savedPercent ?? 0} %`)}`,
    '',
    dim('  saved = baseline - spent. spent is every call in the ledger, also those that failed.'),
    dim(
      `  baseline = tokens of the replies x $${price.input} in, $${price.output} out per million, without classifying.`,
    ),
    '',
    bold('In a month'),
    `  At ${thousands(perMonth.interactionsPerDay)} interactions a day, ${good(`$${thousands(perMonth.costUsd)} instead of $${thousands(perMonth.baselineUsd)}`)}, if yours are as long`,
    `  and as hard as these: ${figures.mix} per cent simple/standard/complex.`,
    ...otherMixText(figures, money),
    dim('  Providers and times are simulated; prices are list prices from infra/prices.yaml,'),
    dim('  without caching and batch discounts.'),
    '',
    bold('Next'),
    '  export OPENAI_API_KEY=…; npm start        the real thing; one key of any provider will do',
    '  ./tierline explain "Where is my order?"   its tier, its models, its cost; calls nobody',
    '  npm run demo -- --mix 80/15/5             the same with your own mix',
    '  services/demo/tierline.yaml               the configuration that just ran',
    '',
  ].join('\n');
}

const timesText = ({ p50Ms, p95Ms }: Figures['outage']): string => `${secondsOf(p50Ms)}, ${secondsOf(p95Ms)}`;

function tierTable(figures: Figures, dim: (text: string) => string): string[] {
  const head = '  tier       tickets       spent    baseline    live ticket, p50 and p95';
  const rows = figures.tiers
    .filter(({ tickets }) => tickets > 0)
    .map(({ tier, tickets, costUsd, baselineUsd, p50Ms, p95Ms }) => {
      const money = [costUsd, baselineUsd].map((value) => `$${value.toFixed(4)}`.padStart(11));
      const times = timesText({ p50Ms, p95Ms });
      return `  ${tier.padEnd(9)} ${String(tickets).padStart(8)} ${money.join(' ')}    ${times}`;
    });
  return [dim(head), ...rows];
}

/** No line where a tier had no tickets: nothing is known of it then. */
function otherMixText(figures: Figures, money: Money): string[] {
  const tickets = Object.fromEntries(figures.tiers.map((one) => [one.tier, one.tickets]));
  const counted = { simple: 0, standard: 0, complex: 0, ...tickets };
  const saved = otherMixes.map((mix) => {
    const percent = savedPercentFor(parseMix(mix), money, counted);
    return percent === null ? null : `${mix} would save ${percent} %`;
  });
  const known = saved.filter((text) => text !== null);
  return known.length === 0 ? [] : [`  Other mixes: ${known.join(', ')}.`];
}

const secondsOf = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`);
const thousands = (value: number): string => value.toLocaleString('en-US');
