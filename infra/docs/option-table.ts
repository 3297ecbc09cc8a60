/** The options of one part of tierline.yaml as a table. */
import { allowedIn, code } from './allowed.ts';
import { defaultText } from './defaults.ts';
import type { Option } from './options.ts';
import { markdownTable } from './table.ts';

/** The options below `part` (as in `models.*`), and at a part without entries those of the part itself. */
export function optionsBelow(options: Option[], part: string, variant: string | null): Option[] {
  return options.filter(
    (option) => option.path.startsWith(`${part}.`) && option.variant === variant && !isEntry(option),
  );
}

/** An entry of a map or list: it has a name of its own, or none. */
export function isEntry({ path }: Option): boolean {
  return /(?:\.\*|\[\])$/.test(path);
}

export function optionTable(options: Option[], part: string): string {
  const rows = options.map((option) => [
    code(option.path.slice(part === '' ? 0 : part.length + 1).replaceAll('*', '<name>')),
    option.isGroup ? groupOf(option) : allowedIn(option.node),
    defaultText(option),
    meaning(option),
  ]);
  return markdownTable(['option', 'allowed', 'default', 'what it does'], rows);
}

function meaning({ node }: Option): string {
  const examples = (node.examples ?? []).map(code);
  const description = (node.description ?? '').replaceAll('<', '&lt;');
  return [description, ...examples.map((example) => `Example: ${example}`)].join(' ').trim();
}

function groupOf({ node }: Option): string {
  return typeof node.additionalProperties === 'object' ? 'entries by name' : 'options below';
}

/** One line for a part whose options stand elsewhere already: `defaults.models` beside `models.*`. */
export function sameOptions(options: Option[], part: string, like: string): string {
  const namesBelow = (parent: string): string[] =>
    optionsBelow(options, parent, null).map(({ path }) => path.slice(parent.length + 1));
  const [own, others] = [namesBelow(part), namesBelow(like)];
  const surplus = own.filter((name) => !others.includes(name));
  if (surplus.length > 0) throw new Error(`${part} has options that ${like} has not: ${surplus.join(', ')}`);
  const missing = others.filter((name) => !own.includes(name) && !own.includes(name.split('.')[0] ?? ''));
  const tops = missing.filter((name) => !missing.includes(name.split('.').slice(0, -1).join('.')));
  const list = tops.map(code);
  const but = list.length > 1 ? `${list.slice(0, -1).join(', ')} and ${list.at(-1) ?? ''}` : list.join('');
  return `${code(part)}: every option of ${code(like.replace('.*', '.<name>'))} but ${but}.`;
}

export function isIdle({ node }: Option): boolean {
  return (node.description ?? '').includes('No effect in this version');
}

/** The options that a file may have and that change nothing yet. */
export function optionsWithoutEffect(options: Option[]): string {
  const idle = options.filter(isIdle);
  return idle.map(({ path }) => code(path.replaceAll('*', '<name>'))).join(', ');
}
