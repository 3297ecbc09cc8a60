/** The mistakes of the first half hour: each ends in a few words that name the thing and the cure. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { connectRedis } from '../../shared/redis.ts';
import { projectRoot, runFile, startProcess } from '../fakes/command.ts';
import type { Ended } from '../fakes/command.ts';
import { startProvider } from '../fakes/provider.ts';
import { until } from '../fakes/scene.ts';
import { apiKey, openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let locked: TestWorld;
let taken: Server;

/** The entry that people type, with the Node that runs the tests. */
const command = path.join(projectRoot, 'tierline');
const searchPath = `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`;
const quiet = { INGEST_PORT: '0', CONSOLE_PORT: '0', TIERLINE_API_KEYS: apiKey, PATH: searchPath };

before(async () => {
  world = await openWorld({ appendOnly: 'everysec' });
  locked = await openWorld();
  const redis = connectRedis(locked.redis.url, 'patient', () => undefined);
  await redis.config('SET', 'requirepass', 'right');
  await redis.quit();
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
});

after(async () => {
  taken.close();
  await locked.close();
  await world.close();
});

const takenPort = (): string => String((taken.address() as AddressInfo).port);

/** A configuration of one line for each section; each mistake changes one of them. */
const right = {
  providers:
    'providers: { fake: { api: openai, baseUrl: "http://127.0.0.1:9/v1", apiKey: "${env:FAKE_KEY}" } }',
  models:
    'models: { small: { provider: fake, model: small-1, price: { inputPerMTok: 1, outputPerMTok: 2 } } }',
  classifier:
    'classifier: { queryTypes: { refund: { description: money back, examples: [I want my money back] } } }',
  tiers: 'tiers: { simple: { models: [small] }, complex: { models: [small] } }',
  routes: 'routes: []',
  sources: 'sources: { shop: { platform: generic } }',
  destinations: 'destinations: { file: { type: log, path: replies.jsonl } }',
};
type Lines = Partial<Record<keyof typeof right | 'more', string>>;

let files = 0;

async function writeYaml(lines: Lines): Promise<string> {
  files += 1;
  const file = path.join(world.folder, `newcomer-${files}.yaml`);
  await writeFile(file, `${Object.values({ ...right, ...lines }).join('\n')}\n`);
  return file;
}

type Mistake = {
  name: string;
  args: string[];
  /** In place of the right lines of the file. */
  lines?: Lines;
  env?: () => Record<string, string>;
  code: 1 | 2;
  /** Each must be in what is told. */
  told: RegExp[];
};

const start = ['run', 'all'];
const secret = '"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"';

const mistakes: Mistake[] = [
  {
    name: 'a tab in the YAML',
    args: start,
    lines: { routes: 'routes:\n\t- { tier: simple }' },
    code: 1,
    told: [/newcomer-\d+\.yaml:6:1: a tab cannot indent in YAML; use spaces/, /tierline config check/],
  },
  {
    name: 'an unknown model in a chain',
    args: start,
    lines: { tiers: 'tiers: { simple: { models: [smal] } }' },
    code: 1,
    told: [
      /\.yaml:4:29 tiers\.simple\.models\[0\]: unknown model "smal"\. Did you mean "small"\? Models: small/,
    ],
  },
  {
    name: 'a destination on loopback',
    args: start,
    lines: {
      destinations: `destinations: { hook: { type: webhook, url: "http://127.0.0.1:1/hook", secret: ${secret} } }`,
    },
    code: 1,
    told: [
      /\.yaml:7:\d+ destinations\.hook\.url: 127\.0\.0\.1 is not a public address/,
      /allowPrivateNetworks: true/,
    ],
  },
  {
    name: 'a forgotten secret',
    args: start,
    lines: {
      destinations:
        'destinations: { hook: { type: webhook, url: "https://shop.example/hook", secret: "${env:SHOP_SECRET}" } }',
    },
    code: 1,
    told: [
      /\.yaml:7:\d+ destinations\.hook\.secret: the environment variable SHOP_SECRET is not set/,
      /set what it refers to/,
    ],
  },
  {
    name: 'an unknown tier in a route',
    args: start,
    lines: { routes: 'routes: [{ when: { language: de }, tier: simpel }]' },
    code: 1,
    told: [
      /\.yaml:5:\d+ routes\[0\]\.tier: unknown tier "simpel"\. Did you mean "simple"\? Tiers: simple, complex/,
    ],
  },
  {
    name: 'a key that stands twice',
    args: start,
    lines: { more: 'models: {}' },
    code: 1,
    told: [/\.yaml:8:1: the key "models" stands twice in the same place/],
  },
  {
    name: 'a misspelt key',
    args: start,
    lines: { tiers: 'tiers: { simple: { models: [small], concurency: 3 }, complex: { models: [small] } }' },
    code: 1,
    told: [/\.yaml:4:\d+ tiers\.simple\.concurency: unknown key "concurency"\. Did you mean "concurrency"\?/],
  },
  {
    name: 'a value of the wrong type',
    args: start,
    lines: { tiers: 'tiers: { simple: small }' },
    code: 1,
    told: [/\.yaml:4:\d+ tiers\.simple: must be a map of keys and values, is the text "small"/],
  },
  {
    name: 'a number as text',
    args: start,
    lines: {
      tiers: 'tiers: { simple: { models: [small], concurrency: "10" }, complex: { models: [small] } }',
    },
    code: 1,
    told: [
      /\.yaml:4:\d+ tiers\.simple\.concurrency: must be a number, is the text "10": write it without quotes/,
    ],
  },
  {
    name: 'a context file that is missing',
    args: start,
    lines: {
      tiers: 'tiers: { simple: { models: [small], context: [catalogue.md] }, complex: { models: [small] } }',
    },
    code: 1,
    told: [/\.yaml:4:\d+ tiers\.simple\.context\[0\]: the file .*catalogue\.md cannot be read/],
  },
  {
    name: 'many mistakes at once',
    args: start,
    lines: {
      models:
        'models: { a: { provider: x, model: m }, b: { provider: x, model: m }, c: { provider: x, model: m }, d: { provider: x, model: m }, e: { provider: x, model: m } }',
      tiers: 'tiers: { simple: { models: [a] } }',
    },
    code: 1,
    told: [/unknown provider "x"/, /and \d more/],
  },
  {
    name: 'a configuration that is not there',
    args: ['--config', '/no/such.yaml', ...start],
    code: 1,
    told: [/\/no\/such\.yaml:1:1: the file does not exist/, /--config or TIERLINE_CONFIG/],
  },
  {
    name: 'no Redis at REDIS_URL',
    args: ['status'],
    env: () => ({ REDIS_URL: 'redis://127.0.0.1:9' }),
    code: 1,
    told: [/Redis at 127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)\. Start it there, or set REDIS_URL/],
  },
  {
    name: 'no Redis at the start',
    args: start,
    env: () => ({ REDIS_URL: 'redis://127.0.0.1:9' }),
    code: 1,
    told: [/Redis at 127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)\. Start it there, or set REDIS_URL/],
  },
  {
    name: 'a wrong Redis password',
    args: start,
    env: () => ({ REDIS_URL: locked.redis.url.replace('//', '//:wrong@') }),
    code: 1,
    told: [/Redis at 127\.0\.0\.1:\d+ refuses the user name or password in REDIS_URL\. Correct it there/],
  },
  {
    name: 'no Redis password where one is wanted',
    args: ['queues'],
    env: () => ({ REDIS_URL: locked.redis.url }),
    code: 1,
    told: [/wants a password, and REDIS_URL has none\. Write it as redis:\/\/:PASSWORD@HOST:PORT/],
  },
  {
    name: 'a REDIS_URL without its scheme',
    args: ['status'],
    env: () => ({ REDIS_URL: 'localhost:6379' }),
    code: 1,
    told: [/REDIS_URL must begin with redis:\/\/ or rediss:\/\/, as in redis:\/\/127\.0\.0\.1:6379/],
  },
  {
    name: 'a port that is taken',
    args: start,
    env: () => ({ INGEST_PORT: takenPort() }),
    code: 1,
    told: [/Port \d+ on 127\.0\.0\.1 is taken\. Stop what uses it, or set INGEST_PORT to another port/],
  },
  {
    name: 'a port that is none',
    args: start,
    env: () => ({ CONSOLE_PORT: 'eighty' }),
    code: 1,
    told: [/CONSOLE_PORT must be a port, a whole number from 0 to 65535, is "eighty"/],
  },
  {
    name: 'a console for everybody without a token',
    args: start,
    env: () => ({ CONSOLE_HOST: '0.0.0.0' }),
    code: 1,
    told: [/0\.0\.0\.0 without CONSOLE_TOKEN/, /Set one, or use 127\.0\.0\.1/],
  },
  {
    name: 'an unknown command',
    args: ['statu'],
    code: 2,
    told: [/unknown command 'statu'/, /Did you mean status\?/],
  },
  {
    name: 'an unknown option',
    args: ['tickets', '--stat', 'dead'],
    code: 2,
    told: [/unknown option '--stat'/, /Did you mean --state\?/],
  },
  {
    name: 'a missing argument',
    args: ['explain'],
    code: 2,
    told: [/missing required argument 'text'/, /--help/],
  },
  {
    name: 'an unknown role',
    args: ['run', 'clasifier'],
    code: 2,
    told: [/There is no role "clasifier"\. Did you mean "classifier"\? Roles: ingest, classifier/],
  },
  {
    name: 'an unknown tier to run',
    args: ['run', 'tier', '--tier', 'simpel'],
    code: 2,
    told: [/There is no tier "simpel"\. Did you mean "simple"\? Tiers: simple, complex/],
  },
  {
    name: 'an unknown queue',
    args: ['queues', 'pause', 'simple'],
    code: 2,
    told: [/There is no queue "simple"\./, /Queues: .*tier\.simple/],
  },
  {
    name: 'an unknown state',
    args: ['tickets', '--state', 'deliverd'],
    code: 2,
    told: [/There is no state "deliverd"\. Did you mean "delivered"\?/],
  },
  {
    name: 'an unknown ticket',
    args: ['ticket', 't_00k3v9z2m8q1x7c4b6n5a0s2'],
    code: 1,
    told: [/There is no ticket "t_00k3v9z2m8q1x7c4b6n5a0s2"\. .*REDIS_URL, TIERLINE_PREFIX/],
  },
  {
    name: "an id of the helpdesk's own",
    args: ['ticket', 'T-1001'],
    code: 1,
    told: [/There is no ticket "T-1001"\./, /tierline tickets --external-id T-1001/],
  },
  {
    name: 'a span that is none',
    args: ['costs', '--since', 'yesterday'],
    code: 2,
    told: [/--since takes a span such as 90min, 12h, 7d or 2w, not "yesterday"/],
  },
  {
    name: 'an unknown side of the costs',
    args: ['costs', '--by', 'modell'],
    code: 2,
    told: [/There is no side "modell"\. Did you mean "model"\?/],
  },
  {
    name: 'an unknown source',
    args: ['explain', 'Where is it?', '--source', 'shp'],
    code: 2,
    told: [/There is no source "shp"\. Did you mean "shop"\?/],
  },
  {
    name: 'an unknown scope of a key',
    args: ['keys', 'create', 'shop', '--scopes', 'ingst'],
    code: 2,
    told: [/There is no scope "ingst"\. Did you mean "ingest"\? Scopes: ingest, read, admin/],
  },
];

/** Without what npm says of itself. */
const told = ({ stderr }: Ended): string =>
  stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('npm '))
    .join('\n');

function assertFewWords(ended: Ended, { code, told: wanted }: Pick<Mistake, 'code' | 'told'>): void {
  const text = told(ended);
  for (const pattern of wanted) assert.match(text, pattern);
  assert.equal(ended.code, code, text);
  assert.ok(text.split('\n').length <= 6, text);
  assert.ok(text.startsWith('tierline: '), text);
  assert.doesNotMatch(text, /\n\s+at |node:internal|\.ts:\d/);
}

const environmentFor = async ({ lines, env }: Mistake): Promise<Record<string, string>> => ({
  ...quiet,
  REDIS_URL: world.redis.url,
  TIERLINE_CONFIG: await writeYaml(lines ?? {}),
  ...env?.(),
});

describe('./tierline says what is wrong and what to do', { concurrency: 3 }, () => {
  for (const mistake of mistakes) {
    it(`${mistake.name}: ${mistake.args.join(' ')} exits with ${mistake.code}`, async () => {
      assertFewWords(await runFile(command, mistake.args, await environmentFor(mistake)), mistake);
    });
  }
});

const ofStart = new Set([
  'a tab in the YAML',
  'a forgotten secret',
  'a wrong Redis password',
  'a port that is taken',
]);

describe('npm start says the same', { concurrency: 3 }, () => {
  for (const mistake of mistakes.filter(({ name }) => ofStart.has(name))) {
    it(mistake.name, async () => {
      assertFewWords(await runFile('npm', ['start'], await environmentFor(mistake)), mistake);
    });
  }
});

/** A system whose provider refuses its key, and whose tickets have little time. */
async function withWrongKey(t: { after: (work: () => Promise<unknown>) => void }) {
  const provider = await startProvider({ behave: { status: 401, error: { type: 'authentication_error' } } });
  t.after(() => provider.close());
  const url = `${provider.url}/v1`;
  const file = await writeYaml({
    providers: `providers: { fake: { api: openai, baseUrl: "${url}", apiKey: "\${env:FAKE_KEY}" } }`,
    models:
      'models: { small: { provider: fake, model: small-1, timeoutMs: 900, price: { inputPerMTok: 1, outputPerMTok: 2 } } }',
    tiers:
      'tiers: { simple: { models: [small], deadlineMs: 1000 }, complex: { models: [small], deadlineMs: 1000 } }',
  });
  return { FAKE_KEY: 'sk-wrong-key-of-a-newcomer', TIERLINE_CONFIG: file, REDIS_URL: world.redis.url };
}

async function post(address: string): Promise<string> {
  const response = await fetch(`${address}/v1/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'shop', externalId: 'T-1', body: 'I want my money back' }),
  });
  return ((await response.json()) as { ticketId: string }).ticketId;
}

async function stateOf(address: string, ticketId: string): Promise<string> {
  const response = await fetch(`${address}/v1/tickets/${ticketId}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return ((await response.json()) as { state: string }).state;
}

test('a wrong provider key: the ticket goes to people, the log has an error with the cure, status and doctor name it', async (t) => {
  const env = { ...quiet, ...(await withWrongKey(t)), TIERLINE_PREFIX: 'wrong-key' };
  const running = startProcess(command, ['run', 'all'], env);
  t.after(() => running.stop());
  const [, address = ''] = await running.until(/^ingest (\S+)$/m);
  const ticketId = await post(address);
  await until(async () => ((await stateOf(address, ticketId)) === 'handed_off' ? true : null));
  const [line] = await running.until(/^.*"level":"error".*"msg":"call\.failed".*$/m);
  const { provider, fault, status, cure } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual([provider, fault, status], ['fake', 'auth', 401]);
  assert.match(String(cure), /tierline doctor/);
  assert.ok(!running.output().includes(env.FAKE_KEY));

  const stood = await runFile(command, ['status'], env);
  assert.equal(stood.code, 1);
  assert.match(stood.stdout, /breaker of model small is open: fake refuses the key/);
  const examined = await runFile(command, ['doctor'], env);
  assert.equal(examined.code, 1);
  assert.match(
    examined.stdout,
    /fail +provider +fake \(small\) refuses the key \(HTTP 401\)\. Check the key in FAKE_KEY/,
  );
  assert.equal(await running.stop(), 0);
});

test('a wrong provider key: npm start says so in one line', async (t) => {
  const env = { ...quiet, ...(await withWrongKey(t)), TIERLINE_PREFIX: 'wrong-key-start' };
  const running = startProcess('npm', ['start'], env);
  t.after(() => running.stop());
  const [, address = ''] = await running.until(/^ingest (\S+)$/m);
  assert.match((await running.until(/^Models: .*$/m))[0], /small \(fake\).*doctor/);
  await post(address);
  const [line] = await running.until(/^fake refuses .*$/m);
  assert.match(line, /fake refuses the key \(HTTP 401\): model small .*\.\/tierline doctor says what to do/);
  assert.doesNotMatch(running.output(), /sk-wrong-key-of-a-newcomer|"level"/);
});

test('two systems on one prefix with different configurations are told of, with both files and the two cures', async (t) => {
  const one = await writeYaml({});
  const other = await writeYaml({
    tiers: 'tiers: { simple: { models: [small], concurrency: 3 }, complex: { models: [small] } }',
  });
  const env = { ...quiet, REDIS_URL: world.redis.url, TIERLINE_PREFIX: 'two-systems' };
  for (const file of [one, other]) {
    const running = startProcess(command, ['run', 'classifier'], { ...env, TIERLINE_CONFIG: file });
    t.after(() => running.stop());
    await running.until(/"msg":"process\.started"/);
  }
  const asked = { ...env, TIERLINE_CONFIG: one };
  const ended = await until(async () => {
    const stood = await runFile(command, ['status', '--json'], asked);
    return stood.stdout.includes('configurations_differ') ? stood : null;
  });
  assert.equal(ended.code, 1);
  const { findings } = JSON.parse(ended.stdout) as {
    findings: { code: string; message: string; cure: string }[];
  };
  const { message, cure } = findings.find(({ code }) => code === 'configurations_differ')!;
  assert.ok(message.includes(one) && message.includes(other), message);
  assert.match(message, /key prefix "two-systems"/);
  assert.match(cure, /the same file.*TIERLINE_PREFIX/);
});
