import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { roles } from '../../services/roles.ts';
import { presets } from '../../shared/config/presets.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()),
  container_name: z.string().optional(),
  user: z.string().optional(),
  restart: z.string().optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
});

const compose = z
  .object({ services: z.record(z.string(), serviceSchema), networks: z.record(z.string(), z.unknown()) })
  .parse(parse(read('docker-compose.yml'), { merge: true }));
const tiers = Object.keys(
  z.object({ tiers: z.record(z.string(), z.unknown()) }).parse(parse(read('tierline.yaml'))).tiers,
);
const all = Object.entries(compose.services);
const ours = all.filter(([, service]) => service.build !== undefined);

type Instruction = { name: string; rest: string };

const dockerfile: Instruction[] = read('infra/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1).trim() }));
const finalStage = dockerfile.slice(dockerfile.findLastIndex(({ name }) => name === 'FROM'));
const copied = dockerfile
  .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
  .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));

function roleOf({ command }: { command: string[] }): string {
  return command[1] ?? '';
}

function documented(): Set<string> {
  return new Set([...read('.env.example').matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1] ?? ''));
}

test('every service of the compose file runs one role of the code, and every role has one', () => {
  for (const [name, service] of ours) {
    assert.equal(service.command[0], 'run', name);
    if (roleOf(service) !== 'tier') assert.deepEqual(service.command, ['run', name], name);
  }
  const withoutTiers = ours.map(([, service]) => roleOf(service)).filter((role) => role !== 'tier');
  assert.deepEqual([...withoutTiers, 'tier'].toSorted(), [...roles].toSorted());
});

test('every tier of the shipped configuration has one service, and no other tier has', () => {
  const served = ours.filter(([, service]) => roleOf(service) === 'tier');
  for (const [name, service] of served)
    assert.deepEqual(service.command, ['run', 'tier', '--tier', name.slice('tier-'.length)]);
  assert.deepEqual(served.map(([name]) => name).toSorted(), tiers.map((tier) => `tier-${tier}`).toSorted());
});

test('workers can be scaled: no fixed name and no published port', () => {
  for (const [name, service] of all) {
    assert.equal(service.container_name, undefined, name);
    if (name !== 'ingest' && name !== 'console') assert.deepEqual(service.ports, [], name);
  }
});

test('the published ports are the defaults of the contract, the console’s on loopback only', () => {
  const { ingest, console: consoleService } = compose.services;
  assert.deepEqual(ingest?.ports, ['8080:8080']);
  assert.equal(ingest?.environment['INGEST_PORT'], '8080');
  assert.equal(ingest?.environment['INGEST_HOST'], '0.0.0.0');
  assert.deepEqual(consoleService?.ports, ['127.0.0.1:8081:8081']);
  assert.equal(consoleService?.environment['CONSOLE_PORT'], '8081');
  assert.match(
    consoleService?.environment['CONSOLE_TOKEN'] ?? '',
    /^\$\{CONSOLE_TOKEN:\?/,
    'it cannot be forgotten',
  );
  assert.equal(finalStage.find(({ name }) => name === 'EXPOSE')?.rest, '8080 8081');
});

test('every container is locked down, comes back, and has time to drain', () => {
  for (const [name, service] of all) {
    assert.equal(service.read_only, true, `${name}: read_only`);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.deepEqual(service.tmpfs, ['/tmp'], name);
    assert.equal(service.restart, 'unless-stopped', name);
    assert.ok(Number.parseInt(service.stop_grace_period ?? '0', 10) >= 45, `${name}: stop_grace_period`);
  }
});

test('every container has a health check that asks the port its process listens on', () => {
  for (const [name, service] of ours) {
    const { environment } = service;
    const port = environment['INGEST_PORT'] ?? environment['CONSOLE_PORT'] ?? environment['HEALTH_PORT'];
    assert.deepEqual(
      service.healthcheck?.test,
      ['CMD', '/nodejs/bin/node', 'infra/healthcheck.mjs', port],
      name,
    );
    assert.deepEqual(service.depends_on, { redis: { condition: 'service_healthy' } }, name);
  }
  assert.ok(compose.services['redis']?.healthcheck);
  assert.match(
    finalStage.find(({ name }) => name === 'HEALTHCHECK')?.rest ?? '',
    /CMD \["\/nodejs\/bin\/node", "infra\/healthcheck\.mjs"\]/,
  );
});

test('Redis keeps what it was given, and only our services can reach it', () => {
  const redis = compose.services['redis'];
  assert.deepEqual(redis?.networks, ['storage']);
  assert.deepEqual(compose.networks['storage'], { internal: true });
  assert.ok(redis.volumes.includes('redis:/data'));
  assert.ok(redis.volumes.includes('./infra/redis.conf:/etc/redis.conf:ro'));
  assert.equal(redis.command[1], '/etc/redis.conf');
  assert.notEqual(redis.user, undefined);
  const settings = read('infra/redis.conf').split('\n');
  for (const line of [
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    'save ""',
    'protected-mode yes',
  ]) {
    assert.ok(settings.includes(line), line);
  }
});

test('no image is taken as latest', () => {
  const stages = dockerfile.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(' ')[0] ?? '');
  const pulled = all.filter(([, service]) => service.build === undefined).map(([, service]) => service.image);
  assert.equal(stages.length, 2);
  for (const image of [...stages, ...pulled]) {
    assert.match(image, /:[\w.-]+$/, image);
    assert.doesNotMatch(image, /latest/, image);
  }
});

test('the image runs the services’ entry, without root', () => {
  assert.equal(finalStage.find(({ name }) => name === 'USER')?.rest, '65532:65532');
  assert.match(finalStage[0]?.rest ?? '', /:nonroot$/);
  const entry = z
    .array(z.string())
    .parse(JSON.parse(finalStage.find(({ name }) => name === 'ENTRYPOINT')?.rest ?? ''));
  assert.deepEqual(entry, ['/nodejs/bin/node', 'services/run.ts']);
  assert.ok(existsSync(path.join(root, 'services/run.ts')), 'services/run.ts exists');
  assert.equal(finalStage.find(({ name }) => name === 'CMD')?.rest, '["run", "all"]');
});

test('what the image copies exists, and what the code and the configuration name is copied', () => {
  for (const file of copied) assert.ok(existsSync(path.join(root, file)), `${file} exists`);
  const allowed = read('.dockerignore').split('\n');
  for (const file of copied) assert.ok(allowed.includes(`!${file}`), `${file} reaches the builder`);
  const isCopied = (file: string): boolean =>
    copied.some((name) => file === name || file.startsWith(`${name}/`));
  for (const folder of ['shared/app.ts', 'services/roles.ts']) assert.ok(isCopied(folder), folder);
  const named = [...read('tierline.yaml').matchAll(/\binfra\/[\w./-]*\w/g)].map(([name]) => name);
  assert.ok(named.length > 0);
  for (const name of named) assert.ok(isCopied(name), `${name}, named in tierline.yaml, is in the image`);
});

test('every environment variable of the compose file, the code and the presets stands in .env.example with a comment', () => {
  const lines = read('.env.example').split('\n');
  const names = documented();
  for (const name of names) {
    const at = lines.findIndex((line) => line.startsWith(`#${name}=`));
    assert.match(lines[at - 1] ?? '', /^# \S/, `${name} has its comment`);
  }
  const contract =
    `REDIS_URL TIERLINE_CONFIG TIERLINE_PREFIX INGEST_HOST INGEST_PORT CONSOLE_HOST CONSOLE_PORT CONSOLE_TOKEN
    HEALTH_PORT TIERLINE_API_KEYS LOG_LEVEL`.split(/\s+/);
  const inCompose = [
    ...ours.flatMap(([, { environment }]) => Object.keys(environment)),
    ...[...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+)\b/g)].map((match) => match[1] ?? ''),
  ].filter((name) => name !== '');
  const inPresets = Object.values(presets).flatMap(({ keyEnv }) => keyEnv ?? []);
  const inConfiguration = read('tierline.yaml')
    .split('\n')
    .filter((line) => !line.trim().startsWith('#'))
    .flatMap((line) =>
      [...line.matchAll(/\$\{env:([A-Z_]+)(?:\?|:-[^}]*)?\}/g)].map((match) => match[1] ?? ''),
    );
  const inCode = globSync(['services/**/*.ts', 'shared/**/*.ts'], { cwd: root })
    .flatMap((file) =>
      [...read(file).matchAll(/process\.env\[?\.?'?([A-Z][A-Z_]+)/g)].map((match) => match[1] ?? ''),
    )
    .filter((name) => name !== 'PATH');
  for (const name of new Set([...contract, ...inCompose, ...inPresets, ...inConfiguration, ...inCode])) {
    assert.ok(names.has(name), `${name} is missing in .env.example`);
  }
});

test('the health check is green only where /readyz is', async (t) => {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/readyz' ? status : 404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const check = async (args: string[], env: Record<string, string>): Promise<number | null> => {
    const child = spawn(process.execPath, [path.join(root, 'infra/healthcheck.mjs'), ...args], { env });
    await once(child, 'close');
    return child.exitCode;
  };
  const port = String(address.port);
  assert.equal(await check([port], { HEALTH_PORT: '1' }), 0);
  assert.equal(await check([], { HEALTH_PORT: port, INGEST_PORT: '1' }), 0);
  status = 503;
  assert.equal(await check([], { INGEST_PORT: port }), 1);
  assert.equal(await check(['1'], {}), 1);
});
