/**
 * What holds for every helpdesk: a customer's message comes in by a signed webhook, and one answer stands in its thread,
 * whatever people do meanwhile and whatever gets lost.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { readIgnored } from '../../shared/helpdesks/ignored-counts.ts';
import { contentMark } from '../../shared/helpdesks/content-mark.ts';
import { textOfHtml } from '../../shared/helpdesks/html-text.ts';
import { simulators } from '../fakes/desks/all.ts';
import { openDeskServer } from '../fakes/desks/server.ts';
import type { DeskCall, DeskSimulator, DeskWebhook, ThreadMessage } from '../fakes/desks/simulator.ts';
import type { Behaviour, ProviderRequest } from '../fakes/provider.ts';
import { isClassification, labels, openScene, until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld();
});

after(() => world.close());

type Posted = { status: number; body: { ticketId?: string; duplicate?: boolean; ignored?: string } };

/** `answer` is asked for every answer of the model; what it returns is its text. */
async function open(
  t: TestContext,
  simulator: DeskSimulator,
  answer: (request: ProviderRequest) => string | Behaviour = () => 'It is on its way.',
  changes: { source?: Record<string, unknown>; destination?: Record<string, unknown> } = {},
) {
  const desk = await openDeskServer(t, simulator);
  const scene = await openScene(t, world, (request) => {
    if (isClassification(request)) return labels();
    const given = answer(request);
    return typeof given === 'string' ? { text: given } : given;
  });
  const system = await scene.start({
    sources: {
      desk: { platform: simulator.platform, destination: 'desk', ...simulator.source, ...changes.source },
    },
    destinations: {
      desk: {
        type: simulator.platform,
        ...simulator.destination(desk.url),
        allowPrivateNetworks: true,
        requestsPerMinute: 100_000,
        retryMs: [0, 500, 500, 500, 500, 500],
        ...changes.destination,
      },
    },
  });
  const post = async ({ raw, headers, path }: DeskWebhook): Promise<Posted> => {
    const response = await fetch(`${system.ingestUrl}/v1/webhooks/desk${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: raw,
    });
    const body = (await response.json()) as Posted['body'] & { results?: Posted['body'][] };
    return { status: response.status, body: body.results?.[0] ?? body };
  };
  const ended = async ({ body }: Posted): Promise<string> => {
    assert.ok(body.ticketId, JSON.stringify(body));
    return (await scene.ended(body.ticketId))['st']!;
  };
  /** Parked deliveries are looked at again at once, so that no test waits for a helpdesk's patience. */
  return { desk, scene, system, post, ended };
}

const said = (message: ThreadMessage): string => contentMark(textOfHtml(message.text));
const ownIn = (simulator: DeskSimulator, conversation: string, visibility: ThreadMessage['visibility']) =>
  simulator.thread(conversation).filter((one) => one.author === 'own' && one.visibility === visibility);
const writesOf = (simulator: DeskSimulator): ((call: DeskCall) => boolean) =>
  simulator.isWrite ?? (({ method }) => method !== 'GET');

for (const create of simulators) {
  const { platform } = create();

  describe(platform, () => {
    test('answers a customer’s message in its thread, once, however often the webhook comes', async (t) => {
      const simulator = create();
      const { post, ended } = await open(t, simulator);
      const webhook = simulator.customerWrites('1', 'Where is my parcel?');
      const first = await post(webhook);
      assert.equal(first.status, 202, JSON.stringify(first.body));
      assert.equal(await ended(first), 'delivered');
      const again = await post(webhook);
      assert.deepEqual([again.body.ticketId, again.body.duplicate], [first.body.ticketId, true]);
      const own = ownIn(simulator, '1', 'public');
      assert.deepEqual(own.map(said), [contentMark('It is on its way.')]);
    });

    test('refuses a webhook that is signed with another secret, and makes no ticket of it', async (t) => {
      const simulator = create();
      const { post, scene } = await open(t, simulator);
      const refused = await post(simulator.forged(simulator.customerWrites('1', 'Where is my parcel?')));
      assert.equal(refused.status, 401);
      assert.equal(refused.body.ticketId, undefined);
      assert.equal(scene.provider.requests.length, 0);
    });

    test('makes no ticket of what agents write, in public or in private, and counts it', async (t) => {
      const simulator = create();
      const { post, scene } = await open(t, simulator);
      simulator.customerWrites('1', 'Where is my parcel?');
      const webhooks = (['public', 'internal'] as const).flatMap(
        (visibility) => simulator.agentWrites('1', `Said ${visibility}.`, visibility) ?? [],
      );
      for (const webhook of webhooks) {
        const { status, body } = await post(webhook);
        if (body.ticketId === undefined) {
          assert.equal(status, 200);
          assert.ok(body.ignored);
        } else {
          // Only reading the conversation tells who wrote it.
          assert.equal((await scene.ended(body.ticketId))['st'], 'skipped');
        }
      }
      const counted = await readIgnored({ redis: scene.redis, prefix: scene.prefix, now: Date.now }, 2);
      assert.equal(
        counted.reduce((sum, { count }) => sum + count, 0),
        webhooks.length,
      );
      assert.equal(ownIn(simulator, '1', 'public').length, 0);
    });

    test('makes no ticket of its own answer', async (t) => {
      const simulator = create();
      const { post, ended, scene } = await open(t, simulator);
      const posted = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      assert.equal(await ended(posted), 'delivered');
      const echo = simulator.ownEcho('1');
      if (echo === null) return;
      const { body } = await post(echo);
      if (body.ticketId !== undefined) assert.equal((await scene.ended(body.ticketId))['st'], 'skipped');
      assert.equal(ownIn(simulator, '1', 'public').length, 1);
    });

    test('does not talk over a person who has answered while the model did; people get a note', async (t) => {
      const simulator = create();
      const { post, ended } = await open(t, simulator, () => {
        simulator.agentWrites('1', 'I am looking into it.', 'public');
        return 'It is on its way.';
      });
      const posted = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      assert.equal(await ended(posted), 'handed_off');
      assert.deepEqual(ownIn(simulator, '1', 'public'), []);
      assert.equal(ownIn(simulator, '1', 'internal').length, 1);
    });

    test('does not answer in a conversation that a person has taken meanwhile', async (t) => {
      const simulator = create();
      simulator.customerWrites('probe', 'Where is my parcel?');
      if (!simulator.takeOver('probe')) return t.skip('it knows no owners');
      const { post, ended } = await open(t, simulator, () => {
        simulator.takeOver('1');
        return 'It is on its way.';
      });
      const posted = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      assert.equal(await ended(posted), 'handed_off');
      assert.deepEqual(ownIn(simulator, '1', 'public'), []);
      assert.equal(ownIn(simulator, '1', 'internal').length, 1);
    });

    test('gives five messages in a row one answer', async (t) => {
      const simulator = create();
      const later: Promise<Posted>[] = [];
      let answers = 0;
      const { post, scene } = await open(t, simulator, () => {
        answers += 1;
        if (answers === 1) {
          for (const text of ['Hello?', 'Order 5531.', 'Are you there?', 'Please answer.']) {
            later.push(post(simulator.customerWrites('1', text)));
          }
        }
        return 'It is on its way.';
      });
      const first = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      await until(() => Promise.resolve(later.length === 4 ? true : null));
      const ids = [first, ...(await Promise.all(later))].map(({ body }) => body.ticketId!);
      const states = await Promise.all(ids.map(async (id) => (await scene.ended(id))['st']));
      assert.deepEqual(
        states.filter((state) => state !== 'superseded'),
        ['delivered'],
      );
      assert.equal(ownIn(simulator, '1', 'public').length, 1);
    });

    test('never says a thing twice where the reply to the write got lost', async (t) => {
      const simulator = create();
      const { desk, post, ended } = await open(t, simulator);
      desk.fail(writesOf(simulator), 'lost_reply');
      const posted = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      assert.equal(await ended(posted), 'delivered');
      assert.deepEqual(ownIn(simulator, '1', 'public').map(said), [contentMark('It is on its way.')]);
    });

    test('leaves it to people where nobody can say whether the answer arrived', async (t) => {
      const simulator = create();
      const { desk, post, ended } = await open(t, simulator);
      desk.fail(writesOf(simulator), 'unavailable');
      const posted = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      assert.equal(await ended(posted), 'handed_off');
      assert.deepEqual(ownIn(simulator, '1', 'public'), []);
      assert.equal(ownIn(simulator, '1', 'internal').length, 1);
    });

    test('waits where the helpdesk says that it is asked too often', async (t) => {
      const simulator = create();
      const { desk, post, ended } = await open(t, simulator);
      desk.fail(() => true, 'rate_limited');
      desk.fail(writesOf(simulator), 'rate_limited');
      const posted = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      assert.equal(await ended(posted), 'delivered');
      assert.equal(ownIn(simulator, '1', 'public').length, 1);
    });

    test('writes a draft, or a note where there are no drafts, in draft mode', async (t) => {
      const simulator = create();
      const { post, ended } = await open(t, simulator, undefined, { source: { mode: 'draft' } });
      const posted = await post(simulator.customerWrites('1', 'Where is my parcel?'));
      assert.equal(await ended(posted), 'drafted');
      assert.deepEqual(ownIn(simulator, '1', 'public'), []);
      assert.equal(ownIn(simulator, '1', simulator.hasDrafts ? 'draft' : 'internal').length, 1);
    });
  });
}

test('there is a helpdesk to answer in', () => {
  assert.ok(simulators.length > 0);
});
