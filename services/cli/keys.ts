/** `tierline keys`: API keys, stored hashed, shown once. */
import type { Command } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { scopes } from '../ingest/api-keys.ts';
import type { ApiKeyRecord } from '../ingest/api-keys.ts';
import { addApiKey, listApiKeys, revokeApiKey } from '../ingest/key-store.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { agoText } from './format.ts';
import { note, print, printJson, printTable, suggestNext } from './output.ts';
import { parseNames, requireName } from './usage.ts';

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('API keys of the intake: create, list, revoke');
  withExample(keys, 'tierline keys create webshop --scopes ingest', 'tierline keys list');
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
        const known = Object.keys(app.runtime().config.sources);
        const sources = options.sources === undefined ? null : parseNames('source', options.sources, known);
        const createdAt = new Date(app.now()).toISOString();
        const { raw, record } = await addApiKey(app, {
          name,
          scopes: parseNames('scope', options.scopes, scopes),
          sources,
          createdAt,
        });
        if (options.json) return printJson({ key: raw, ...shown(record) });
        print(raw);
        note('Keep it now: only its hash is stored.');
        suggestNext(['keys list', 'the keys there are'], [`keys revoke ${record.id}`, 'ends this one']);
      }),
    );
  withExample(create, 'tierline keys create webshop --scopes ingest --sources shop-api');
}

/** A record without its hash. */
function shown({ hash: _hash, ...record }: ApiKeyRecord): Omit<ApiKeyRecord, 'hash'> {
  return record;
}

function addList(keys: Command): void {
  const show = keys
    .command('list')
    .description('the stored keys, without their secrets')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withApp(show, async (app) => {
        const records = await listApiKeys(app);
        if (options.json) return printJson(records.map(shown));
        if (records.length === 0) {
          note(
            'No key is stored. Those in TIERLINE_API_KEYS and the one of `npm start` are not listed here.',
          );
          return suggestNext(['keys create webshop --scopes ingest', 'makes one']);
        }
        printTable(
          [
            'id',
            { head: 'name', shrinks: true },
            'scopes',
            { head: 'sources', shrinks: true },
            'created',
            'revoked',
          ],
          records.map((one) => [
            one.id,
            one.name,
            one.scopes.join(','),
            one.sources?.join(',') ?? 'all',
            agoText(app.now() - Date.parse(one.createdAt)),
            {
              text: one.revokedAt === null ? '' : agoText(app.now() - Date.parse(one.revokedAt)),
              style: 'red',
            },
          ]),
        );
        const live = records.find(({ revokedAt }) => revokedAt === null);
        if (live) suggestNext([`keys revoke ${live.id}`, 'ends a key within 5 seconds']);
      }),
    );
  withExample(show, 'tierline keys list');
}

function addRevoke(keys: Command): void {
  const revoke = keys
    .command('revoke')
    .description('ends a key; it stops working within 5 seconds')
    .argument('<id>', 'as `tierline keys list` shows it')
    .option('--json', 'as JSON')
    .action((id: string, options: { json?: boolean }) =>
      withApp(revoke, async (app) => {
        const revokedAt = new Date(app.now()).toISOString();
        if (!(await revokeApiKey(app, id, revokedAt))) {
          const ids = (await listApiKeys(app)).map((record) => record.id);
          if (ids.length > 0) requireName('key', id, ids);
          throw new TierlineError('unknown_key', 'No key is stored, so there is none to revoke.');
        }
        if (options.json) return printJson({ id, revokedAt });
        note(`${id} is revoked: it stops working within 5 seconds.`);
        suggestNext(['keys list', 'the keys there are']);
      }),
    );
  withExample(revoke, 'tierline keys revoke 7hQx2mZa');
}
