/** docs/configuration.md: the hand-written text of configuration.md in this folder, and tables in the places of its markers. */
import { configJsonSchema } from '../../shared/config/json-schema.ts';
import { optionsOf } from './options.ts';
import {
  isEntry,
  isIdle,
  optionsBelow,
  optionTable,
  optionsWithoutEffect,
  sameOptions,
} from './option-table.ts';
import { presetTable } from './preset-table.ts';

const notice =
  '<!-- Made by `npm run docs` from infra/docs/configuration.md, shared/config/schema*.ts and presets.ts: change those. -->';

/** `template`: Markdown with lines such as `<!-- options models.* -->`. @throws Error where an option has no place in it. */
export function configurationPage(template: string): string {
  const options = optionsOf(configJsonSchema());
  const told = new Set<unknown>();
  const table = (part: string, variant: string | null): string => {
    const below = optionsBelow(options, part, variant);
    if (below.length === 0) throw new Error(`there are no options at ${part} ${variant ?? ''}`);
    for (const option of below) told.add(option);
    const isPartIdle = options.some((option) => option.path === part && isIdle(option));
    return `${isPartIdle ? 'No effect in this version.\n\n' : ''}${optionTable(below, part)}`;
  };
  const single = (path: string): string => {
    const found = options.filter((option) => option.path === path);
    for (const option of found) told.add(option);
    return optionTable(found, '');
  };
  const fill = (kind: string, [part = '', ...rest]: string[]): string => {
    if (kind === 'options') return table(part, rest.join(' ') || null);
    if (kind === 'option') return single(part);
    if (kind === 'presets') return presetTable();
    if (kind === 'without-effect') return optionsWithoutEffect(options);
    if (kind !== 'same') throw new Error(`there is no marker "${kind}"`);
    for (const option of optionsBelow(options, part, null)) told.add(option);
    return sameOptions(options, part, rest[0] ?? '');
  };
  const page = template.replaceAll(/<!-- ([a-z-]+)((?: \S+)*) -->/g, (_, kind: string, words: string) =>
    fill(
      kind,
      words.split(' ').filter((word) => word !== ''),
    ),
  );
  const untold = options.filter((option) => !told.has(option) && !option.isGroup && !isEntry(option));
  if (untold.length > 0) {
    const paths = untold.map(({ path, variant }) => [path, variant ?? []].flat().join(' '));
    throw new Error(`infra/docs/configuration.md has no marker for ${paths.join(', ')}`);
  }
  return `${notice}\n\n${page}`;
}
