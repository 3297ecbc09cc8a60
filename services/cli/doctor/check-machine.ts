/** This machine: Node, ports, keys and addresses from the environment. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import packageJson from '../../../package.json' with { type: 'json' };
import type { ProcessEnvironment } from '../../environment.ts';
import { weakKeyPositions } from '../../ingest/api-keys.ts';
import { fail, note, ok, warn } from './check.ts';
import type { Check } from './check.ts';

export function checkNode(version: string = process.versions.node): Check {
  const needed = packageJson.engines.node.replace('>=', '');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  const isEnough = major > neededMajor || (major === neededMajor && minor >= neededMinor);
  return isEnough
    ? ok('node', version)
    : fail(
        'node',
        `this is Node ${version}`,
        `Tierline needs ${needed} or newer; ./tierline finds or fetches one.`,
      );
}

/** As short as this, a token for the console can be guessed. */
const strongTokenLength = 16;
const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

export function checkKeys(environment: ProcessEnvironment): Check[] {
  const { apiKeys, console: page } = environment;
  const weak = weakKeyPositions(apiKeys);
  const checks: Check[] = [];
  if (apiKeys.length === 0) {
    checks.push(
      note(
        'api keys',
        'TIERLINE_API_KEYS is not set',
        '`npm start` makes a key of its own; elsewhere: tierline keys create.',
      ),
    );
  } else if (weak.length === 0) {
    checks.push(ok('api keys', `${apiKeys.length} in TIERLINE_API_KEYS`));
  }
  for (const position of weak) {
    checks.push(
      warn(
        'api keys',
        `value ${position} of TIERLINE_API_KEYS is short enough to be guessed`,
        'Use 16 characters or more, such as `openssl rand -hex 24` makes.',
      ),
    );
  }
  if (page.token === null && !loopback.has(page.host)) {
    checks.push(
      fail(
        'console',
        `CONSOLE_HOST is ${page.host}, and there is no CONSOLE_TOKEN: the console will not start`,
        'Set CONSOLE_TOKEN, or leave CONSOLE_HOST at 127.0.0.1.',
      ),
    );
  } else if (page.token !== null && page.token.length < strongTokenLength) {
    checks.push(warn('console', 'CONSOLE_TOKEN is short enough to be guessed', 'Use 16 characters or more.'));
  }
  return checks;
}

type Place = { name: string; setting: string; host: string; port: number };

/** Whether each port could be opened now; one that a running Tierline holds is in order. */
export async function checkPorts(environment: ProcessEnvironment): Promise<Check[]> {
  const { ingest, console: page, healthPort } = environment;
  const places: Place[] = [
    { name: 'ingest', setting: 'INGEST_PORT', ...ingest },
    { name: 'console', setting: 'CONSOLE_PORT', host: page.host, port: page.port },
  ];
  if (healthPort !== null) {
    places.push({ name: 'health', setting: 'HEALTH_PORT', host: '0.0.0.0', port: healthPort });
  }
  const twice = places.filter(
    ({ port }, i) => port !== 0 && places.findIndex((other) => other.port === port) < i,
  );
  if (twice.length > 0) {
    const [{ setting, port }] = twice as [Place];
    return [
      fail('ports', `${setting} is ${port}, which another part takes too`, `Set ${setting} to another port.`),
    ];
  }
  return Promise.all(places.map(checkPort));
}

async function checkPort({ name, setting, host, port }: Place): Promise<Check> {
  const where = `${host}:${port}`;
  if (port === 0) return ok('ports', `${name} takes a free one`);
  const refused = await whyNotOpened(host, port);
  if (refused === null) return ok('ports', `${name} ${where} is free`);
  if (refused !== 'EADDRINUSE') {
    return fail(
      'ports',
      `${name} cannot open ${where} (${refused})`,
      refused === 'EACCES'
        ? `Set ${setting} to a port from 1024 on.`
        : `Set ${name === 'health' ? setting : setting.replace('PORT', 'HOST')} to an address of this machine.`,
    );
  }
  if (await isTierline(host, port)) return ok('ports', `${name} ${where} is held by a running Tierline`);
  return fail(
    'ports',
    `${name} needs ${where}, and another program holds it`,
    `Stop that program, or set ${setting} to another port (0 takes a free one).`,
  );
}

/** null where it could. */
async function whyNotOpened(host: string, port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  }
}

const askedForMs = 1000;

/** Whoever holds the port answers /livez as our processes do. */
async function isTierline(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  try {
    const response = await fetch(`http://${name}:${port}/livez`, {
      signal: AbortSignal.timeout(askedForMs),
      redirect: 'error',
    });
    return response.ok && (await response.text()).startsWith('{"status":"ok"');
  } catch {
    return false;
  }
}
