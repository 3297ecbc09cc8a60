/** What a reply is checked against: what the customer wrote and what the model was given to rest on. */
import { moneyIn, numbersIn, percentsIn } from './amounts-in.ts';
import { spansWithPlace } from './spans-in.ts';

/** An object, so that what is read out of a long text is read once: context files live as long as their configuration. */
export type Text = { text: string };

export type Reply = {
  /** As it would go out, without marks of sources. */
  text: string;
  /** Primary tag of the language that was asked for, `und` where none was. */
  language: string;
  /** Subject, messages and names of the thread. */
  ticket: Text;
  /** Context files, articles and the operator's own instructions, as the model had them. */
  material: readonly Text[];
};

type Facts = {
  lower: string;
  /** Amounts beside a currency, in hundredths. */
  money: ReadonlySet<number>;
  percents: ReadonlySet<number>;
  numbers: ReadonlySet<number>;
  /** As in `3 day`. */
  spans: ReadonlySet<string>;
};

const readers: { [Name in keyof Facts]: (text: string) => Facts[Name] } = {
  lower: (text) => text.toLowerCase(),
  money: (text) => new Set(moneyIn(text).flatMap(({ values }) => values)),
  percents: (text) => new Set(percentsIn(text).flatMap(({ values }) => values)),
  numbers: (text) => new Set(numbersIn(text).flatMap(({ values }) => values)),
  spans: (text) => new Set(spansWithPlace(text).map(({ span }) => span)),
};

const known = new WeakMap<Text, Partial<Facts>>();

export function factOf<Name extends keyof Facts>(holder: Text, name: Name): Facts[Name] {
  let facts = known.get(holder);
  if (facts === undefined) {
    facts = {};
    known.set(holder, facts);
  }
  const before: Facts[Name] | undefined = facts[name];
  if (before !== undefined) return before;
  const read = readers[name](holder.text);
  facts[name] = read;
  return read;
}

const said = new WeakMap<Text, Map<RegExp, boolean>>();

/** Whether the text has what the expression looks for. Asked of a long catalogue for one ticket after the other. */
export function says(holder: Text, stem: RegExp): boolean {
  let answers = said.get(holder);
  if (answers === undefined) {
    answers = new Map();
    said.set(holder, answers);
  }
  let answer = answers.get(stem);
  if (answer === undefined) {
    answer = stem.test(holder.text);
    answers.set(stem, answer);
  }
  return answer;
}

const maxRemembered = 2000;
const remembered = new Map<string, Text>();

/** The same object for the same article, ticket after ticket. Never for what customers write. */
export function articleAsText(text: string): Text {
  let holder = remembered.get(text);
  if (holder === undefined) {
    if (remembered.size >= maxRemembered) remembered.clear();
    holder = { text };
    remembered.set(text, holder);
  }
  return holder;
}

/** True where the words stand in the ticket or in the material, whatever their case. */
export function isGiven({ ticket, material }: Pick<Reply, 'ticket' | 'material'>, words: string): boolean {
  const wanted = words.toLowerCase();
  return [ticket, ...material].some((text) => factOf(text, 'lower').includes(wanted));
}
