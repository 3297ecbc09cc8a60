/** Where the price book and another collection of prices say different things. Pure: what the others say is handed in. */
import { billedParts, type BilledPart } from '../../shared/ledger/money.ts';
import { allRows, findRow, type PriceBook, type PriceRow } from '../../shared/ledger/price-book.ts';
import { priceInForce, ratesAt } from '../../shared/ledger/price-rates.ts';

/** USD per million tokens; null where there is no such price. */
export type Amounts = Record<BilledPart, number | null>;

export type TheirModel = {
  id: string;
  /** false: they have no such model, and would bill it as another one whose name begins alike. */
  isExact: boolean;
  /** Prompt lengths above which they have other rates. */
  edges: number[];
  amountsAt: (promptTokens: number) => Amounts;
};

export type TheirBook = {
  name: string;
  /** By the names of our book. */
  providers: readonly string[];
  ids: (provider: string) => readonly string[];
  find: (provider: string, id: string, at: Date) => TheirModel | null;
};

export type Difference = {
  provider: string;
  model: string;
  field: BilledPart;
  ours: number | null;
  theirs: number | null;
  /** How much theirs is above ours; null where ours is nothing. */
  percent: number | null;
  /** The shortest prompt and the first hour of the day (UTC) where it was seen. */
  promptTokens: number;
  hourUtc: number;
  /** Why it may be: from the book's knownDifferences. null: nobody knows. */
  reason: string | null;
};

export type Lone = { provider: string; model: string; note?: string };

export type Comparison = {
  with: string;
  date: string;
  /** Names that both have. */
  compared: number;
  differences: Difference[];
  onlyOurs: Lone[];
  onlyTheirs: Lone[];
  /** Known differences of compared models that are none any more. */
  outdated: Lone[];
};

const hours = Array.from({ length: 24 }, (_, hour) => hour);

/**
 * Compares every hour of one day (YYYY-MM-DD, UTC), below and above every prompt length that makes a difference to either. A
 * band that begins one token earlier is no difference: sellers write "from" and "above" for the same thing.
 */
export function comparePrices(book: PriceBook, theirs: TheirBook, date: string): Comparison {
  const differences: Difference[] = [];
  const onlyOurs: Lone[] = [];
  const compared: Lone[] = [];
  for (const { provider, model, row } of namesToCompare(book, theirs)) {
    const found = theirs.find(provider, model, hourOf(date, 12));
    // A snapshot that they know by its beginning alone is still the same model.
    const isSame = found !== null && [row.model, ...row.aliases].includes(found.id);
    if (found === null || !(found.isExact || isSame)) {
      const note = found === null ? {} : { note: `they would bill it as ${found.id}` };
      onlyOurs.push({ provider, model, ...note });
      continue;
    }
    compared.push({ provider, model });
    differences.push(...differencesOf(book, { provider, model, row }, theirs, date));
  }
  return {
    with: theirs.name,
    date,
    compared: compared.length,
    differences,
    onlyOurs,
    onlyTheirs: modelsOfTheirs(book, theirs),
    outdated: outdated(book, compared, differences),
  };
}

type Name = { provider: string; model: string; row: PriceRow };

/** Our ids and aliases, and of what a seller passes on that which the others know too. */
function namesToCompare(book: PriceBook, theirs: TheirBook): Name[] {
  const own = allRows(book)
    .filter(({ provider }) => theirs.providers.includes(provider))
    .flatMap((row) => [row.model, ...row.aliases].map((model) => ({ provider: row.provider, model, row })));
  const passedOn = theirs.providers.flatMap((provider) =>
    theirs.ids(provider).flatMap((model): Name[] => {
      const row = findRow(book, { key: provider, name: provider }, model);
      return row === null || row.passedOn === null ? [] : [{ provider, model, row }];
    }),
  );
  return [...own, ...passedOn];
}

function modelsOfTheirs(book: PriceBook, theirs: TheirBook): Lone[] {
  return theirs.providers.flatMap((provider) =>
    theirs
      .ids(provider)
      .filter((model) => findRow(book, { key: provider, name: provider }, model) === null)
      .map((model) => ({ provider, model })),
  );
}

const hourOf = (date: string, hour: number): Date =>
  new Date(`${date}T${String(hour).padStart(2, '0')}:00:00Z`);

function differencesOf(book: PriceBook, name: Name, theirs: TheirBook, date: string): Difference[] {
  const seen = new Map<string, Difference>();
  for (const hourUtc of hours) {
    const at = hourOf(date, hourUtc);
    const price = priceInForce(name.row.prices, at);
    const other = theirs.find(name.provider, name.model, at);
    if (price === null || other === null) continue;
    const edges = [...price.bands.map(({ abovePromptTokens }) => abovePromptTokens), ...other.edges];
    const lengths = [1, ...edges.flatMap((edge) => [edge - 1, edge + 2])].sort((a, b) => a - b);
    for (const promptTokens of lengths) {
      const ours = amountsOf(ratesAt(price, { at, promptTokens }));
      const said = other.amountsAt(promptTokens);
      for (const field of billedParts) {
        const pair = { ours: ours[field], theirs: said[field] };
        // What they leave out they do not contradict.
        if (pair.theirs === null || pair.theirs === pair.ours) continue;
        const key = `${field} ${pair.ours} ${pair.theirs}`;
        if (seen.has(key)) continue;
        const { provider, model } = name;
        const reason = reasonFor(book, { provider, model, field, ...pair });
        seen.set(key, {
          provider,
          model,
          field,
          ...pair,
          percent: percentOf(pair),
          promptTokens,
          hourUtc,
          reason,
        });
      }
    }
  }
  return [...seen.values()];
}

function amountsOf(rates: ReturnType<typeof ratesAt>): Amounts {
  return {
    input: rates.inputPerMTok,
    cachedInput: rates.cachedInputPerMTok ?? null,
    cacheWrite: rates.cacheWritePerMTok ?? null,
    cacheWrite1h: rates.cacheWrite1hPerMTok ?? null,
    output: rates.outputPerMTok,
  };
}

function percentOf({ ours, theirs }: { ours: number | null; theirs: number | null }): number | null {
  if (ours === null || ours === 0 || theirs === null) return null;
  return Math.round(((theirs - ours) / ours) * 1000) / 10;
}

type Pair = Pick<Difference, 'provider' | 'model' | 'field' | 'ours' | 'theirs'>;

function reasonFor(book: PriceBook, { provider, model, field, ours, theirs }: Pair): string | null {
  const known = knownOf(book).find(
    (one) =>
      one.provider === provider &&
      one.models.includes(model) &&
      one.differs[field]?.some((pair) => pair[0] === ours && pair[1] === theirs) === true,
  );
  return known?.reason ?? null;
}

const knownOf = ({ own, shipped }: PriceBook) => [
  ...(own?.knownDifferences ?? []),
  ...shipped.knownDifferences,
];

function outdated(book: PriceBook, compared: Lone[], differences: Difference[]): Lone[] {
  return knownOf(book).flatMap(({ provider, models, reason }) =>
    models
      .filter((model) => compared.some((one) => one.provider === provider && one.model === model))
      .filter((model) => !differences.some((one) => one.provider === provider && one.model === model))
      .map((model) => ({ provider, model, note: reason })),
  );
}
