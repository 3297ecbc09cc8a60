import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import type { DeadEnd, Revival } from '../../shared/record/dead.ts';
import type { Claim } from '../../shared/record/record.ts';
import type { Hint, State } from '../../shared/stages.ts';
import { jobIdOf, states } from '../../shared/stages.ts';
import { ends } from '../../shared/ticket.ts';
import type { End } from '../../shared/ticket.ts';
import { createModel } from './record-model.ts';
import type { ModelTicket } from './record-model.ts';
import {
  accept,
  age,
  auditAll,
  endPark,
  expireLease,
  jobKeyOf,
  openRecordWorld,
  sweep,
  ticketOf,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());

/** How far back from the latest: mostly the latest itself, so that tickets get far. */
const pick = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat({ max: 50 }) },
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('accept'),
      conversation: fc.nat({ max: 1 }),
      minute: fc.nat({ max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat'), pick }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('work'), pick }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('passStage') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('advance'),
      pick,
      to: fc.constantFrom('next', 'next', 'next', 'dead_letter', 'handed_off', 'dead'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('park'), pick, failed: fc.boolean(), unsent: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew'), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('expireLease'), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('endPark'), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('doubleHint'), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loseHint'), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('audit') }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('die'), to: fc.constantFrom('dead', 'handed_off') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('revive'),
      pick,
      afterHandoff: fc.boolean(),
      isDelayed: fc.boolean(),
      resends: fc.boolean(),
      dry: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop'), pick }) },
);
type Step = {
  kind: string;
  pick?: number;
  conversation?: number;
  minute?: number;
  to?: string;
  failed?: boolean;
  unsent?: boolean;
  afterHandoff?: boolean;
  isDelayed?: boolean;
  resends?: boolean;
  dry?: boolean;
};

const queueOf: Record<State, string> = {
  classify: 'classify',
  answer: 'tier.simple',
  deliver: 'deliver',
  dead_letter: 'classify.dead',
};
const nextOf: Record<State, State | End> = {
  classify: 'answer',
  answer: 'deliver',
  dead_letter: 'deliver',
  deliver: 'delivered',
};

/** The record and its model side by side, and the queues between them as a list of hints. */
function createRun() {
  const model = createModel();
  const { record, redis } = w;
  const base = record.bases[0]!;
  const messages = new Map<string, Parameters<typeof accept>[1]>();
  const order: string[] = [];
  const held: Claim<never>[] = [];
  const queue: Hint[] = [];
  const ended = new Map<string, string>();
  let tokens = 0;

  const one = <T>(list: readonly T[], index = 0): T | undefined =>
    list.at(-1 - (index % Math.max(1, list.length)));
  const isQueued = ({ id, state, n }: ModelTicket): boolean =>
    queue.some(
      (hint) => jobIdOf(hint) === jobIdOf({ ticketId: id, state: state as State, queue: '', sequence: n }),
    );

  /** A hint on the queue, as BullMQ keeps its job. */
  const send = async (hint: Hint): Promise<void> => {
    queue.push(hint);
    await redis.hset(jobKeyOf(hint), 'timestamp', 1);
  };
  const take = async (index: number): Promise<Hint | undefined> => {
    const hint = one(queue, index);
    if (!hint) return undefined;
    queue.splice(queue.indexOf(hint), 1);
    if (!queue.some((other) => jobIdOf(other) === jobIdOf(hint))) await redis.del(jobKeyOf(hint));
    return hint;
  };
  /** Sends what the record says must be hinted; for open tickets that is exactly what the model says, and up to date. */
  const sendAll = async (hints: Hint[], expected: string[]): Promise<void> => {
    const open = hints.filter(({ ticketId }) => model.tickets.get(ticketId)!.isOpen);
    const openExpected = expected.filter((id) => model.tickets.get(id)!.isOpen);
    assert.deepEqual(open.map(({ ticketId }) => ticketId).sort(), openExpected.sort());
    for (const { ticketId, state, queue: name, sequence } of open) {
      const ticket = model.tickets.get(ticketId)!;
      assert.deepEqual([state, name, sequence], [ticket.state, queueOf[state], ticket.n]);
    }
    for (const hint of hints) await send(hint);
  };

  const steps: Record<string, (step: Step) => Promise<void>> = {
    async accept({ conversation = 0, minute = 0 }) {
      const ticket = ticketOf({
        conversationId: `c${conversation}`,
        at: 1_700_000_000_000 + minute * 60_000,
      });
      const accepted = await accept(record, ticket);
      const expected = model.accept(accepted.ticketId, conversation, minute);
      order.push(accepted.ticketId);
      messages.set(accepted.ticketId, ticket);
      assert.deepEqual(
        [accepted.kind, 'waits' in accepted && accepted.waits],
        [expected.kind, expected.waits],
      );
      await send({ ticketId: accepted.ticketId, state: 'classify', queue: 'classify', sequence: 1 });
      await sendAll(accepted.restarts, expected.hinted);
    },
    async repeat({ pick: index }) {
      const id = one(order, index);
      if (id === undefined) return;
      assert.equal((await accept(record, messages.get(id)!)).kind, model.accept(id, 0, 0).kind);
    },
    async work({ pick: index }) {
      const hint = await take(index ?? 0);
      if (!hint) return;
      const { ticketId, state } = hint;
      const token = `token-${(tokens += 1)}`;
      const claimed = await record.claim(ticketId, state, token, []);
      const expected = model.claim({ ticketId, state, token });
      if (claimed.kind !== 'claimed') return assert.equal(claimed.kind, expected);
      assert.equal(claimed.claim.poisoned ? 'poison' : 'claimed', expected);
      assert.equal(claimed.claim.withPeople, model.tickets.get(ticketId)!.withPeople);
      held.push(claimed.claim);
    },
    async advance({ pick: index, to: wish = 'next' }) {
      const claim = one(held, index);
      if (!claim) return;
      const canHandOff = claim.state === 'deliver';
      const canDie = canHandOff || claim.state === 'dead_letter';
      const to =
        wish === 'next' || (wish === 'handed_off' && !canHandOff) || (wish === 'dead' && !canDie)
          ? nextOf[claim.state]
          : (wish as State | End);
      const isEnd = !states.some((state) => state === to);
      const wasHeld = model.isHolding(claim);
      const target = isEnd
        ? { state: to as End, queue: null }
        : { state: to as State, queue: queueOf[to as State] };
      const fields = to === 'deliver' ? { rep: '{}', ret: `${claim.state} ${queueOf[claim.state]}` } : {};
      const advanced = await record.advance(claim, target, { fields });
      const released = model.advance(claim, to, isEnd);
      assert.equal(advanced.kind, wasHeld ? 'advanced' : 'lost');
      if (!isEnd)
        await send({
          ticketId: claim.ticketId,
          state: to as State,
          queue: queueOf[to as State],
          sequence: claim.sequence + 1,
        });
      if (advanced.kind !== 'advanced') return;
      assert.equal(advanced.sequence, claim.sequence + 1);
      await sendAll(advanced.released, released ?? []);
    },
    async passStage() {
      const heldBefore = held.length;
      await steps['work']!({ kind: '', pick: 0 });
      if (held.length > heldBefore) await steps['advance']!({ kind: '', pick: 0 });
    },
    async park({ pick: index, failed = false, unsent = false }) {
      const claim = one(held, index);
      if (!claim) return;
      const parked = await record.park(claim, { delayMs: 600_000, reason: 'later', failed, unsent });
      assert.equal(parked.kind === 'parked', model.park(claim, { failed, unsent }));
    },
    async renew({ pick: index }) {
      const claim = one(held, index);
      if (claim) assert.deepEqual(await record.renew([claim]), [model.renew(claim)]);
    },
    async cancel({ pick: index }) {
      const id = one(order, index);
      if (id === undefined) return;
      const cancelled = await record.cancel(id);
      const expected = model.cancel(id);
      assert.equal(cancelled.kind, expected.kind);
      await sendAll(cancelled.released, expected.hinted);
    },
    async expireLease({ pick: index }) {
      const ticket = one(
        [...model.tickets.values()].filter(({ token }) => token !== null),
        index,
      );
      if (!ticket) return;
      ticket.leaseExpired = true;
      await expireLease(w, ticket.id);
    },
    async endPark({ pick: index }) {
      const ticket = one(
        [...model.tickets.values()].filter(({ park }) => park === 'waiting'),
        index,
      );
      if (!ticket) return;
      ticket.park = 'due';
      await endPark(w, ticket.id);
    },
    /** Given up at once, by whatever stage has it. */
    async die({ to = 'dead' }) {
      for (let stages = 0; stages < 3; stages += 1) {
        const heldBefore = held.length;
        await steps['work']!({ kind: '', pick: 0 });
        if (held.length === heldBefore) return;
        const { state } = held.at(-1)!;
        const isLast = state === 'deliver' || (state === 'dead_letter' && to === 'dead');
        const next = state === 'dead_letter' ? 'next' : 'dead_letter';
        await steps['advance']!({ kind: '', pick: 0, to: isLast ? to : next });
        if (isLast) return;
      }
    },
    /** Twice at once, as by two operators. */
    async revive({ pick: index, afterHandoff = false, isDelayed = false, resends = false, dry = false }) {
      const endedOnes = order.filter((ticketId) => !model.tickets.get(ticketId)!.isOpen);
      const letters = endedOnes.filter((ticketId) => /dead|handed/.test(model.tickets.get(ticketId)!.state));
      const id = one(letters, index) ?? one(endedOnes, index);
      if (id === undefined) return;
      const now = await redis.hgetall(record.keyOf(id));
      const end: DeadEnd = now['st'] === 'handed_off' ? 'handed_off' : 'dead';
      const isResent = resends && end === 'dead' && now['rep'] !== undefined;
      const to = isResent ? 'deliver' : 'answer';
      const generation = Number(now['gen'] ?? 1) + (end === 'handed_off' ? 1 : 0);
      const revival: Revival = {
        ticketId: id,
        end,
        sequence: now['n']!,
        to,
        queue: queueOf[to],
        generation,
        deadlineMs: 0,
        createdMs: Date.parse(messages.get(id)!.createdAt),
        resendTo: isResent ? 'hook' : null,
      };
      const delayMs = isDelayed ? 600_000 : 0;
      if (dry) {
        const unchanged = JSON.stringify(now);
        await record.revive(revival, { dry, afterHandoff, delayMs });
        return assert.equal(JSON.stringify(await redis.hgetall(record.keyOf(id))), unchanged);
      }
      const both = await Promise.all([
        record.revive(revival, { dry, afterHandoff, delayMs }),
        record.revive(revival, { dry, afterHandoff, delayMs }),
      ]);
      const expected = model.revive(id, { to, afterHandoff, resends: isResent, isDelayed });
      const [first, second] = both;
      assert.deepEqual([first.kind, 'by' in first ? first.by : undefined], [expected.kind, expected.by]);
      if (first.kind !== 'replayed') return assert.deepEqual(second, first);
      assert.deepEqual(second, { kind: 'changed' });
      ended.delete(id);
      if (!isDelayed) await send({ ticketId: id, state: to, queue: queueOf[to], sequence: first.sequence });
    },
    async drop({ pick: index }) {
      const id = one(
        order.filter((ticketId) => model.tickets.get(ticketId)!.state === 'dead'),
        index,
      );
      if (id === undefined) return;
      assert.equal(await record.drop(id), model.drop(id));
      assert.equal(await record.drop(id), false);
      ended.delete(id);
    },
    async sweep() {
      await sendAll(await sweep(w), model.sweep());
    },
    async doubleHint({ pick: index }) {
      const hint = one(queue, index);
      if (hint) await send(hint);
    },
    async loseHint({ pick: index }) {
      await take(index ?? 0);
    },
    async audit() {
      for (const { id, isOpen } of model.tickets.values()) if (isOpen) await age(w, id);
      const hints = await auditAll(w);
      await sendAll(hints, model.audit(isQueued));
    },
  };

  /** What must hold between any two steps, read from Redis alone (and from the queue, of which the record knows nothing). */
  const check = async (areHintsWhole: boolean): Promise<void> => {
    const fields = ['st', 'n', 'lt', 'wf', 'pr', 'sb', 'sd', 'wp', 'pu', 'cc', 'cv', 'gen'] as const;
    const rows = await Promise.all(
      order.map(async (id) => {
        const values = await redis.hmget(record.keyOf(id), ...fields);
        return {
          id,
          ...(Object.fromEntries(fields.map((name, i) => [name, values[i] ?? ''])) as Record<
            (typeof fields)[number],
            string
          >),
        };
      }),
    );
    const [open, leases, parks] = await Promise.all(
      ['open', 'leases', 'parks'].map(async (set) => new Set(await redis.zrange(`${base}${set}`, 0, '-1'))),
    );
    const endSets = await Promise.all(ends.map((end) => redis.zrange(`${base}end:${end}`, 0, '-1')));
    for (const row of rows) {
      const { id, st } = row;
      const ticket = model.tickets.get(id)!;
      const seen = {
        st,
        lt: row.lt,
        wf: row.wf,
        sd: row.sd !== '',
        wp: row.wp,
        sb: row.sb,
        n: ticket.isOpen ? row.n : '',
        cc: Number(row.cc),
        gen: Number(row.gen || 1),
        pr: row.pr.split(',').filter(Boolean),
      };
      const expected = {
        st: ticket.state,
        lt: ticket.token ?? '',
        wf: ticket.waitsFor ?? '',
        sd: ticket.sentBy !== null,
        wp: ticket.withPeople ? '1' : '',
        sb: ticket.supersededBy ?? '',
        n: ticket.isOpen ? String(ticket.n) : '',
        cc: ticket.isOpen ? ticket.claims : 0,
        gen: ticket.generation,
        pr: ticket.isOpen || ticket.supersededBy === null ? ticket.covers : seen.pr,
      };
      assert.deepEqual(seen, expected, id);

      const isEnd = (ends as readonly string[]).includes(st);
      assert.equal(open!.has(id), !isEnd, `${id} is open or ended, never both`);
      assert.deepEqual(
        ends.filter((_, i) => endSets[i]!.includes(id)),
        isEnd ? [st] : [],
      );
      assert.equal(ended.get(id) ?? st, st, `${id} had ended already`);
      if (isEnd) {
        ended.set(id, st);
        assert.ok(!leases!.has(id) && !parks!.has(id), `${id} ended and left a lease or a park`);
        continue;
      }
      // A stage that is done leaves its entry for the next one; without one nobody is at work.
      assert.ok(leases!.has(id) || row.lt === '', `${id} says it is leased and is not`);
      assert.equal(parks!.has(id), row.pu !== '', `${id} is parked exactly when it says so`);
      const hasFuture =
        row.lt !== '' ||
        parks!.has(id) ||
        open!.has(row.wf) ||
        queue.some((hint) => hint.ticketId === id && hint.state === st);
      assert.ok(hasFuture || !areHintsWhole, `${id} has no future`);
    }
    for (const conversation of new Set(rows.map(({ cv }) => cv))) {
      const members = rows.filter(({ cv }) => cv === conversation);
      const sending = members.filter(({ id, sd }) => open!.has(id) && sd !== '');
      assert.ok(sending.length <= 1, 'two answers of one conversation are being sent');
      const active = members.filter(({ id, wf }) => open!.has(id) && wf === '');
      assert.ok(active.length <= 1, 'two messages of one conversation are being answered');
      const superseded = members.filter(({ sb }) => sb !== '').map(({ id }) => id);
      const covered = members
        .filter(({ sb }) => sb === '')
        .flatMap(({ pr }) => pr.split(',').filter(Boolean));
      assert.deepEqual(
        covered.sort(),
        superseded.sort(),
        'every superseded message is in exactly one other ticket',
      );
    }
  };

  /** However it stands: leases run out, parks end, the audit runs, and workers that do not die finish everything. */
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 200 && [...model.tickets.values()].some(({ isOpen }) => isOpen); round += 1) {
      for (const ticket of model.tickets.values()) {
        if (ticket.token !== null) await steps['expireLease']!({ kind: '', pick: 0 });
        if (ticket.park === 'waiting') await steps['endPark']!({ kind: '', pick: 0 });
      }
      held.length = 0;
      await steps['sweep']!({ kind: '' });
      await steps['audit']!({ kind: '' });
      while (queue.length > 0) {
        await steps['work']!({ kind: '', pick: 0 });
        if (held.length > 0) await steps['advance']!({ kind: '', pick: 0 });
        held.length = 0;
      }
    }
    await check(true);
    assert.deepEqual(await record.counts(), { open: 0, leased: 0, parked: 0 });
  };

  return { steps, check, settle };
}

test('whatever happens in whatever order, the record does what its model says, and no ticket is lost or ends twice', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 70, size: 'max' }),
    async (given) => {
      await w.redis.flushall();
      const run = createRun();
      let areHintsWhole = true;
      for (const one of given) {
        await run.steps[one.kind]!(one);
        if (one.kind === 'loseHint') areHintsWhole = false;
        if (one.kind === 'audit') areHintsWhole = true;
        await run.check(areHintsWhole);
      }
      await run.settle();
    },
  );
  // More of them, for an hour at night: PROPERTY_RUNS=20000.
  await fc.assert(property, { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 100) });
});
