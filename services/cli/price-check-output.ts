/** A comparison of prices for people. */
import { countText, plural } from './format.ts';
import { note, print, printTable } from './output.ts';
import type { Comparison, Difference, Lone } from './price-check.ts';
import { rateText } from './price-list.ts';

export function printComparison(comparison: Comparison): void {
  const { differences, onlyOurs, onlyTheirs, outdated } = comparison;
  const unknown = differences.filter(({ reason }) => reason === null);
  const known = differences.filter(({ reason }) => reason !== null);
  if (unknown.length > 0) printDifferences(unknown);
  if (known.length > 0) {
    print(`${unknown.length > 0 ? '\n' : ''}Known differences (here / there):`);
    for (const line of knownLines(known)) print(`  ${line}`);
  }
  if (outdated.length > 0) note(`\nKnown, and not seen on this day: ${namesOf(outdated)}`);
  if (onlyOurs.length > 0) {
    note(`\nOnly in this book: ${namesOf(onlyOurs.filter((one) => one.note === undefined))}`);
    for (const one of onlyOurs.filter((lone) => lone.note !== undefined)) {
      note(`  ${one.provider}/${one.model}: ${one.note}`);
    }
  }
  if (onlyTheirs.length > 0) note(`\nOnly there: ${countsOf(onlyTheirs)} (--json lists them)`);
  note(`\n${summary(comparison, unknown.length, known.length)}`);
}

function printDifferences(differences: Difference[]): void {
  printTable(
    [
      'provider',
      'model',
      'field',
      { head: 'ours', align: 'right' },
      { head: 'theirs', align: 'right' },
      { head: '%', align: 'right' },
      { head: 'prompt tokens', align: 'right', optional: true },
      { head: 'hour (UTC)', align: 'right', optional: true },
    ],
    differences.map(({ provider, model, field, ours, theirs, percent, promptTokens, hourUtc }) => [
      provider,
      model,
      field,
      rateText(ours) || 'none',
      rateText(theirs) || 'none',
      percent === null ? '' : `${percent > 0 ? '+' : ''}${percent}`,
      countText(promptTokens),
      hourUtc,
    ]),
  );
}

/** One line for all models that differ in the same way for the same reason; of several pairs of a field the first. */
function knownLines(differences: Difference[]): string[] {
  const byModel = Map.groupBy(differences, ({ provider, model }) => `${provider}/${model}`);
  const told = [...byModel].map(([name, ofModel]) => {
    const byField = Map.groupBy(ofModel, ({ field }) => field);
    const figures = [...byField.values()].map(
      ([first]) =>
        `${first!.field} ${rateText(first!.ours) || 'none'} / ${rateText(first!.theirs) || 'none'}`,
    );
    return { name, text: `${figures.join(', ')}: ${ofModel[0]!.reason}` };
  });
  const byText = Map.groupBy(told, ({ text }) => text);
  return [...byText].map(([text, alike]) => `${alike.map(({ name }) => name).join(', ')}: ${text}`);
}

const namesOf = (lones: Lone[]): string =>
  lones.map(({ provider, model }) => `${provider}/${model}`).join(', ');

function countsOf(lones: Lone[]): string {
  const byProvider = Map.groupBy(lones, ({ provider }) => provider);
  return [...byProvider].map(([provider, ofProvider]) => `${provider} ${ofProvider.length}`).join(', ');
}

function summary({ compared, date, with: other }: Comparison, unknown: number, known: number): string {
  const said = `${plural(compared, 'name')} compared with ${other} for ${date}: ${plural(unknown, 'difference')}`;
  const rest = known > 0 ? `, ${countText(known)} known` : '';
  if (unknown === 0) return `${said}${rest}`;
  return `${said}${rest}. Correct infra/prices.yaml, or say under knownDifferences there why it is right`;
}
