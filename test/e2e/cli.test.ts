import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Receiver } from '../fakes/receiver.ts';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

const main = fileURLToPath(new URL('../../services/cli/main.ts', import.meta.url));

let world: TestWorld;
let provider: Provider;
let receiver: Receiver;
let system: TestSystem;
let configFile: string;
let ticketId: string;

type Ended = { code: number; stdout: string; stderr: string };

function tierline(...args: string[]): Promise<Ended> {
  const env = { ...process.env, REDIS_URL: world.redis.url, TIERLINE_CONFIG: configFile };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

before(async () => {
  world = await openWorld();
  provider = await startProvider({
    behave: ({ body }) =>
      'response_format' in body
        ? {
            text: '{"queryType":"shipping","complexity":0.2,"language":"en"}',
            usage: { input: 100, output: 10 },
          }
        : { text: 'It is on its way.', usage: { input: 512, output: 120 } },
  });
  receiver = await startReceiver();
  const config = testConfig({ providerUrl: provider.url, receiverUrl: receiver.url });
  configFile = path.join(world.folder, 'cli.json');
  await writeFile(configFile, JSON.stringify(config));
  system = await startTestSystem(world, config);
  ticketId = (await system.post({ externalId: 'T-1' })).body.ticketId;
  await system.untilEnd(ticketId);
});

after(async () => {
  await system.close();
  await receiver.close();
  await provider.close();
  await world.close();
});

test('tierline ticket shows the same trace as the API, and for people its calls and deliveries', async () => {
  const asJson = await tierline('ticket', ticketId, '--json');
  assert.deepEqual(JSON.parse(asJson.stdout), await system.trace(ticketId));
  const { code, stdout } = await tierline('ticket', ticketId);
  assert.equal(code, 0);
  for (const shown of [`${ticketId}  delivered`, 'classify', 'answer', `msg_${ticketId}_1`, '$0.0001262']) {
    assert.ok(stdout.includes(shown), shown);
  }
});

test('tierline costs prints the ledger, and its rows add up to the total', async () => {
  const { stdout } = await tierline('costs', '--json', '--by', 'model,purpose');
  const costs = JSON.parse(stdout) as { rows: { costUsd: number; nanoUsd: string }[]; totalNanoUsd: string };
  assert.equal(costs.rows.length, 2);
  assert.equal(costs.totalNanoUsd, '126200');
  assert.equal(String(costs.rows.reduce((sum, row) => sum + Number(row.nanoUsd), 0)), costs.totalNanoUsd);
  assert.match((await tierline('costs')).stdout, /small +shipping +en +simple/);
});

test('a key made by tierline keys works at the intake until it is revoked, and is never shown again', async () => {
  const raw = (await tierline('keys', 'create', 'reader', '--scopes', 'read')).stdout.trim();
  const read = await system.fetch(`/v1/tickets/${ticketId}`, { headers: { authorization: `Bearer ${raw}` } });
  assert.equal(read.status, 200);
  const listed = await tierline('keys', 'list', '--json');
  assert.ok(!listed.stdout.includes(raw));
  const [{ id }] = JSON.parse(listed.stdout) as [{ id: string }];
  assert.equal((await tierline('keys', 'revoke', id)).code, 0);
  assert.match((await tierline('keys', 'list', '--json')).stdout, /"revokedAt": "2/);
});

test('what is wrong ends in one sentence: exit 2 for wrong usage, 1 for what failed', async () => {
  const wrong: [string[], number, RegExp][] = [
    [['no-such-command'], 2, /unknown command/],
    [['run', 'clasifier'], 2, /there is no role "clasifier"\. Roles: ingest/],
    [['costs', '--since', 'yesterday'], 2, /--since takes hours or days/],
    [['tickets', '--state', 'lost'], 2, /there is no state "lost"/],
    [['ticket', 't_0000000000'], 1, /there is no ticket/],
    [['--config', '/no/such.yaml', 'config', 'check'], 1, /such\.yaml/],
  ];
  for (const [args, code, message] of wrong) {
    const ended = await tierline(...args);
    assert.equal(ended.code, code, args.join(' '));
    assert.match(ended.stderr, message);
    assert.doesNotMatch(ended.stderr, /\n\s+at /);
  }
});
