/**
 * The price book: what each provider's model costs, from when, and by which source. It is infra/prices.yaml and, over it,
 * the file that `prices` in tierline.yaml names.
 */
import { fileURLToPath } from 'node:url';
import { TierlineError } from '../errors.ts';
import { readPriceFile } from './price-file.ts';
import {
  startOf,
  type DatedPrice,
  type KnownDifference,
  type PassedOn,
  type PriceFile,
} from './price-schema.ts';

/** Everything that is known of one model at one provider. */
export type PriceRow = {
  /** Whose row it is; the maker's where the seller passes its price on. */
  provider: string;
  model: string;
  aliases: readonly string[];
  /** The newest first. */
  prices: readonly DatedPrice[];
  /** How the seller came to this row; null where it is the seller's own. */
  passedOn: PassedOn | null;
};

/** `version` names both files where there are two. */
export type PriceBook = { version: string; own: Index | null; shipped: Index };

type Index = {
  /** By provider, then by id or another name. */
  rows: ReadonlyMap<string, ReadonlyMap<string, PriceRow>>;
  passedOn: ReadonlyMap<string, PassedOn>;
  knownDifferences: readonly KnownDifference[];
};

/** Who sells a model: by the book's name for it and, for a book of one's own, by the name in tierline.yaml too. */
export type Seller = { key: string; name: string };

export const shippedPrices = fileURLToPath(new URL('../../infra/prices.yaml', import.meta.url));

/** @throws TierlineError `price_book_invalid` with every problem of the first wrong file, each on its own line. */
export function loadPriceBook(ownFile: string | null = null, shippedFile: string = shippedPrices): PriceBook {
  const shipped = readPriceFile(shippedFile);
  return bookOf(shipped, ownFile === null ? null : readPriceFile(ownFile));
}

export function bookOf(shipped: PriceFile, own: PriceFile | null = null): PriceBook {
  const known = [shipped, own].flatMap((file) => Object.keys(file?.providers ?? {}));
  for (const file of [shipped, own]) checkMakers(file, known);
  return {
    version: own === null ? shipped.version : `${shipped.version}+${own.version}`,
    own: own === null ? null : indexOf(own),
    shipped: indexOf(shipped),
  };
}

function checkMakers(file: PriceFile | null, known: readonly string[]): void {
  for (const [provider, { passesOn }] of Object.entries(file?.providers ?? {})) {
    const missing = Object.values(passesOn?.prefixes ?? {}).find((maker) => !known.includes(maker));
    if (missing === undefined) continue;
    throw new TierlineError(
      'price_book_invalid',
      `the price book's provider "${provider}" passes on the prices of "${missing}", which is not in the price book`,
    );
  }
}

function indexOf(file: PriceFile): Index {
  const rows = new Map<string, ReadonlyMap<string, PriceRow>>();
  const passedOn = new Map<string, PassedOn>();
  for (const [provider, { models, passesOn }] of Object.entries(file.providers)) {
    const byName = new Map<string, PriceRow>();
    for (const [model, { aliases, prices: listed }] of Object.entries(models)) {
      const prices = listed.toSorted((left, right) => startOf(right.from) - startOf(left.from));
      const row = { provider, model, aliases, prices, passedOn: null };
      for (const name of [model, ...aliases]) byName.set(name, row);
    }
    rows.set(provider, byName);
    if (passesOn !== undefined) passedOn.set(provider, passesOn);
  }
  return { rows, passedOn, knownDifferences: file.knownDifferences };
}

/** Every model of the book once, in the order of its files; a model of one's own stands for the shipped one of the same id. */
export function allRows(book: PriceBook): PriceRow[] {
  const rows = new Map<string, PriceRow>();
  for (const index of [book.shipped, book.own]) {
    for (const byName of index?.rows.values() ?? []) {
      for (const row of byName.values()) rows.set(`${row.provider}/${row.model}`, row);
    }
  }
  return [...rows.values()];
}

/**
 * The row of exactly this model: by its id or another name that the book gives it, never by how a name begins. The
 * seller's own rows count before those of the makers whose prices it passes on.
 */
export function findRow(book: PriceBook, seller: Seller, model: string): PriceRow | null {
  return findFrom(book, seller, { model, hops: 0 });
}

/** A gateway behind a gateway is followed, and no further. */
const mostHops = 2;
type Wanted = { model: string; hops: number };

function findFrom(book: PriceBook, seller: Seller, wanted: Wanted): PriceRow | null {
  const row = firstIn(book, seller, (index, provider) => index.rows.get(provider)?.get(wanted.model));
  if (row !== null) return row;
  const passedOn = firstIn(book, seller, (index, provider) => index.passedOn.get(provider));
  if (passedOn === null || wanted.hops === mostHops) return null;
  const makers = makersRow(book, passedOn, wanted);
  return makers === null ? null : { ...makers, passedOn };
}

/** The names of tierline.yaml mean nothing in the shipped book: a provider called "openai" there may be anybody. */
function firstIn<T>(
  { own, shipped }: PriceBook,
  { key, name }: Seller,
  read: (index: Index, provider: string) => T | undefined,
): T | null {
  const found = own === null ? undefined : (read(own, name) ?? read(own, key));
  return found ?? read(shipped, key) ?? null;
}

function makersRow(book: PriceBook, passedOn: PassedOn, { model, hops }: Wanted): PriceRow | null {
  const { prefixes, names, bareIds } = passedOn;
  const name = Object.hasOwn(names, model) ? names[model]! : model;
  const from = (maker: string, id: string): PriceRow | null =>
    findFrom(book, { key: maker, name: maker }, { model: id, hops: hops + 1 });
  const slash = name.indexOf('/');
  const prefix = name.slice(0, Math.max(0, slash));
  if (Object.hasOwn(prefixes, prefix)) return from(prefixes[prefix]!, name.slice(slash + 1));
  if (!bareIds) return null;
  const found = [...new Set(Object.values(prefixes))].flatMap((maker) => from(maker, name) ?? []);
  return found.length === 1 ? found[0]! : null;
}
