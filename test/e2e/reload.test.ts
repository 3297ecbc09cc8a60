/** Configuration that changes while real processes run: `tierline run …` three times over, one file, one Redis. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Overview } from '../../shared/overview.ts';
import type { ReloadAnswer } from '../../shared/reload/company.ts';
import { createFleet } from '../chaos/fleet.ts';
import type { Fleet, Member } from '../chaos/fleet.ts';
import { projectFolder } from '../chaos/project-copy.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Receiver } from '../fakes/receiver.ts';
import { until } from '../fakes/scene.ts';
import { openWorld, webhookSecret } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let provider: Provider;
let receiver: Receiver;
before(async () => {
  world = await openWorld();
  provider = await startProvider({ behave: { text: 'It is on its way.' } });
  receiver = await startReceiver();
});
after(async () => {
  await receiver.close();
  await provider.close();
  await world.close();
});

const apiKey = 'test-key-with-all-scopes';
const newModel = '  nova:  { provider: fake, model: nova-1, price: { inputPerMTok: 1, outputPerMTok: 2 } }\n';

/** `models` of the only tier; `more` is a line under `models`. */
const yaml = (models: string, more = ''): string => `providers:
  fake: { api: openai, baseUrl: "${provider.url}/v1", apiKey: "\${env:FAKE_KEY}" }
models:
  small: { provider: fake, model: small-1, price: { inputPerMTok: 1, outputPerMTok: 2 } }
${more}tiers:
  simple: { models: [${models}] }
sources:
  shop-api: { platform: generic, destination: hook }
destinations:
  hook: { type: webhook, url: "${receiver.url}", secret: "\${env:HOOK_SECRET}", allowPrivateNetworks: true }
`;

type Stand = {
  file: string;
  fleet: Fleet;
  environment: Record<string, string>;
  overview: () => Promise<Overview>;
};

async function stand(t: TestContext, prefix: string): Promise<Stand & { front: Member; tier: Member }> {
  const file = path.join(world.folder, `${prefix}.yaml`);
  writeFileSync(file, yaml('small'));
  const environment = {
    REDIS_URL: world.redis.url,
    TIERLINE_CONFIG: file,
    TIERLINE_PREFIX: prefix,
    TIERLINE_API_KEYS: apiKey,
    INGEST_PORT: '0',
    CONSOLE_PORT: '0',
    FAKE_KEY: 'sk-very-secret',
    HOOK_SECRET: webhookSecret,
  };
  const fleet = createFleet({
    projectFolder,
    environmentOf: () => environment,
    textPattern: /Where is my parcel/,
  });
  t.after(() => fleet.close());
  const front = fleet.add('front', ['ingest', 'classifier', 'console']);
  const tier = fleet.add('tier', ['tier']);
  const results = fleet.add('results', ['results']);
  await Promise.all([front, tier, results].map((member) => member.started()));
  const consoleUrl = await urlOf(front, 'console');
  const overview = async (): Promise<Overview> =>
    (await (await fetch(`${consoleUrl}/api/overview`)).json()) as Overview;
  return { file, fleet, environment, overview, front, tier };
}

async function urlOf(member: Member, name: string): Promise<string> {
  return until(() => Promise.resolve(member.lines(new RegExp(`^${name} http`))[0]?.split(' ')[1] ?? null));
}

/** The overview once it is so. */
const seen = ({ overview }: Stand, isSo: (one: Overview) => boolean): Promise<Overview> =>
  until(async () => {
    const one = await overview();
    return isSo(one) ? one : null;
  });

async function answeredBy(front: Member, externalId: string): Promise<string | null | undefined> {
  const response = await fetch(`${await front.url()}/v1/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'shop-api', externalId, body: 'Where is my parcel?' }),
  });
  const { ticketId } = (await response.json()) as { ticketId: string };
  const find = () => receiver.received.find(({ body }) => body.data.ticketId === ticketId) ?? null;
  return (await until(() => Promise.resolve(find()))).body.data.model;
}

type Ended = { code: number; stdout: string; stderr: string };

function tierline({ environment }: Stand, ...args: string[]): Promise<Ended> {
  const main = path.join(projectFolder, 'services/cli/main.ts');
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...environment };
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('configuration of running processes', { concurrency: 3 }, () => {
  test('a model is one line in the file of three running processes, and a wrong line is none', async (t) => {
    const all = await stand(t, 'reload');
    const { file, fleet, front, tier } = all;
    const consoleUrl = await urlOf(front, 'console');
    const reload = async (): Promise<{ status: number; answer: ReloadAnswer }> => {
      const response = await fetch(`${consoleUrl}/api/config/reload`, { method: 'POST' });
      return { status: response.status, answer: (await response.json()) as ReloadAnswer };
    };
    const first = await seen(all, ({ processes, config }) => processes.length === 3 && config.agreed);
    assert.equal(await answeredBy(front, 'T-1'), 'small');

    // The line, and its place in the chain.
    writeFileSync(file, yaml('nova, small', newModel));
    const taken = await seen(
      all,
      ({ processes, config }) =>
        config.agreed && config.version !== first.config.version && processes.length === 3,
    );
    assert.ok(taken.processes.every(({ config }) => config.taken === 1 && config.file === file));
    assert.equal(await answeredBy(front, 'T-2'), 'nova');

    writeFileSync(file, yaml('nvoa, small', newModel));
    const refused = await seen(all, ({ processes }) =>
      processes.every(({ config }) => config.refused !== null),
    );
    assert.equal(refused.config.version, taken.config.version);
    assert.match(
      refused.config.refused?.problems[0] ?? '',
      /reload\.yaml:7:\d+ .*unknown model "nvoa"\. Did you mean "nova"\?/,
    );
    assert.equal((await fetch(`${await front.url()}/readyz`)).status, 200);
    assert.equal(await answeredBy(front, 'T-3'), 'nova');

    const asked = await reload();
    assert.equal(asked.status, 422);
    assert.equal(asked.answer.outcome, 'refused');
    assert.match(asked.answer.problems[0] ?? '', /reload\.yaml:7:/);
    assert.deepEqual(
      asked.answer.processes.map((one) => one.refused),
      [true, true, true],
    );
    const earlier = tier.wrote(/config\.refused/);
    tier.hangUp();
    await until(() => Promise.resolve(tier.wrote(/config\.refused/) > earlier ? true : null));

    writeFileSync(file, yaml('small', newModel));
    const mended = await reload();
    assert.equal(mended.status, 200);
    assert.deepEqual(mended.answer.waiting, []);
    assert.equal(new Set(mended.answer.processes.map(({ version }) => version)).size, 1);
    assert.equal(mended.answer.processes.length, 3);
    assert.equal(await answeredBy(front, 'T-4'), 'small');
    assert.deepEqual(fleet.misbehaviour, []);
  });

  test('config diff says what a file would change in what runs, and shows no secret', async (t) => {
    const all = await stand(t, 'diff');
    const { file, environment } = all;
    await seen(all, ({ processes }) => processes.length === 3);
    const same = await tierline(all, 'config', 'diff', '--exit-code');
    assert.equal(same.code, 0, same.stderr);
    assert.match(
      same.stdout,
      /diff\.yaml \(version [0-9a-f]{12}\) says the same as what runs \(.*, 3 processes\)/,
    );

    const candidate = path.join(world.folder, 'candidate.yaml');
    const text = yaml('nova, small', newModel).replace('HOOK_SECRET', 'OTHER_SECRET');
    writeFileSync(candidate, text);
    environment['OTHER_SECRET'] = 'whsec_b3RoZXIgc2VjcmV0IG9mIDI0IGJ5dGVzIQ==';
    const people = await tierline(all, 'config', 'diff', candidate);
    assert.equal(people.code, 0, people.stderr);
    const lines = people.stdout.split('\n');
    assert.deepEqual(lines.slice(lines.indexOf('models.nova')).filter(Boolean), [
      'models.nova',
      '+ { provider: fake, model: nova-1, price: { inputPerMTok: 1, outputPerMTok: 2 } }',
      'tiers.simple.models',
      '- [ small ]',
      '+ [ nova, small ]',
      'destinations.hook.secret',
      '- [ "${env:HOOK_SECRET}" ]',
      '+ [ "${env:OTHER_SECRET}" ]',
    ]);

    const machine = await tierline(all, 'config', 'diff', candidate, '--json', '--exit-code');
    assert.equal(machine.code, 1);
    const { running, changes } = JSON.parse(machine.stdout) as {
      running: { versions: { processes: number }[] };
      changes: { path: string }[];
    };
    assert.equal(running.versions[0]?.processes, 3);
    assert.deepEqual(
      changes.map((change) => change.path),
      ['models.nova', 'tiers.simple.models', 'destinations.hook.secret'],
    );
    for (const { stdout, stderr } of [same, people, machine]) {
      for (const secret of ['sk-very-secret', webhookSecret, environment['OTHER_SECRET']]) {
        assert.ok(!`${stdout}${stderr}`.includes(secret));
      }
    }

    writeFileSync(candidate, yaml('smal'));
    const wrong = await tierline(all, 'config', 'diff', candidate);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /candidate\.yaml:6:\d+ tiers\.simple\.models\[0\]: unknown model "smal"/);
    environment['TIERLINE_PREFIX'] = 'nobody';
    const nobody = await tierline(all, 'config', 'diff', file);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /No process runs on key prefix "nobody"/);
  });

  test('two systems on one prefix with different files are told of each other, with what to do', async (t) => {
    const all = await stand(t, 'two');
    const { environment, front } = all;
    await seen(all, ({ processes }) => processes.length === 3);
    const otherFile = path.join(world.folder, 'other.yaml');
    writeFileSync(otherFile, yaml('small, nova', newModel));
    const fleet = createFleet({
      projectFolder,
      environmentOf: () => ({ ...environment, TIERLINE_CONFIG: otherFile }),
      textPattern: /Where is my parcel/,
    });
    t.after(() => fleet.close());
    const stranger = fleet.add('stranger', ['tier']);
    await stranger.started();
    await until(() => Promise.resolve(stranger.wrote(/config\.mismatch/) > 0 ? true : null));
    await until(() => Promise.resolve(front.wrote(/config\.mismatch/) > 0 ? true : null));
    const { config } = await all.overview();
    assert.equal(config.agreed, false);
    const [line = ''] = stranger.lines(/config\.mismatch/);
    const { message } = JSON.parse(line) as { message: string };
    assert.equal(message, config.message);
    for (const part of [
      'two.yaml',
      'other.yaml',
      ...config.versions.map(({ version }) => version),
      'TIERLINE_PREFIX',
    ]) {
      assert.ok(message.includes(part), part);
    }
    await stranger.kill();
    await until(() => Promise.resolve(front.wrote(/config\.agreed/) > 0 ? true : null));
    assert.equal((await all.overview()).config.message, null);
  });
});
