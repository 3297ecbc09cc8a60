/** `tierline keys`: API keys, stored hashed, shown once. */
import type { Command } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { scopes } from '../ingest/api-keys.ts';
import type { Scope } from '../ingest/api-keys.ts';
import { addApiKey, listApiKeys, revokeApiKey } from '../ingest/key-store.ts';
import { withApp } from './context.ts';
import { note, printJson, printTable } from './output.ts';
import { withExample } from './example.ts';

const list = (text: string): string[] => text.split(',').map((part) => part.trim());

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('API keys of the intake');
  addCreate(keys);
  addList(keys);
  addRevoke(keys);
}

function addCreate(keys: Command): void {
  const create = keys
    .command('create')
    .description('makes a key and shows it once')
    .argument('<name>', 'what it is for')
    .option('--scopes <scopes>', `any of ${scopes.join(',')}`, 'ingest,read')
    .option('--sources <names>', 'only these sources (default: all)')
    .option('--json', 'as JSON')
    .action((name: string, options: { scopes: string; sources?: string; json?: boolean }) =>
      withApp(create, async (app) => {
        const sources = options.sources === undefined ? null : list(options.sources);
        const unknown = sources?.find((source) => !app.runtime().config.sources[source]);
        if (unknown !== undefined)
          throw new TierlineError('usage', `there is no source "${unknown}" in the configuration`);
        const createdAt = new Date(app.now()).toISOString();
        const { raw, record } = await addApiKey(app, {
          name,
          scopes: parseScopes(options.scopes),
          sources,
          createdAt,
        });
        if (options.json) return printJson({ key: raw, ...record, hash: undefined });
        process.stdout.write(`${raw}\n`);
        note('Keep it now: only its hash is stored.');
      }),
    );
  withExample(create, 'tierline keys create webshop --scopes ingest --sources shop-api');
}

function addList(keys: Command): void {
  const show = keys
    .command('list')
    .description('the stored keys, without their secrets')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withApp(show, async (app) => {
        const records = await listApiKeys(app);
        if (options.json) return printJson(records.map((record) => ({ ...record, hash: undefined })));
        printTable(
          ['id', 'name', 'scopes', 'sources', 'created', 'revoked'],
          records.map((one) => [
            one.id,
            one.name,
            one.scopes.join(','),
            one.sources?.join(',') ?? 'all',
            one.createdAt,
            one.revokedAt ?? '',
          ]),
        );
      }),
    );
  withExample(show, 'tierline keys list');
}

function addRevoke(keys: Command): void {
  const revoke = keys
    .command('revoke')
    .description('ends a key; it stops working within 5 seconds')
    .argument('<id>', 'as `tierline keys list` shows it')
    .action((id: string) =>
      withApp(revoke, async (app) => {
        const revoked = await revokeApiKey(app, id, new Date(app.now()).toISOString());
        if (!revoked) throw new TierlineError('unknown_key', `there is no key with the id "${id}"`);
        note(`${id} is revoked`);
      }),
    );
  withExample(revoke, 'tierline keys revoke 7hQx2mZa');
}

function parseScopes(text: string): Scope[] {
  const wanted = list(text);
  const unknown = wanted.find((scope) => !(scopes as readonly string[]).includes(scope));
  if (unknown !== undefined)
    throw new TierlineError('usage', `there is no scope "${unknown}". Scopes: ${scopes.join(', ')}`);
  return scopes.filter((scope) => wanted.includes(scope));
}
