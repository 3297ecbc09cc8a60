import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { checkDestinations } from '../../services/cli/doctor/check-destinations.ts';
import { checkNode } from '../../services/cli/doctor/check-machine.ts';
import { targetsOf } from '../../services/cli/doctor/check-providers.ts';
import type { Check } from '../../services/cli/doctor/check.ts';
import { examine } from '../../services/cli/doctor/examine.ts';
import { readEnvironment } from '../../services/environment.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { connectRedis } from '../../shared/redis.ts';
import { onTerminal, tierline } from '../fakes/command.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Behave, Behaviour, Provider } from '../fakes/provider.ts';
import { startReceiver } from '../fakes/receiver.ts';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld({ appendOnly: 'everysec' });
});

after(() => world.close());

type Json = Record<string, unknown>;
type Report = { ok: boolean; checks: Check[]; calls: number; costUsd: number | null };

const receiverUrl = 'http://127.0.0.1:9/hook';
const freePorts = { INGEST_PORT: '0', CONSOLE_PORT: '0' };
let files = 0;

async function writeConfig(config: Json | string): Promise<string> {
  files += 1;
  const file = path.join(world.folder, `doctor-${files}.json`);
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  return file;
}

/** The provider's key by reference, as it should be; secrets of the others too. */
function configOf(providerUrl: string, overrides: Json = {}): Json {
  const config = testConfig({ providerUrl, receiverUrl }, overrides) as {
    providers: { fake: Json };
    sources: Json;
    destinations: { hook: Json };
  };
  config.providers.fake['apiKey'] ??= '${env:FAKE_KEY}';
  if (overrides['providers'] === undefined) config.providers.fake['apiKey'] = '${env:FAKE_KEY}';
  config.sources = { 'shop-api': { platform: 'generic', destination: 'hook' } };
  config.destinations.hook['secret'] = '${env:HOOK_SECRET}';
  return config;
}

const secrets = { FAKE_KEY: 'sk-test', HOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };

/** All checks, in this process, as the command makes them. */
async function examineWith(
  config: Json | string,
  options: {
    env?: Record<string, string>;
    redisUrl?: string | null;
    now?: () => number;
    calls?: boolean;
  } = {},
) {
  const env = { ...freePorts, ...secrets, ...options.env };
  const loaded = loadConfig({ file: await writeConfig(config), env });
  const targets =
    loaded.kind === 'loaded' && options.calls !== false ? targetsOf(loaded.config, loaded.written) : null;
  const redisUrl = options.redisUrl === undefined ? world.redis.url : options.redisUrl;
  const environment = readEnvironment(env);
  return examine({ environment, loaded, redisUrl, now: options.now ?? Date.now }, targets);
}

async function doctor(args: string[], env: Record<string, string>): Promise<Report & { code: number }> {
  const ended = await tierline(['doctor', '--json', ...args], { ...freePorts, ...secrets, ...env });
  return { ...(JSON.parse(ended.stdout) as Report), code: ended.code };
}

/** The one check of this name that is not ok. */
function findingOf(checks: Check[], name: string): Check {
  const found = checks.filter(({ check, level }) => check === name && level !== 'ok');
  assert.equal(found.length, 1, JSON.stringify(checks, null, 1));
  return found[0]!;
}

const faultless = (checks: Check[]): Check[] =>
  checks.filter(({ level }) => level === 'warn' || level === 'fail');

async function providerFor(t: TestContext, behave: Behaviour | Behave = {}): Promise<Provider> {
  const provider = await startProvider({ behave });
  t.after(() => provider.close());
  return provider;
}

const callsOf = ({ requests }: Provider) => requests.filter(({ api }) => api !== null);

test('where nothing is wrong every check is ok, each model was called once, and the cost is told', async (t) => {
  const provider = await providerFor(t);
  const file = await writeConfig(configOf(provider.url));
  const env = { REDIS_URL: world.redis.url, TIERLINE_CONFIG: file };
  const report = await doctor([], env);
  assert.deepEqual(faultless(report.checks), []);
  assert.deepEqual([report.code, report.ok, report.calls], [0, true, 2]);
  assert.equal(report.costUsd, 0.0001785);
  const calls = callsOf(provider);
  assert.deepEqual(calls.map(({ model }) => model).toSorted(), ['large-1', 'small-1']);
  assert.deepEqual(
    calls.map(({ body }) => body['max_tokens']),
    [16, 16],
  );
  for (const name of ['node', 'configuration', 'ports', 'redis', 'clock', 'provider', 'destination']) {
    assert.ok(
      report.checks.some(({ check, level }) => check === name && level === 'ok'),
      name,
    );
  }
  const printed = await tierline(['doctor'], { ...freePorts, ...secrets, ...env });
  assert.match(printed.stderr, /one tiny call to each of 2 models \(about \$[\d.]+ in all\)/);
  assert.match(printed.stderr, /\d+ ok; 2 calls for \$0\.00017/);
  assert.match(printed.stdout, /^ok +provider +fake \(small\): small-1 answered in/m);
});

test('with --no-calls no provider hears from us, and that is said', async (t) => {
  const provider = await providerFor(t);
  const file = await writeConfig(configOf(provider.url));
  const report = await doctor(['--no-calls'], { REDIS_URL: world.redis.url, TIERLINE_CONFIG: file });
  assert.deepEqual([report.code, report.calls, report.costUsd, provider.requests.length], [0, 0, 0, 0]);
  assert.match(findingOf(report.checks, 'providers').message, /--no-calls/);
});

test('two names for one model cost one call', async (t) => {
  const provider = await providerFor(t);
  const models = {
    small: { provider: 'fake', model: 'small-1', price: { inputPerMTok: 0.1, outputPerMTok: 0.5 } },
    large: { provider: 'fake', model: 'small-1', price: { inputPerMTok: 0.1, outputPerMTok: 0.5 } },
  };
  const { calls, checks } = await examineWith(configOf(provider.url, { models }));
  assert.deepEqual([calls, callsOf(provider).length], [1, 1]);
  assert.ok(checks.some(({ message }) => message.includes('(small, large)')));
});

const hasNoRoom: Behave = ({ body }) =>
  Number(body['max_tokens']) < 100 ? { status: 400, error: { type: 'invalid_request_error' } } : {};

/** What the provider does, and how that is told: level, what is wrong, what to do. */
const faults: [string, Behaviour | Behave, Check['level'], RegExp, RegExp][] = [
  [
    'a wrong key',
    { status: 401, error: { type: 'authentication_error' } },
    'fail',
    /fake \(small, large\) refuses the key \(HTTP 401\)/,
    /FAKE_KEY \(providers\.fake\.apiKey\)/,
  ],
  [
    'a key without rights',
    { status: 403, error: { type: 'permission_error' } },
    'fail',
    /refuses the key \(HTTP 403\)/,
    /not allowed to use this model/,
  ],
  [
    'an empty account',
    { status: 429, error: { code: 'insufficient_quota' } },
    'fail',
    /account is empty/,
    /Top it up/,
  ],
  [
    'a rate limit',
    { status: 429, error: { type: 'rate_limit_error' } },
    'warn',
    /takes no more calls at the moment .*the key works/,
    /Wait/,
  ],
  ['an overload', { status: 503, headers: { 'retry-after': '1' } }, 'warn', /is overloaded/, /Wait/],
  ['a failing server', { status: 500 }, 'fail', /fails \(HTTP 500\)/, /status page/],
  [
    'a page in place of an API',
    { html: true },
    'fail',
    /does not answer as an API of the kind "openai"/,
    /baseUrl \(many end in \/v1\)/,
  ],
];

for (const [name, behave, level, message, cure] of faults) {
  test(`${name} is found at the provider, named once for all its models, with what to do`, async (t) => {
    const provider = await providerFor(t, behave);
    const { checks } = await examineWith(configOf(provider.url));
    const found = findingOf(checks, 'provider');
    assert.equal(found.level, level);
    assert.match(found.message, message);
    assert.match(found.cure ?? '', cure);
    assert.ok(!JSON.stringify(checks).includes(secrets.FAKE_KEY));
  });
}

test('a model that the provider does not know is named, the other one is fine', async (t) => {
  const provider = await providerFor(t, ({ model }) =>
    model === 'small-1' ? { status: 404, error: { code: 'model_not_found' } } : {},
  );
  const { checks } = await examineWith(configOf(provider.url));
  const { level, message, cure } = findingOf(checks, 'provider');
  assert.equal(level, 'fail');
  assert.match(message, /fake \(small\) does not know the model "small-1" \(HTTP 404\)/);
  assert.match(cure ?? '', /models\.small\.model/);
  assert.ok(
    checks.some(({ level: other, message: text }) => other === 'ok' && text.includes('fake (large)')),
  );
});

test('a request that the provider refuses names the options that decide about it', async (t) => {
  const provider = await providerFor(t, ({ model }) =>
    model === 'small-1' ? { status: 400, error: { code: 'unsupported_parameter' } } : {},
  );
  const { checks } = await examineWith(configOf(provider.url));
  const { level, message, cure } = findingOf(checks, 'provider');
  assert.equal(level, 'fail');
  assert.match(message, /fake \(small\) refuses the request: HTTP 400 \(unsupported_parameter\)/);
  assert.match(cure ?? '', /models\.small\.params/);
});

test('a provider that cannot be reached is named with its address', async (t) => {
  const provider = await startProvider();
  await provider.close();
  t.diagnostic(provider.url);
  const { checks } = await examineWith(configOf(provider.url));
  const { level, message, cure } = findingOf(checks, 'provider');
  assert.equal(level, 'fail');
  assert.ok(message.includes(`cannot be reached at ${provider.url}/v1 (ECONNREFUSED)`), message);
  assert.match(cure ?? '', /providers\.fake\.baseUrl/);
});

test('a provider that never answers is given up after the time that its model has', async (t) => {
  const provider = await providerFor(t, ({ api }) => (api === null ? {} : { hang: true }));
  const models = {
    small: {
      provider: 'fake',
      model: 'small-1',
      timeoutMs: 200,
      price: { inputPerMTok: 1, outputPerMTok: 1 },
    },
    large: {
      provider: 'fake',
      model: 'large-1',
      timeoutMs: 200,
      price: { inputPerMTok: 1, outputPerMTok: 1 },
    },
  };
  const report = await examineWith(configOf(provider.url, { models }));
  assert.match(findingOf(report.checks, 'provider').message, /did not answer in time/);
  // It may be on the invoice.
  assert.equal(report.nanoUsd, null);
});

test('a model that is cut off by the tiny limit, or refuses it, is no fault', async (t) => {
  for (const behave of [{ finish: 'length' }, { text: '', finish: 'length' }, hasNoRoom]) {
    const provider = await providerFor(t, behave);
    const { checks } = await examineWith(configOf(provider.url));
    assert.deepEqual(faultless(checks), []);
  }
});

test('a provider without a key is said and is no failure; a model without a price is a warning', async (t) => {
  const provider = await providerFor(t);
  const config = configOf(provider.url, {
    models: {
      small: { provider: 'fake', model: 'nobody-knows-it' },
      large: { provider: 'other', model: 'large-1', price: { inputPerMTok: 1, outputPerMTok: 1 } },
    },
    providers: {
      fake: { api: 'openai', baseUrl: `${provider.url}/v1`, apiKey: '${env:FAKE_KEY}' },
      other: { preset: 'openai', apiKey: '${env:NOT_SET}' },
    },
  });
  const report = await doctor([], { REDIS_URL: world.redis.url, TIERLINE_CONFIG: await writeConfig(config) });
  assert.equal(report.code, 0);
  const note = report.checks.find(({ level, check }) => level === 'note' && check === 'provider');
  assert.match(note?.message ?? '', /not configured.*other \(OPENAI_API_KEY\)/);
  assert.match(findingOf(report.checks, 'configuration').message, /price of "nobody-knows-it"/);
  assert.match(findingOf(report.checks, 'models').message, /no model of tier complex can be used/);
  assert.equal(report.costUsd, null);
});

test('Redis: no append-only file, an evicting policy and little memory left are failures, each with its cure', async (t) => {
  const own = await openWorld({ appendOnly: 'no' });
  const redis = connectRedis(own.redis.url, 'patient', () => undefined);
  t.after(async () => {
    await redis.quit();
    await own.close();
  });
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', String(Math.round(used * 1.05)));
  const { checks } = await examineWith(configOf('http://127.0.0.1:9'), {
    redisUrl: own.redis.url,
    calls: false,
  });
  const failures = checks.filter(({ check, level }) => check === 'redis' && level === 'fail');
  const told = failures.map(({ message, cure }) => `${message}: ${cure}`).join('\n');
  assert.equal(failures.length, 3, told);
  assert.match(told, /maxmemory-policy allkeys-lru: .*: Set it to noeviction/);
  assert.match(told, /no append-only file: .*: Set appendonly yes/);
  assert.match(told, /has used \d+ % of its maxmemory.*: Give it more memory/);
});

test('Redis that is not there, and one that wants another password, are failures within seconds', async (t) => {
  const own = await openWorld();
  t.after(() => own.close());
  const redis = connectRedis(own.redis.url, 'patient', () => undefined);
  await redis.config('SET', 'requirepass', 'right');
  await redis.quit();
  const wrong = own.redis.url.replace('//', '//:wrong@');
  const cases: [string, RegExp][] = [
    ['redis://127.0.0.1:9', /Redis at 127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)/],
    [own.redis.url, /wants a password, and REDIS_URL has none/],
    [wrong, /refuses the user name or password/],
  ];
  for (const [redisUrl, message] of cases) {
    const { checks } = await examineWith(configOf('http://127.0.0.1:9'), { redisUrl, calls: false });
    const found = findingOf(checks, 'redis');
    assert.equal(found.level, 'fail');
    assert.match(found.message, message);
    assert.match(found.cure ?? '', /REDIS_URL|PASSWORD/);
    assert.ok(!JSON.stringify(checks).includes(':wrong@'));
  }
});

test('a clock that is off is told by Redis and by the provider: seconds warn, minutes fail', async (t) => {
  const provider = await providerFor(t);
  const levels = async (aheadMs: number): Promise<[string, string][]> => {
    const { checks } = await examineWith(configOf(provider.url), { now: () => Date.now() + aheadMs });
    return checks.filter(({ check }) => check === 'clock').map(({ level, message }) => [level, message]);
  };
  assert.deepEqual(
    (await levels(0)).map(([level]) => level),
    ['ok', 'ok'],
  );
  assert.deepEqual(
    (await levels(15_000)).map(([level]) => level),
    ['warn', 'warn'],
  );
  const [byRedis, byProvider] = await levels(-600_000);
  assert.deepEqual([byRedis![0], byProvider![0]], ['fail', 'fail']);
  assert.match(byRedis![1], /the clock of Redis is \d+ (?:min|s) ahead of this machine's/);
  assert.match(byProvider![1], /the clock of 127\.0\.0\.1:\d+ is .* ahead of/);
  assert.match((await levels(600_000))[0]![1], /behind this machine's/);
});

test('a port that another program holds is a failure, one that a running Tierline holds is not', async (t) => {
  const other = createServer((_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const taken = String((other.address() as AddressInfo).port);
  const config = configOf('http://127.0.0.1:9');
  const { checks } = await examineWith(config, { env: { INGEST_PORT: taken }, calls: false });
  const { level, message, cure } = findingOf(checks, 'ports');
  assert.equal(level, 'fail');
  assert.match(message, new RegExp(`ingest needs 127\\.0\\.0\\.1:${taken}, and another program holds it`));
  assert.match(cure ?? '', /INGEST_PORT/);

  const system = await startTestSystem(world, testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl }));
  t.after(() => system.close());
  const env = {
    INGEST_PORT: new URL(system.ingestUrl!).port,
    CONSOLE_PORT: new URL(system.consoleUrl!).port,
  };
  const running = await examineWith(config, { env, calls: false });
  assert.deepEqual(
    running.checks
      .filter(({ check }) => check === 'ports')
      .map(({ message: told }) => told.replace(/\S+:\d+/, 'X')),
    ['ingest X is held by a running Tierline', 'console X is held by a running Tierline'],
  );

  const twice = await examineWith(config, {
    env: { INGEST_PORT: '8123', CONSOLE_PORT: '8123' },
    calls: false,
  });
  assert.match(
    findingOf(twice.checks, 'ports').message,
    /CONSOLE_PORT is 8123, which another part takes too/,
  );
});

test('a context file, prompt or article that cannot be read is a failure with its place, and Redis is looked at all the same', async () => {
  const folder = path.join(world.folder, 'texts');
  await mkdir(path.join(folder, 'articles'), { recursive: true });
  const tier = { models: ['small'] };
  const tiers = (simple: Json): Json => ({
    tiers: { simple, standard: tier, complex: { models: ['large'] } },
  });
  const unreadable: [Json, RegExp][] = [
    // A folder in the place of a file: a file without rights would not stop root.
    [
      tiers({ ...tier, context: [folder] }),
      /doctor-\d+\.json:\d+:\d+ tiers\.simple\.context\[0\]: the file .*texts cannot be read/,
    ],
    [
      tiers({ ...tier, prompt: 'no-such.md' }),
      /tiers\.simple\.prompt: the file .*no-such\.md cannot be read/,
    ],
    [
      { knowledge: { folder: 'no-such-folder' } },
      /knowledge\.folder: the folder .*no-such-folder cannot be read/,
    ],
  ];
  for (const [overrides, message] of unreadable) {
    const { checks } = await examineWith(configOf('http://127.0.0.1:9', overrides));
    const found = findingOf(checks, 'configuration');
    assert.equal(found.level, 'fail');
    assert.match(found.message, message);
    assert.ok(checks.some(({ check, level }) => check === 'redis' && level === 'ok'));
  }
  await writeFile(path.join(folder, 'articles', 'broken.md'), 'no front matter');
  const knowledge = { folder: path.join(folder, 'articles') };
  const { checks } = await examineWith(configOf('http://127.0.0.1:9', { knowledge }), { calls: false });
  assert.match(findingOf(checks, 'files').message, /broken\.md/);
});

test('destinations: the host must have an address that replies may go to, and nothing is sent there', async (t) => {
  const receiver = await startReceiver();
  t.after(() => receiver.close());
  const addresses: Record<string, string[]> = {
    'public.example': ['93.184.216.34'],
    'inside.example': ['10.0.0.7'],
  };
  const hook = (url: string, more: Json = {}): Json => ({
    hook: { type: 'webhook', url, secret: secrets.HOOK_SECRET, ...more },
  });
  const check = async (destinations: Json): Promise<Check> => {
    const file = await writeConfig(
      testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl }, { destinations }),
    );
    const loaded = loadConfig({ file, env: {} });
    assert.equal(loaded.kind, 'loaded');
    const [found] = await checkDestinations(loaded.config, (host) =>
      addresses[host]
        ? Promise.resolve(addresses[host])
        : Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    );
    return found!;
  };
  assert.equal((await check(hook('https://public.example/hook'))).level, 'ok');
  const lost = await check(hook('https://gone.example/hook'));
  assert.deepEqual(
    [lost.level, lost.message],
    ['fail', 'hook: the name gone.example has no address (ENOTFOUND)'],
  );
  const inside = await check(hook('https://inside.example/hook'));
  assert.equal(inside.level, 'fail');
  assert.match(inside.message, /inside\.example is not on the public internet \(private\)/);
  assert.match(inside.cure ?? '', /allowPrivateNetworks: true on destinations\.hook/);
  assert.equal(
    (await check(hook('https://inside.example/hook', { allowPrivateNetworks: true }))).level,
    'ok',
  );
  assert.equal((await check(hook(receiver.url, { allowPrivateNetworks: true }))).level, 'ok');
  assert.deepEqual(receiver.received, []);
});

test('a destination on loopback is a failure that names the option, in the file with its line', async () => {
  const destinations = { hook: { type: 'webhook', url: receiverUrl, secret: '${env:HOOK_SECRET}' } };
  const { checks } = await examineWith(configOf('http://127.0.0.1:9', { destinations }), { calls: false });
  const { level, message } = findingOf(checks, 'configuration');
  assert.equal(level, 'fail');
  assert.match(
    message,
    /:\d+:\d+ destinations\.hook\.url: 127\.0\.0\.1 is not a public address .*allowPrivateNetworks/,
  );
});

test('weak keys are warned of without being shown, and a console that would not start is a failure', async () => {
  const env = { TIERLINE_API_KEYS: 'a-good-and-long-enough-key,short', CONSOLE_HOST: '0.0.0.0' };
  const { checks } = await examineWith(configOf('http://127.0.0.1:9'), { env, calls: false });
  const weak = findingOf(checks, 'api keys');
  assert.deepEqual([weak.level, /value 2/.test(weak.message)], ['warn', true]);
  assert.ok(!JSON.stringify(checks).includes('short,') && !JSON.stringify(checks).includes('good-and-long'));
  assert.match(findingOf(checks, 'console').message, /there is no CONSOLE_TOKEN/);
});

test('a Node that is too old is a failure, this one is not', () => {
  assert.equal(checkNode('20.20.2').level, 'fail');
  assert.equal(checkNode('22.18.0').level, 'fail');
  assert.equal(checkNode('22.19.0').level, 'ok');
  assert.equal(checkNode().level, 'ok');
});

test('a failure ends with exit 1, on a terminal its cure stands below it and no line is too wide', async (t) => {
  const provider = await providerFor(t, { status: 401, error: { type: 'authentication_error' } });
  const file = await writeConfig(configOf(provider.url));
  const env = { ...freePorts, ...secrets, REDIS_URL: world.redis.url, TIERLINE_CONFIG: file };
  const ended = await tierline(['doctor'], env);
  assert.equal(ended.code, 1);
  assert.match(
    ended.stdout,
    /^fail +provider +fake \(small, large\) refuses the key \(HTTP 401\)\. Check the key in FAKE_KEY/m,
  );
  // oxlint-disable-next-line no-control-regex -- that is what a colour is
  const shown = (await onTerminal(80, ['doctor'], env)).replaceAll(/\u001b\[[\d;]*m/g, '');
  for (const line of shown.split('\n')) assert.ok(line.length <= 80, line);
  assert.match(shown, /refuses the key \(HTTP 401\)\n +Check the key/);
});
