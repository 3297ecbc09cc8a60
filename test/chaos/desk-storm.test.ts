/**
 * A helpdesk that recognises no repeated reply, while the processes that write to it are killed with -9 and the answers to
 * their writes get lost: every ticket reaches one end, and no customer reads a second public reply.
 * DESK_TICKETS=2000 is the long form.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { contentMark } from '../../shared/helpdesks/content-mark.ts';
import { textOfHtml } from '../../shared/helpdesks/html-text.ts';
import { intercomSimulator } from '../fakes/desks/intercom.ts';
import { openDeskServer } from '../fakes/desks/server.ts';
import type { DeskCall } from '../fakes/desks/simulator.ts';
import { isClassification, labels, openScene, userMessageOf } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';
import { createFleet } from './fleet.ts';
import { projectFolder } from './project-copy.ts';
import { chaosSeed, createRandom } from './random.ts';
import { until } from './until.ts';

const tickets = Number(process.env['DESK_TICKETS'] ?? '150');
const writers = 3;
const everyMs = 20;
const patienceMs = 240_000;

let world: TestWorld;
before(async () => {
  world = await openWorld({ appendOnly: 'everysec' });
});
after(() => world.close());

const isWrite = ({ method, path }: DeskCall): boolean => method === 'POST' && path.endsWith('/reply');

test('no customer reads a second reply, whoever is killed and whatever answer gets lost', async (t) => {
  const seed = chaosSeed();
  const random = createRandom(seed);
  t.diagnostic(`seed ${seed}`);
  const simulator = intercomSimulator();
  const desk = await openDeskServer(t, simulator);
  const scene = await openScene(t, world, (request) => {
    if (isClassification(request)) return labels();
    const [, number = '?'] = /parcel number (\d+)/.exec(userMessageOf(request)) ?? [];
    return { text: `Parcel ${number} is on its way.` };
  });
  const intake = await scene.start(
    {
      sources: { desk: { platform: 'intercom', destination: 'desk', ...simulator.source } },
      destinations: {
        desk: {
          type: 'intercom',
          ...simulator.destination(desk.url),
          allowPrivateNetworks: true,
          requestsPerMinute: 1_000_000,
          timeoutMs: 3000,
          retryMs: [0, 300, 300, 600, 600, 1000, 1000, 2000, 2000, 2000],
        },
      },
    },
    { roles: ['ingest', 'classifier', 'tier'], environment: { TIERLINE_LEASE_MS: '3000' } },
  );
  const fleet = createFleet({
    projectFolder,
    environmentOf: () => ({
      REDIS_URL: world.redis.url,
      TIERLINE_CONFIG: intake.configFile,
      TIERLINE_PREFIX: scene.prefix,
      TIERLINE_LEASE_MS: '3000',
    }),
    textPattern: /parcel number/,
  });
  t.after(() => fleet.close());
  const members = Array.from({ length: writers }, (_, i) => fleet.add(`results ${i + 1}`, ['results']));
  for (const member of members) await member.started();

  let isOver = false;
  let kills = 0;
  const storm = (async () => {
    while (!isOver) {
      await sleep(random.between(100, 400));
      const fault = random.pick(['lost_reply', 'lost_reply', 'rate_limited', 'unavailable'] as const);
      desk.fail(isWrite, fault);
      if (random.chance(0.5)) continue;
      const member = random.pick(members);
      await member.started();
      await member.kill();
      kills += 1;
      member.start();
    }
  })();

  const ids: string[] = [];
  for (let i = 0; i < tickets; i += 1) {
    const { raw, headers, path } = simulator.customerWrites(`${i}`, `Where is parcel number ${i}?`);
    const response = await fetch(`${intake.ingestUrl}/v1/webhooks/desk${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: raw,
    });
    assert.equal(response.status, 202);
    ids.push(((await response.json()) as { ticketId: string }).ticketId);
    await sleep(everyMs);
  }
  isOver = true;
  await storm;
  const open = async (): Promise<number> => (await intake.app.record.counts()).open;
  await until('every ticket is at its end', async () => (await open()) === 0, {
    withinMs: patienceMs,
    explain: async () => `${await open()} are open; seed ${seed}\n${fleet.lastLines()}`,
  });

  const ends = new Map<string, number>();
  const twice: string[] = [];
  const unanswered: string[] = [];
  for (const [i, id] of ids.entries()) {
    const state = (await scene.record(id))['st'] ?? 'none';
    ends.set(state, (ends.get(state) ?? 0) + 1);
    const mark = contentMark(`Parcel ${i} is on its way.`);
    const replies = simulator
      .thread(`${i}`)
      .filter((one) => one.author === 'own' && one.visibility === 'public')
      .map((one) => contentMark(textOfHtml(one.text)));
    if (replies.length > 1 || replies.some((one) => one !== mark)) twice.push(`${i} has ${replies.length}`);
    if (state === 'delivered' && replies.length === 0) unanswered.push(`${i}`);
  }
  t.diagnostic(`${tickets} tickets, ${kills} kills: ${JSON.stringify(Object.fromEntries(ends))}`);
  assert.deepEqual(twice, []);
  assert.deepEqual(unanswered, []);
  assert.ok(kills > 0);
  assert.deepEqual(
    [...ends.keys()].filter((end) => !['delivered', 'handed_off'].includes(end)),
    [],
  );
  assert.deepEqual(fleet.misbehaviour, []);
});
