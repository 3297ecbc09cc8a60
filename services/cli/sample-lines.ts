/** What is printed of the sample tickets: a short block each, and what it all came to. */
import path from 'node:path';
import { z } from 'zod';
import type { Config } from '../../shared/config/schema.ts';
import { plural, usdText } from './format.ts';
import { commandText, oneLine, outputWidth, paint, print, printTable } from './output.ts';
import { cut, displayWidth, pad, safe, wrap } from './text.ts';

/** The part of a ticket's trace that is printed. */
export const endedSchema = z.object({
  ticketId: z.string(),
  state: z.string(),
  classification: z.object({ tier: z.string(), queryType: z.string(), language: z.string() }).nullable(),
  costUsd: z.number().nullable(),
  cause: z.string().nullable(),
  reply: z.object({ data: z.object({ model: z.string().nullable(), text: z.string() }) }).nullable(),
});
export type Ended = z.infer<typeof endedSchema>;

const usualWidth = 110;
const indent = '    ';
const replyLines = 3;
const nanoPerUsd = 1_000_000_000;

/** Why a sample went to people, for those who have not read the documentation yet; other causes are shown as they are. */
const causes: Record<string, string> = {
  no_answer: 'no article answers it',
  no_model: 'no model is configured for it',
  with_people: 'the conversation is with people already',
  deadline: 'no answer was ready in time',
};

const isAnswered = ({ state }: Ended): boolean => state === 'delivered' || state === 'drafted';

const costText = ({ costUsd }: Ended): string =>
  costUsd === null ? 'cost unknown' : usdText(Math.round(costUsd * nanoPerUsd));

/** Tier, query type, language, model, cost and what was asked; below them the beginning of the reply. */
export function printEnded(ended: Ended, ticket: { subject: string; body: string }): void {
  const width = Math.min(outputWidth(), usualWidth);
  const { classification, cause, reply, state } = ended;
  const [tier, queryType, language] = classification
    ? [classification.tier, classification.queryType, classification.language]
    : ['', 'not classified', ''];
  const model = isAnswered(ended) ? (reply?.data.model ?? '') : 'people';
  const labels = [pad(tier, 8), pad(queryType, 16), pad(language, 3), pad(model, 8), pad(costText(ended), 6)];
  const head = safe(labels.join('  '));
  const asked = oneLine(ticket.subject || ticket.body, Math.max(20, width - displayWidth(head) - 2));
  const answer = isAnswered(ended)
    ? beginning(reply?.data.text ?? '', width - indent.length)
    : [`handed to people: ${causes[cause ?? ''] ?? cause ?? state}`];
  const style = isAnswered(ended) ? null : 'yellow';
  print(
    `${paint('bold', head)}  ${paint('dim', asked)}`,
    ...answer.map((line) => paint(style, indent + safe(line))),
    '',
  );
}

/** The first lines of a reply, without its line breaks, and an ellipsis where there is more. */
function beginning(text: string, columns: number): string[] {
  const lines = wrap(safe(text.replaceAll(/\s+/g, ' ').trim()), columns);
  const shown = lines.slice(0, replyLines);
  const last = shown.at(-1);
  if (lines.length <= replyLines || last === undefined) return shown;
  const room = displayWidth(last) < columns ? `${last}…` : `${cut(last, columns - 1).replace(/…$/, '')}…`;
  return [...shown.slice(0, -1), room];
}

/** How many were answered, by query type, and where the replies are. */
export function printSummary(
  ended: readonly Ended[],
  facts: { open: number; seconds: number; config: Config },
): void {
  const answered = ended.filter(isAnswered).length;
  const byType = Map.groupBy(ended, ({ classification }) => classification?.queryType ?? 'not classified');
  const rows = [...byType]
    .sort(([, left], [, right]) => right.length - left.length)
    .map(([queryType, group]) => {
      const done = group.filter(isAnswered).length;
      return [queryType, group.length, done, group.length - done, sumText(group)];
    });
  printTable(['query type', 'tickets', 'answered', 'to people', { head: 'cost', align: 'right' }], rows);
  const languages = new Set(ended.map(({ classification }) => classification?.language ?? 'und'));
  languages.delete('und');
  const open = facts.open > 0 ? `, ${facts.open} still open` : '';
  print(
    '',
    `${answered} answered, ${ended.length - answered} handed to people${open}, in ${facts.seconds.toFixed(1)} s ` +
      `and ${plural(languages.size, 'language')}, for ${sumText(ended)}.`,
    `${repliesText(facts.config)}One ticket: ${commandText(`ticket ${ended[0]?.ticketId ?? '<ticketId>'}`)}`,
    'Ctrl-C stops.',
  );
}

/** Unknown as soon as one of them is. */
function sumText(group: readonly Ended[]): string {
  if (group.some(({ costUsd }) => costUsd === null)) return 'unknown';
  return usdText(group.reduce((sum, { costUsd }) => sum + Math.round((costUsd ?? 0) * nanoPerUsd), 0));
}

function repliesText(config: Config): string {
  const files = Object.values(config.destinations).flatMap((one) =>
    one.type === 'log' ? [path.relative(process.cwd(), one.path)] : [],
  );
  return files.length === 0 ? '' : `All replies in full: ${files.join(', ')}. `;
}
