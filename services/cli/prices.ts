/** `tierline prices`: what models cost and where that is from, and whether others say the same. */
import type { Command } from 'commander';
import { resolveModels } from '../../shared/config/resolve.ts';
import type { Config } from '../../shared/config/schema.ts';
import { suggest } from '../../shared/config/suggest.ts';
import { TierlineError } from '../../shared/errors.ts';
import { pricingOf, rowNamed, rowOf } from '../../shared/ledger/model-pricing.ts';
import { allRows, loadPriceBook, type PriceBook, type PriceRow } from '../../shared/ledger/price-book.ts';
import { readEnvironment } from '../environment.ts';
import { loadConfiguration } from './context.ts';
import { withExample } from './example.ts';
import { note, paint, print, printJson, printTable } from './output.ts';
import { printComparison } from './price-check-output.ts';
import { comparePrices } from './price-check.ts';
import { fromPrice, listedPrices, provenanceOf, rateText } from './price-list.ts';
import type { Listed, Provenance } from './price-list.ts';

export function addPricesCommands(program: Command): void {
  const prices = program.command('prices').description('what models cost, and where that is from');
  withExample(prices, 'tierline prices list', 'tierline prices check');
  const list = prices
    .command('list')
    .description('USD per million tokens of the models in tierline.yaml, or everything about one model')
    .argument('[model]', 'a name in tierline.yaml, or an id, or provider/id')
    .option('--all', 'every model that has a price')
    .option('--at <date>', 'on another day, such as 2027-01-01 (UTC)')
    .option('--json', 'as JSON')
    .action((model: string | undefined, options: ListOptions) => listPrices(list, model, options));
  withExample(list, 'tierline prices list', 'tierline prices list gpt-6-luna --at 2027-01-01');
  const check = prices
    .command('check')
    .description('compares infra/prices.yaml with @pydantic/genai-prices; exit code 1 where they differ')
    .option('--at <date>', 'on another day, such as 2027-01-01 (UTC)')
    .option('--file <file>', 'another price file than infra/prices.yaml')
    .option('--json', 'as JSON')
    .action((options: CheckOptions) => checkPrices(options));
  withExample(check, 'tierline prices check --at 2027-01-01');
}

type CheckOptions = { at?: string; file?: string; json?: boolean };
type ListOptions = { all?: boolean; at?: string; json?: boolean };

async function checkPrices(options: CheckOptions): Promise<void> {
  const date = dayOf(options.at).toISOString().slice(0, 10);
  const book = loadPriceBook(null, options.file);
  const { genaiPrices } = await import('./genai-prices.ts');
  const comparison = comparePrices(book, genaiPrices, date);
  if (options.json === true) printJson(comparison);
  else printComparison(comparison);
  if (comparison.differences.some(({ reason }) => reason === null)) process.exitCode = 1;
}

/** Now, or noon of a day. */
function dayOf(text: string | undefined): Date {
  if (text === undefined) return new Date();
  const day = new Date(`${text}T12:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && day.toJSON()?.startsWith(text)) return day;
  throw new TierlineError('usage', `--at takes a day such as 2027-01-01, not "${text}"`);
}

/** `name` in tierline.yaml, null for a row of the book. `listed`: the price for a short prompt first; empty where it is not known. */
type Entry = {
  name: string | null;
  provider: string;
  model: string;
  pricedAs: string | null;
  listed: Listed[];
  provenance: Provenance | null;
};

function listPrices(command: Command, wanted: string | undefined, options: ListOptions): void {
  const at = dayOf(options.at);
  const { config } = loadConfiguration(command, readEnvironment(process.env));
  const book = loadPriceBook(config.prices);
  const configured = configuredEntries(config, book, at);
  const all = options.all === true ? allRows(book).map((row) => rowEntry(row, at)) : configured;
  const entries = wanted === undefined ? all : entriesOf(wanted, configured, book, at);
  if (options.json === true) return printJson(entries);
  if (wanted === undefined) return printOverview(entries);
  for (const [index, entry] of entries.entries()) {
    if (index > 0) print('');
    printEntry(entry);
  }
}

function configuredEntries(config: Config, book: PriceBook, at: Date): Entry[] {
  return [...resolveModels(config).values()].map((settings) => {
    const { name, model, provider } = settings;
    if (config.models[name]!.price === null) {
      const row = rowOf(config, settings, book);
      if (row !== null) return { ...rowEntry(row, at), name, provider: provider.name, model };
    }
    const price = pricingOf(config, settings, book);
    const listed = (['standard', 'batch'] as const).flatMap((tier) => {
      const one = price(at.getTime(), 0, tier);
      return one === null ? [] : [fromPrice(tier, one)];
    });
    return { name, provider: provider.name, model, pricedAs: null, listed, provenance: null };
  });
}

function rowEntry(row: PriceRow, at: Date): Entry {
  const { provider, model } = row;
  const listed = listedPrices(row, at);
  const pricedAs = `${provider}/${model}`;
  return { name: null, provider, model, pricedAs, listed, provenance: provenanceOf(row, at) };
}

/** A name in tierline.yaml says what is meant; an id may have several sellers. */
function entriesOf(wanted: string, configured: Entry[], book: PriceBook, at: Date): Entry[] {
  const named = configured.filter(({ name }) => name === wanted);
  if (named.length > 0) return named;
  const row = rowNamed(book, wanted);
  if (row !== null) return [rowEntry(row, at)];
  const rows = allRows(book);
  const sold = rows.filter(({ model, aliases }) => [model, ...aliases].includes(wanted));
  if (sold.length > 0) return sold.map((one) => rowEntry(one, at));
  const names = [
    ...configured.map(({ name }) => name!),
    ...rows.flatMap(({ model, aliases }) => [model, ...aliases]),
  ];
  const near = suggest(wanted, names);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  throw new TierlineError(
    'usage',
    `there is no price for "${wanted}".${hint} tierline prices list --all shows what has one`,
  );
}

const heads = ['input', 'cached', 'cache write', 'write 1h', 'output'].map((head) => ({
  head,
  align: 'right' as const,
}));
const cells = (one: Listed | undefined): string[] =>
  one === undefined
    ? ['', '', '', '', '']
    : [one.input, one.cachedInput, one.cacheWrite, one.cacheWrite1h, one.output].map(rateText);

function printOverview(entries: Entry[]): void {
  printTable(
    [
      'model',
      { head: 'at', shrinks: true },
      ...heads,
      { head: 'price of', optional: true },
      { head: 'checked', optional: true },
    ],
    entries.map(({ name, provider, model, pricedAs, listed, provenance }) => [
      name ?? model,
      name === null ? provider : `${provider}: ${model}`,
      ...cells(listed[0]),
      listed.length === 0 ? { text: 'unknown', style: 'red' as const } : (pricedAs ?? 'tierline.yaml'),
      provenance === null ? '' : `${provenance.checkedAt}${provenance.confirmed ? '' : ', unconfirmed'}`,
    ]),
  );
  note('\nUSD per million tokens, for short prompts outside of peak hours.');
  const unknown = entries.filter(({ listed }) => listed.length === 0).map(({ name }) => name);
  if (unknown.length > 0) {
    note(
      `No price is known for ${unknown.join(', ')}: give a "price" in tierline.yaml, or add a row to infra/prices.yaml.`,
    );
  }
}

function printEntry({ name, provider, model, pricedAs, listed, provenance }: Entry): void {
  const priced = pricedAs === null || pricedAs === `${provider}/${model}` ? '' : `, priced as ${pricedAs}`;
  print(paint('bold', `${name === null ? '' : `${name}: `}${model} at ${provider}${priced}`));
  if (listed.length === 0)
    return print('Its price is not known: what its calls cost is reported as unknown.');
  printTable(
    [{ head: 'USD per million tokens', shrinks: true }, ...heads],
    listed.map((one) => [one.when, ...cells(one)]),
  );
  if (provenance === null) return print('source: "price" in tierline.yaml');
  const { source, confirmed, checkedAt, passedOn } = provenance;
  print(`source: ${source ?? 'none'} (${confirmed ? '' : 'unconfirmed, '}checked ${checkedAt})`);
  if (provenance.note !== null) print(`note: ${provenance.note}`);
  if (passedOn !== null) print(`passed on: ${[passedOn.source, passedOn.note].filter(Boolean).join('; ')}`);
}
