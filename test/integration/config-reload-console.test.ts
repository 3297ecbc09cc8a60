import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { listProcesses } from '../../shared/processes/list.ts';
import { openScene, until, wasLogged } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

type Answer = {
  outcome: string;
  version: string;
  changes: { path: string }[];
  problems: string[];
  processes: { version: string }[];
};

describe('POST /api/config/reload', { concurrency: 4 }, () => {
  test('is for all processes on the prefix, and says what changed, with an audit line', async (t) => {
    const scene = await openScene(t, world);
    const front = await scene.start({}, { roles: ['ingest', 'console'] });
    const back = await scene.start({}, { roles: ['classifier', 'tier', 'results'] });
    const tiers = { ...(scene.config()['tiers'] as object), vip: { models: ['large'] } };
    for (const { configFile } of [front, back]) {
      await writeFile(configFile, JSON.stringify(scene.config({ tiers })));
    }
    const response = await fetch(`${front.consoleUrl}/api/config/reload`, { method: 'POST' });
    const answer = (await response.json()) as Answer;
    assert.equal(response.status, 200);
    assert.ok(answer.outcome === 'taken' || answer.outcome === 'unchanged');
    const { version } = front.app.runtime();
    assert.equal(answer.version, version);
    assert.deepEqual(
      answer.processes.map((one) => one.version),
      [version, version],
    );
    assert.equal(back.app.runtime().version, version);
    assert.ok(wasLogged(scene, 'console.write', '"action":"config.reload"', version));
    const again = (await (
      await fetch(`${front.consoleUrl}/api/config/reload`, { method: 'POST' })
    ).json()) as Answer;
    assert.equal(again.outcome, 'unchanged');
  });

  test('is answered with what the other process refused', async (t) => {
    const scene = await openScene(t, world);
    const front = await scene.start({}, { roles: ['ingest', 'console'] });
    const back = await scene.start({}, { roles: ['tier'] });
    await writeFile(back.configFile, JSON.stringify(scene.config({ redis: { shards: 3 } })));
    const response = await fetch(`${front.consoleUrl}/api/config/reload`, { method: 'POST' });
    assert.equal(response.status, 422);
    const answer = (await response.json()) as Answer;
    assert.equal(answer.outcome, 'unchanged');
    assert.match(answer.problems.join(), /redis\.shards: cannot change while the system runs/);
    const refusals = async (): Promise<number[]> =>
      (await listProcesses(scene.redis, scene.prefix)).map(({ config }) => config.refusals);
    const counted = await refusals();
    // Nobody looks twice at a file that was refused, unless asked to.
    await fetch(`${front.consoleUrl}/api/config/reload`, { method: 'POST' });
    assert.deepEqual(
      await refusals(),
      counted.map((count) => (count === 0 ? 0 : count + 1)),
    );
  });

  test('is refused to another page, and without the token where one is set', async (t) => {
    const scene = await openScene(t, world);
    const { consoleUrl } = await scene.start(
      {},
      { roles: ['console'], environment: { CONSOLE_TOKEN: 'a-token-for-the-console' } },
    );
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${consoleUrl}/api/config/reload`, { method: 'POST', headers })).status;
    const authorization = 'Bearer a-token-for-the-console';
    assert.equal(await ask({}), 401);
    assert.equal(await ask({ authorization, origin: 'https://elsewhere.example' }), 403);
    assert.equal(await ask({ authorization, 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(await ask({ authorization, origin: consoleUrl! }), 200);
    assert.equal(await ask({ authorization }), 200);
  });
});

test('no process starts beside others that spread their tickets over another number of shards', async (t) => {
  const scene = await openScene(t, world);
  const system = await scene.start({}, { roles: ['tier'] });
  await until(async () => ((await scene.redis.exists(`{${scene.prefix}:processes}:seen`)) ? true : null));
  await assert.rejects(scene.start({ redis: { shards: 2 } }, { roles: ['tier'] }), (error: Error) => {
    for (const part of ['redis.shards 1', 'has 2', scene.prefix, 'TIERLINE_PREFIX', system.configFile]) {
      assert.ok(error.message.includes(part), part);
    }
    return true;
  });
});

test('a process that stops is not listed any more', async (t) => {
  const scene = await openScene(t, world);
  const front = await scene.start({}, { roles: ['console'] });
  const back = await scene.start({}, { roles: ['tier'] });
  const processes = async (): Promise<unknown[]> => {
    const overview = await (await fetch(`${front.consoleUrl}/api/overview`)).json();
    return (overview as { processes: unknown[] }).processes;
  };
  await until(async () => ((await processes()).length === 2 ? true : null));
  await back.close();
  assert.equal((await processes()).length, 1);
});
