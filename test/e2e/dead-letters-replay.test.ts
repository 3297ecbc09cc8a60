/** Dead letters on their way back: by the command line as people run it, and over HTTP. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { tierline } from '../fakes/command.ts';
import type { Behaviour } from '../fakes/provider.ts';
import type { Received } from '../fakes/receiver.ts';
import { openScene, until, userMessageOf, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const refused: Behaviour = { status: 400, error: { message: 'no' } };
/** Local labels only; every ticket is of tier simple, or of standard, which holds its dead letters, by a tag. */
const localOnly = {
  classifier: undefined,
  tiers: {
    simple: { models: ['small'] },
    standard: { models: ['large'], onDead: 'hold' },
    complex: { models: ['large'] },
  },
  routes: [{ when: { tag: ['hold'] }, tier: 'standard' }],
};

type Stage = {
  scene: Scene;
  system: TestSystem;
  /** The provider works from now on. */
  repair: () => void;
  dead: (...args: string[]) => ReturnType<typeof tierline>;
  json: (...args: string[]) => Promise<Record<string, unknown> & { code: number }>;
  post: (externalId: string, more?: Record<string, unknown>) => Promise<string>;
};

async function open(
  t: Parameters<typeof openScene>[0],
  overrides: Record<string, unknown> = {},
): Promise<Stage> {
  let isBroken = true;
  const scene = await openScene(t, world, () => (isBroken ? refused : { text: 'It is on its way.' }));
  const system = await scene.start({ ...localOnly, ...overrides });
  const env = {
    REDIS_URL: world.redis.url,
    TIERLINE_PREFIX: scene.prefix,
    TIERLINE_CONFIG: system.configFile,
  };
  const dead = (...args: string[]) => tierline(['dead', ...args], env);
  return {
    scene,
    system,
    repair: () => void (isBroken = false),
    dead,
    async json(...args) {
      const ended = await dead(...args, '--json');
      assert.equal(ended.stderr, '');
      return { ...(JSON.parse(ended.stdout) as Record<string, unknown>), code: ended.code };
    },
    async post(externalId, more = {}) {
      return (await system.post({ externalId, ...more })).body.ticketId;
    },
  };
}

const held = { tags: ['hold'] };
const deliveriesOf = ({ receiver }: Scene, ticketId: string): Received[] =>
  receiver.received.filter(({ body }) => body.data.ticketId === ticketId);
const idsOf = (received: Received[]) => received.map(({ headers }) => headers['webhook-id']);

describe('dead letters on their way back', { concurrency: 4 }, () => {
  test('held ones are answered once the provider works again: listed, tried dry, put back, delivered as generation 1', async (t) => {
    const { scene, system, repair, dead, json, post } = await open(t);
    const [one, other] = await Promise.all([post('T-1', held), post('T-2', held)]);
    for (const id of [one, other]) await system.untilEnd(id);

    const listed = await json('list');
    const group = (listed['groups'] as Record<string, unknown>[])[0]!;
    const { queue, tier, cause, count } = group;
    assert.deepEqual([queue, tier, cause, count], ['tier.standard.dead', 'standard', 'bad_request', 2]);
    assert.deepEqual([listed['held'], listed['handedOff'], listed.code], [2, 0, 0]);
    const printed = await dead();
    for (const shown of ['tier.standard.dead', 'bad_request', '2 held, 0 handed']) {
      assert.ok(`${printed.stdout}${printed.stderr}`.includes(shown), shown);
    }
    const all = await dead('list', '--all', '--cause', 'bad_request');
    for (const shown of [one, other, 'shop-api', 'T-2']) assert.ok(all.stdout.includes(shown), shown);

    const dry = await json('replay', '--cause', 'bad_request', '--dry-run');
    assert.deepEqual([dry['total'], (dry['counts'] as { replayed: number }).replayed], [2, 2]);
    assert.equal((await scene.record(one))['st'], 'dead');

    repair();
    const replayed = await dead('replay', '--tier', 'standard');
    assert.equal(replayed.code, 0);
    assert.match(replayed.stdout, /2 {2}put back/);
    for (const id of [one, other]) {
      const trace = await system.untilEnd(id);
      assert.equal(trace.state, 'delivered');
      // What was tried before stays in its story.
      assert.deepEqual(
        trace.attempts.map(({ fault }) => fault),
        ['bad_request', null],
      );
      assert.ok(trace.timeline.some(({ detail }) => detail === 'replayed as generation 1'));
      assert.deepEqual(idsOf(deliveriesOf(scene, id)), [`msg_${id}_1`]);
    }
    const again = await dead('replay', one);
    assert.deepEqual([again.code, again.stdout], [0, `${one}  not: it is no dead letter any more\n`]);
    assert.equal((await json('list'))['total'], 0);
  });

  test('what people were told of is answered only after that is said, as a second message', async (t) => {
    const { scene, system, repair, dead, json, post } = await open(t);
    const id = await post('T-1');
    assert.equal((await system.untilEnd(id)).state, 'handed_off');
    repair();
    const without = await dead('replay', id);
    assert.equal(without.code, 1);
    assert.match(without.stdout, /people have it; --after-handoff/);
    assert.equal((await json('replay', id, '--after-handoff')).code, 0);
    await until(async () => ((await scene.record(id))['st'] === 'delivered' ? true : null));
    const [handoff, reply] = deliveriesOf(scene, id);
    assert.deepEqual([handoff!.body.type, reply!.body.type], ['ticket.handoff', 'ticket.reply']);
    assert.deepEqual(idsOf([handoff!, reply!]), [`msg_${id}_1`, `msg_${id}_2`]);
    assert.equal(reply!.body.data.generation, 2);
    await dead('replay', id, '--after-handoff');
    assert.equal(deliveriesOf(scene, id).length, 2);
  });

  test('where the customer has written again the old message is refused by name, and the new answer has both', async (t) => {
    const { scene, system, repair, dead, json, post } = await open(t);
    const old = await post('T-1', {
      ...held,
      conversationId: 'C',
      messageId: 'm-1',
      body: 'Where is my lamp?',
    });
    await system.untilEnd(old);
    repair();
    const newer = await post('T-1', {
      ...held,
      conversationId: 'C',
      messageId: 'm-2',
      body: 'And is it blue?',
    });
    assert.equal((await system.untilEnd(newer)).state, 'delivered');
    const asked = userMessageOf(scene.provider.requests.at(-1)!);
    assert.ok(asked.includes('Where is my lamp?') && asked.includes('And is it blue?'));
    const refusal = await dead('replay', old);
    assert.equal(refusal.code, 1);
    assert.match(refusal.stdout, new RegExp(`the customer has written again \\(${newer}\\)`));
    const shown = await json('show', old);
    assert.deepEqual(shown['replay'], { ticketId: old, kind: 'superseded', by: newer });
    assert.equal(shown['supersededBy'], newer);
    assert.deepEqual(deliveriesOf(scene, old), []);
  });

  test('a message that comes between the replay and the sending is answered instead', async (t) => {
    const { scene, system, repair, json, post } = await open(t);
    const old = await post('T-1', { ...held, conversationId: 'C', messageId: 'm-1' });
    await system.untilEnd(old);
    await system.app.hints.pause('tier.standard');
    assert.equal((await json('replay', old)).code, 0);
    assert.equal((await scene.record(old))['st'], 'answer');
    const newer = await post('T-1', { ...held, conversationId: 'C', messageId: 'm-2' });
    repair();
    await system.app.hints.resume('tier.standard');
    assert.equal((await system.untilEnd(newer)).state, 'delivered');
    assert.equal((await system.trace(old)).state, 'superseded');
    assert.deepEqual(deliveriesOf(scene, old), []);
  });

  test('an answer that could not be delivered is sent again: the same bytes, the same id', async (t) => {
    const { scene, system, repair, json, post } = await open(t);
    repair();
    scene.receiver.answer = () => ({ status: 500 });
    const id = await post('T-1');
    const trace = await system.untilEnd(id);
    assert.deepEqual([trace.state, trace.cause], ['dead', 'undeliverable']);
    const tries = deliveriesOf(scene, id).length;
    scene.receiver.answer = () => ({ status: 200 });
    assert.equal((await json('replay', '--queue', 'deliver')).code, 0);
    await until(async () => ((await scene.record(id))['st'] === 'delivered' ? true : null));
    const all = deliveriesOf(scene, id);
    assert.equal(all.length, tries + 1);
    assert.deepEqual(new Set(idsOf(all)), new Set([`msg_${id}_1`]));
    assert.equal(new Set(all.map(({ raw }) => raw)).size, 1);
    assert.equal(scene.provider.requests.length, 1);
  });

  test('people get hand-offs at their rate; who has its turn is not put off again', async (t) => {
    const { scene, system, post } = await open(t, { handoffs: { perMinute: 1 } });
    const ids = await Promise.all(Array.from({ length: 6 }, (_, i) => post(`T-${i}`)));
    const parked = await until(async () => {
      const states = await Promise.all(ids.map(async (id) => [id, (await scene.record(id))['ho']] as const));
      const waiting = states.filter(([, given]) => given === '1').map(([id]) => id);
      return waiting.length === 5 ? waiting : null;
    });
    const first = ids.find((id) => !parked.includes(id))!;
    assert.equal((await scene.ended(first))['st'], 'handed_off');
    assert.deepEqual(
      scene.receiver.received.map(({ body }) => body.data.ticketId),
      [first],
    );
    const moments = await Promise.all(parked.map(async (id) => Number((await scene.record(id))['pu'])));
    moments.sort((a, b) => a - b);
    // A minute apart, give or take how quickly they came.
    assert.ok(moments.at(-1)! - moments[0]! > 180_000, moments.join(' '));
    const { timeline, state } = await system.trace(parked[0]!);
    assert.deepEqual([state, timeline.at(-1)!.detail], ['parked', 'hand-off in its turn']);
    for (const id of parked) await scene.hurry(id);
    for (const id of parked) {
      const fields = await scene.ended(id);
      assert.deepEqual([fields['st'], fields['tl']!.match(/in its turn/g)!.length], ['handed_off', 1]);
    }
    assert.equal(scene.receiver.received.length, 6);
  });

  test('they are exported with what was written, and dropped only with --yes', async (t) => {
    const { scene, system, dead, json, post } = await open(t);
    const id = await post('T-1', { ...held, subject: 'Lamp, blue', body: 'It is "broken"\nin two.' });
    await system.untilEnd(id);
    const lines = (await dead('export')).stdout.trim().split('\n');
    const exported = JSON.parse(lines[0]!) as { ticketId: string; cause: string; ticket: { body: string } };
    assert.deepEqual([lines.length, exported.ticketId, exported.cause], [1, id, 'bad_request']);
    assert.equal(exported.ticket.body, 'It is "broken"\nin two.');
    const csv = (await dead('export', '--format', 'csv')).stdout;
    assert.match(csv, /^ticketId,state,queue,/);
    assert.ok(csv.includes(',"Lamp, blue","It is ""broken""\nin two."\r\n'));

    const shown = await dead('show', id);
    for (const part of [
      'bad_request (1 ticket of this queue)',
      'held: nobody was told',
      'would be put back to tier.standard',
    ]) {
      assert.ok(shown.stdout.includes(part), `${part} in\n${shown.stdout}`);
    }
    assert.equal((await dead('drop')).code, 2);
    const unsure = await dead('drop', '--cause', 'bad_request');
    assert.equal(unsure.code, 2);
    assert.match(unsure.stderr, /add --yes/);
    assert.equal((await scene.record(id))['st'], 'dead');
    const sure = await json('drop', '--cause', 'bad_request', '--yes');
    assert.deepEqual([sure.code, (sure['counts'] as { dropped: number }).dropped], [0, 1]);
    assert.equal((await system.trace(id)).state, 'cancelled');
    assert.match((await dead('show', id)).stderr, /no dead letter: it is cancelled/);
  });

  test('a name that is misspelt is told, and so is a rate that is none', async (t) => {
    const { system, dead, post } = await open(t);
    await system.untilEnd(await post('T-1', held));
    const wrong = await dead('replay', '--cause', 'bad_reqest');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /There is no cause "bad_reqest"\. Did you mean "bad_request"\?/);
    assert.equal((await dead('list', '--tier', 'simpel')).code, 2);
    assert.match((await dead('replay', '--rate', 'fast')).stderr, /--rate takes a rate such as 20\/s/);
    assert.equal((await dead('replay', 't_x', '--cause', 'bad_request')).code, 2);
    const none = await dead('replay', '--tier', 'complex');
    assert.deepEqual([none.code, none.stderr], [0, 'There are no dead letters that fit.\n']);
  });

  test('the console lists them and puts them back, for itself and for programs; each write leaves its line', async (t) => {
    const { scene, system, repair, post } = await open(t);
    const [one, other] = await Promise.all([post('T-1', held), post('T-2')]);
    for (const id of [one, other]) await system.untilEnd(id);
    const at = (where: string): string => `${system.consoleUrl}/api/dead-letters${where}`;
    const get = async (query: string) => (await fetch(at(query))).json() as Promise<Record<string, unknown>>;
    const send = (where: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(at(where), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const { total, groups } = await get('');
    assert.deepEqual([total, (groups as unknown[]).length], [2, 2]);
    const tickets = (await get('?tickets=1&state=dead'))['tickets'] as {
      ticketId: string;
      externalId: string;
    }[];
    assert.deepEqual(
      tickets.map(({ ticketId, externalId }) => [ticketId, externalId]),
      [[one, 'T-1']],
    );
    assert.equal((await fetch(at('?state=lost'))).status, 422);

    const foreign = await send('/replay', { filter: {} }, { 'sec-fetch-site': 'cross-site' });
    assert.equal(foreign.status, 403);
    assert.equal((await send('/drop', { filter: {} }, { origin: 'https://evil.example' })).status, 403);
    for (const body of [
      {},
      { ids: [one], filter: {} },
      { ids: [one], rate: 0 },
      { ids: [] },
      { all: true },
    ]) {
      assert.equal((await send('/replay', body)).status, 422, JSON.stringify(body));
    }
    assert.equal((await scene.record(one))['st'], 'dead');
    const counts = async (response: Promise<Response>) =>
      ((await (await response).json()) as { counts: Record<string, number> }).counts;
    const dry = await counts(send('/replay', { filter: {}, dryRun: true }));
    assert.deepEqual([dry['replayed'], dry['handed_off']], [1, 1]);
    assert.equal(wasLogged(scene, 'console.write'), null);
    assert.equal((await counts(send('/drop', { filter: {}, dryRun: true })))['dropped'], 1);
    repair();
    const done = await counts(
      send('/replay', { ids: [one, other], afterHandoff: true }, { origin: system.consoleUrl! }),
    );
    assert.equal(done['replayed'], 2);
    assert.ok(wasLogged(scene, 'console.write', '"action":"dead_letters.replay"', '"replayed":2'));
    for (const id of [one, other]) {
      await until(async () => ((await scene.record(id))['st'] === 'delivered' ? true : null));
    }
    assert.equal((await counts(send('/replay', { ids: [one, other], afterHandoff: true })))['not_dead'], 2);
  });

  test('where the console has a token, neither the list nor a replay is had without it', async (t) => {
    const scene = await openScene(t, world, refused);
    const environment = { CONSOLE_TOKEN: 'console-secret' };
    const system = await scene.start(localOnly, { environment });
    const { ticketId } = (await system.post({ externalId: 'T-1', ...held })).body;
    await system.untilEnd(ticketId);
    const url = `${system.consoleUrl}/api/dead-letters`;
    const replay = (headers: Record<string, string>) =>
      fetch(`${url}/replay`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ids: [ticketId] }),
      });
    assert.deepEqual([(await fetch(url)).status, (await replay({})).status], [401, 401]);
    assert.equal((await scene.record(ticketId))['st'], 'dead');
    assert.equal((await replay({ authorization: 'Bearer console-secret' })).status, 200);
  });
});
