/** The numbers of `npm run demo` in the guides: between the lines `<!-- demo -->` and `<!-- /demo -->`. */
import { z } from 'zod';
import { markdownTable } from './table.ts';

const usd = z.number().nonnegative();
const figuresSchema = z.object({
  tickets: z.int(),
  replies: z.int(),
  handoffs: z.int(),
  failovers: z.int(),
  costUsd: usd,
  baselineUsd: usd,
  savedUsd: z.number(),
  savedPercent: z.number().nullable(),
  classifierUsd: usd,
  failedCalls: z.int(),
  mix: z.string(),
  baselineModel: z.string(),
  tiers: z.array(z.object({ tier: z.string(), tickets: z.int(), costUsd: usd, baselineUsd: usd })),
  perMonth: z.object({ interactionsPerDay: z.int(), costUsd: usd, baselineUsd: usd }),
});
export type DemoFigures = z.output<typeof figuresSchema>;

/** @throws ZodError where it is not what `npm run -s demo -- --json` prints. */
export function parseDemoFigures(json: string): DemoFigures {
  return figuresSchema.parse(JSON.parse(json));
}

const block = /(<!-- demo -->\n)[^]*?(\n<!-- \/demo -->)/;

export function hasDemoBlock(page: string): boolean {
  return block.test(page);
}

/** `toRoot` leads from the page's folder to the project's: `../`, or nothing. */
export function withDemoNumbers(page: string, figures: DemoFigures, toRoot: string): string {
  const text = demoText(figures, toRoot);
  return page.replace(block, (_, start: string, end: string) => `${start}\n${text}\n${end}`);
}

function demoText(figures: DemoFigures, toRoot: string): string {
  const { tickets, replies, handoffs, failovers, failedCalls, perMonth } = figures;
  const rows = figures.tiers.map((tier) => [
    `\`${tier.tier}\``,
    count(tier.tickets),
    dollars(tier.costUsd),
    dollars(tier.baselineUsd),
  ]);
  const sum = ['all', count(tickets), dollars(figures.costUsd), dollars(figures.baselineUsd)];
  const saved = figures.savedPercent === null ? '' : `, ${figures.savedPercent} %`;
  return [
    markdownTable(
      ['tier', 'tickets', 'with three tiers', `all by ${figures.baselineModel}`],
      [...rows, sum],
      'every column',
    ),
    '',
    `- ${count(tickets)} tickets: ${count(replies)} replies, ${count(handoffs)} handed to people.`,
    `- The outage: ${count(failovers)} fail-overs, ${count(failedCalls)} failed calls, no ticket lost.`,
    `- Saved: ${dollars(figures.savedUsd)}${saved}. Classifying cost ${dollars(figures.classifierUsd)} of what was spent.`,
    `- At ${count(perMonth.interactionsPerDay)} interactions a day of this mix (${figures.mix} per cent): $${count(perMonth.costUsd)} a month instead of $${count(perMonth.baselineUsd)}.`,
    '',
    `Providers, their times and their failures are simulated. Prices are the list prices of [infra/prices.yaml](${toRoot}infra/prices.yaml).`,
    'The saving is an estimate: the same answers at the price of the one model.',
  ].join('\n');
}

const count = (value: number): string => value.toLocaleString('en-US');
const dollars = (value: number): string => `$${value.toFixed(value < 100 ? 4 : 2)}`;
