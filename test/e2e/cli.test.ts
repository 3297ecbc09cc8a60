import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../../services/cli/program.ts';
import { displayWidth } from '../../services/cli/text.ts';
import type { Trace } from '../../shared/record/trace.ts';
import { onTerminal, tierline as run } from '../fakes/command.ts';
import type { Ended } from '../fakes/command.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Receiver } from '../fakes/receiver.ts';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let provider: Provider;
let receiver: Receiver;
let system: TestSystem;
let env: Record<string, string>;
/** An English ticket with a requester, and a hostile Chinese one. */
let ticketId: string;
let hostileId: string;

const tierline = (...args: string[]): Promise<Ended> => run(args, env);

before(async () => {
  world = await openWorld({ appendOnly: 'everysec' });
  provider = await startProvider({
    behave: ({ body }) =>
      'response_format' in body
        ? {
            text: '{"queryType":"shipping","complexity":0.2,"language":"en"}',
            usage: { input: 100, output: 10 },
          }
        : { text: 'It is on its way.\u001b[2J', usage: { input: 512, output: 120 } },
  });
  receiver = await startReceiver();
  const config = testConfig({ providerUrl: provider.url, receiverUrl: receiver.url });
  const configFile = path.join(world.folder, 'cli.json');
  await writeFile(configFile, JSON.stringify(config));
  env = { REDIS_URL: world.redis.url, TIERLINE_CONFIG: configFile };
  system = await startTestSystem(world, config);
  const requester = { name: 'Ana', email: 'ana@example.com' };
  ticketId = (await system.post({ externalId: 'T-1', requester })).body.ticketId;
  await system.untilEnd(ticketId);
  // What the intake lets through; a model's reply may hold anything.
  const body = '我的包裹到哪里了？\u009b31m我已经等了两个星期，\u202e还没有收到任何消息。'.repeat(4);
  const hostile = await system.post({ externalId: 'T-2', body });
  assert.equal(hostile.status, 202);
  hostileId = hostile.body.ticketId;
  await system.untilEnd(hostileId);
});

after(async () => {
  await system.close();
  await receiver.close();
  await provider.close();
  await world.close();
});

/** Every command with its full name. */
function allOf(command: Command, name: string): [string, Command][] {
  return [[name, command], ...command.commands.flatMap((one) => allOf(one, `${name} ${one.name()}`))];
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test('every command begins its help with an example of itself, prints for machines, and says what it does', () => {
  const commands = allOf(buildProgram(), 'tierline').filter(([name]) => name !== 'tierline');
  assert.ok(commands.length > 12);
  for (const [name, command] of commands) {
    const help = helpOf(command);
    const example =
      name === 'tierline start' ? /^Examples?:\n {2}npm start/ : new RegExp(`^Examples?:\\n  .*${name}`);
    assert.match(help, example, name);
    // Those that print nothing but data say in which form; those that only hold others print nothing.
    if (command.commands.length === 0) assert.match(help, /--json|jsonl|JSON Schema/, name);
    assert.match(help, /--config <file>/, name);
    assert.ok(command.description() !== '', name);
  }
});

test('the help of the program lists the commands in groups, and no line is wider than 80 columns', async () => {
  const { stdout, code } = await tierline('--help');
  assert.equal(code, 0);
  for (const group of ['Run:', 'Watch:', 'Tickets:', 'Set up:'])
    assert.ok(stdout.includes(`\n${group}\n`), group);
  for (const name of [
    'status',
    'queues',
    'tickets',
    'ticket',
    'classify',
    'explain',
    'costs',
    'doctor',
    'keys',
  ]) {
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
  }
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
});

test('tierline ticket shows the same trace as the API, and for people its text, calls, reply and deliveries', async () => {
  const asJson = await tierline('ticket', ticketId, '--json');
  assert.deepEqual(JSON.parse(asJson.stdout), await system.trace(ticketId));
  const { code, stdout } = await tierline('ticket', ticketId);
  assert.equal(code, 0);
  const shown = [
    `${ticketId}  delivered`,
    'T-1, Ana',
    'Where is my parcel?',
    'It is on its way.',
    'classify',
  ];
  for (const text of [...shown, 'answer', `msg_${ticketId}_1`, '$0.0001262']) {
    assert.ok(stdout.includes(text), `${text} in\n${stdout}`);
  }
});

test('what stands in a ticket or a reply cannot command the terminal, in no command', async () => {
  for (const args of [
    ['ticket', hostileId],
    ['ticket', hostileId, '--full'],
    ['tickets'],
    ['ticket', hostileId, '--json'],
  ]) {
    const { stdout } = await tierline(...args);
    // oxlint-disable-next-line no-control-regex -- those are what must not come through
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, args.join(' '));
  }
  assert.match((await tierline('ticket', hostileId)).stdout, /It is on its way\.␛\[2J/);
});

test('a long message is cut with a word on how to see all of it', async () => {
  const body = Array.from({ length: 30 }, (_, i) => `Line ${i + 1}`).join('\n');
  const long = (await system.post({ externalId: 'T-30', body })).body.ticketId;
  await system.untilEnd(long);
  const cut = (await tierline('ticket', long)).stdout;
  assert.match(cut, /Line 8\n {2}… 22 more lines: --full shows them/);
  assert.doesNotMatch(cut, /Line 9/);
  assert.match((await tierline('ticket', long, '--full')).stdout, /Line 30/);
});

test('tierline tickets finds by what is known of a ticket, the open ones first, and says when none fits', async () => {
  const found = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await tierline('tickets', '--json', ...args);
    return (JSON.parse(stdout) as Trace[]).map((trace) => trace.ticketId);
  };
  assert.deepEqual(await found('--external-id', 'T-1'), [ticketId]);
  assert.deepEqual(await found('--external-id', 'T-1', '--language', 'de'), []);
  assert.ok(
    (await found('--tier', 'simple', '--type', 'shipping', '--source', 'shop-api')).includes(ticketId),
  );
  assert.ok((await found('--language', 'zh', '--since', '1h')).includes(hostileId));
  assert.deepEqual(await found('--state', 'dead'), []);
  assert.equal((await found('--limit', '1')).length, 1);
  provider.behave(({ stream }) => (stream ? { hang: true } : { status: 500 }));
  const open = (await system.post({ externalId: 'T-open' })).body.ticketId;
  assert.equal((await found())[0], open);
  assert.deepEqual(await found('--state', 'open'), [open]);
  await system.fetch(`/v1/tickets/${open}/cancel`, { method: 'POST' });
  const none = await tierline('tickets', '--external-id', 'nobody');
  assert.deepEqual([none.code, none.stdout], [0, '']);
  assert.match(none.stderr, /None of the \d+ tickets looked at fits/);
});

test('on terminals of 80 and 140 columns no line of any command is too wide, Chinese and emoji included', async () => {
  const commands = [
    ['tickets'],
    ['ticket', hostileId],
    ['costs'],
    ['queues'],
    ['keys', 'list'],
    ['explain', '我要退款 👍🏽'],
  ];
  for (const columns of [80, 140]) {
    for (const args of commands) {
      // oxlint-disable-next-line no-control-regex -- that is what a colour is
      const shown = (await onTerminal(columns, args, env)).replaceAll(/\u001b\[[\d;]*m/g, '');
      for (const line of shown.split('\n')) {
        assert.ok(displayWidth(line) <= columns, `${args.join(' ')}: ${line}`);
      }
    }
  }
});

test('columns stand below each other where a message is Chinese', async () => {
  const { stdout } = await tierline('tickets');
  const [head = '', ...rows] = stdout.split('\n').filter((line) => line !== '');
  const at = displayWidth(head.slice(0, head.indexOf('source')));
  for (const row of rows) {
    const left = row.slice(0, row.indexOf('shop-api'));
    assert.equal(displayWidth(left), at, row);
  }
});

test('the next command is suggested on a terminal, and never in a pipe', async () => {
  assert.match(await onTerminal(100, ['tickets'], env), /tierline ticket t_[0-9a-z]+.*the story of one/);
  assert.equal((await tierline('tickets')).stderr, '');
});

test('tierline costs prints the ledger, its rows add up to the total, and csv carries exact amounts', async () => {
  const since = ['--since', '2h'];
  const { stdout } = await tierline('costs', '--json', '--by', 'model,purpose', ...since);
  const costs = JSON.parse(stdout) as { rows: { nanoUsd: string }[]; totalNanoUsd: string };
  const sum = costs.rows.reduce((total, row) => total + Number(row.nanoUsd), 0);
  assert.equal(String(sum), costs.totalNanoUsd);
  assert.ok(sum > 0);
  assert.match((await tierline('costs', ...since)).stdout, /small +shipping +en +simple +\d/);
  const csv = (await tierline('costs', '--format', 'csv', '--by', 'purpose', ...since)).stdout.split('\n');
  assert.equal(csv[0], 'purpose,calls,faults,tickets,inputTokens,outputTokens,costUsd');
  assert.match(csv[1] ?? '', /^(?:answer|classify),\d+,\d+,\d+,\d+,\d+,0\.000\d+$/);
});

test('what a call cost is shown as unknown where nobody knows, never as nothing', async () => {
  provider.behave({ text: 'It is on its way.', usage: null });
  const unpriced = (await system.post({ externalId: 'T-unpriced' })).body.ticketId;
  await system.untilEnd(unpriced);
  assert.match((await tierline('ticket', unpriced)).stdout, /^cost +unknown$/m);
  const { stdout, stderr } = await tierline('costs', '--by', 'model');
  assert.match(stdout, /small .*≥ \$0\.00/);
  assert.match(stderr, /calls? ha(?:s|ve) no known cost/);
});

test('where nothing was spent, and where there is no ticket or key, it is said what to do', async () => {
  const empty = { ...env, TIERLINE_PREFIX: 'nobody-was-here' };
  const cases: [string[], RegExp][] = [
    [['costs'], /No model was called in the last 7d/],
    [['tickets'], /There is no ticket yet/],
    [['keys', 'list'], /No key is stored/],
  ];
  for (const [args, message] of cases) {
    const ended = await run(args, empty);
    assert.deepEqual([ended.code, ended.stdout], [0, ''], args.join(' '));
    assert.match(ended.stderr, message);
  }
  assert.deepEqual(JSON.parse((await run(['tickets', '--json'], empty)).stdout), []);
});

test('a key made by tierline keys works at the intake until it is revoked, and is never shown again', async () => {
  const raw = (await tierline('keys', 'create', 'reader', '--scopes', 'read')).stdout.trim();
  const read = await system.fetch(`/v1/tickets/${ticketId}`, { headers: { authorization: `Bearer ${raw}` } });
  assert.equal(read.status, 200);
  const listed = await tierline('keys', 'list', '--json');
  assert.ok(!listed.stdout.includes(raw));
  assert.ok(!listed.stdout.includes('hash'));
  const [{ id }] = JSON.parse(listed.stdout) as [{ id: string }];
  assert.match(
    (await tierline('keys', 'list')).stdout,
    new RegExp(`${id} +reader +read +all +(?:just now|\\d+ s ago)`),
  );
  const revoked = await tierline('keys', 'revoke', id, '--json');
  assert.deepEqual(Object.keys(JSON.parse(revoked.stdout) as object), ['id', 'revokedAt']);
  assert.match((await tierline('keys', 'list', '--json')).stdout, /"revokedAt": "2/);
});

test('explain shows the route, the chain and what a reply of each model would cost, and calls nobody', async () => {
  const requests = provider.requests.length;
  const { stdout } = await tierline('explain', '我要退款', '--json');
  const explained = JSON.parse(stdout) as {
    classification: { queryType: string; language: string; tier: string };
    usable: string[];
    models: { name: string; inputTokens: number; costUsd: number; isUsable: boolean }[];
  };
  const { queryType, language, tier } = explained.classification;
  assert.deepEqual([queryType, language, tier, explained.usable], ['refund', 'zh', 'simple', ['small']]);
  const [small] = explained.models;
  // 0.1 and 0.5 USD per million tokens, and a reply of 200.
  assert.equal(small?.costUsd, Math.round(small!.inputTokens * 100 + 200 * 500) / 1e9);
  assert.ok(small.inputTokens > 50 && small.isUsable);
  assert.match(
    (await tierline('explain', '我要退款')).stdout,
    /small +small-1 +\d+ +\$0\.000\d+ +answers first/,
  );
  assert.equal(provider.requests.length, requests);
});

test('run and queues take --json too, wherever it stands', async () => {
  const paused = await tierline('queues', '--json', 'pause', 'deliver');
  assert.equal((JSON.parse(paused.stdout) as { paused: boolean }).paused, true);
  const resumed = await tierline('queues', 'resume', 'deliver', '--json');
  assert.equal((JSON.parse(resumed.stdout) as { paused: boolean }).paused, false);
  const queues = JSON.parse((await tierline('queues', '--json')).stdout) as { stages: unknown[] };
  assert.equal(queues.stages.length, 5);
});
