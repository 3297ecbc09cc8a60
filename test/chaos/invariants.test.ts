/** The checks themselves: a world in which all is well has nothing to report, and each thing that goes wrong is reported. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../../shared/record/ledger-rows.ts';
import { violationsOf } from './invariants.ts';
import type { Seen, SeenCall, SeenDelivery, SeenTicket } from './invariants.ts';

const row: Row = {
  model: 'small',
  provider: 'fake',
  purpose: 'answer',
  startedAt: 1,
  configVersion: 'v',
  requestId: 'req_1',
  nanoUsd: 7,
};
const call: SeenCall = {
  requestId: 'req_1',
  arrivedAt: 2,
  purpose: 'answer',
  marker: 'new',
  markers: ['old', 'new'],
  text: 'Hello.',
};
const delivery: SeenDelivery = {
  webhookId: 'msg_t_new_1',
  ticketId: 't_new',
  type: 'ticket.reply',
  text: 'Hello.',
  raw: '{"text":"Hello."}',
  isAccepted: true,
};

function ticket(marker: string, record: Record<string, string>): SeenTicket {
  const listedAt = [record['st'] ?? ''];
  return { ticketId: `t_${marker}`, marker, otherIds: [], record, listedAt, rows: [] };
}

/** A message that a newer one of its conversation spoke for, and the newer one, answered. */
function wellWorld(): Seen & { tickets: [SeenTicket, SeenTicket] } {
  return {
    tickets: [
      ticket('old', { st: 'superseded', sb: 't_new' }),
      {
        ...ticket('new', { st: 'delivered', pr: 't_old', rep: delivery.raw }),
        rows: [{ isOpen: false, row }],
      },
    ],
    calls: [call],
    deliveries: [delivery],
    remaining: { open: 0 },
    costs: { calls: 1, nanoUsd: 7, possiblyBilledCalls: 0 },
    misbehaviour: [],
  };
}

test('where all is well there is nothing to report', () => {
  assert.deepEqual(violationsOf(wellWorld()), []);
});

/** Given up before anything of it was sent. */
const unsentRow: Row = { ...row, requestId: null, fault: 'aborted', durationMs: 10, nanoUsd: 0 };

test('a call that was given up before it was sent is free, and nobody saw it', () => {
  const seen = wellWorld();
  seen.tickets[1].rows.push({ isOpen: false, row: unsentRow });
  seen.costs.calls += 1;
  assert.deepEqual(violationsOf(seen), []);
});

test('a refused call takes a free row, and a killed one a row that is possibly billed, whichever comes first', () => {
  const seen = wellWorld();
  const at = (startedAt: number, changes: Partial<Row>): Row => ({ ...unsentRow, startedAt, ...changes });
  seen.calls.push({ ...call, requestId: 'req_2', text: null, arrivedAt: 5 });
  seen.calls.push({ ...call, requestId: 'req_3', text: 'Other.', arrivedAt: 6 });
  seen.tickets[1].rows.push({ isOpen: false, row: at(4, { possiblyBilled: true, nanoUsd: null }) });
  seen.tickets[1].rows.push({ isOpen: false, row: at(3, { fault: 'server_error' }) });
  seen.costs.calls += 2;
  seen.costs.possiblyBilledCalls += 1;
  assert.deepEqual(violationsOf(seen), []);
});

const wrongs: [string, RegExp, (seen: ReturnType<typeof wellWorld>) => void][] = [
  ['a record that is gone', /^lost: new .* has no record/, ({ tickets }) => void (tickets[1].record = null)],
  [
    'a ticket without an end',
    /^lost: new .* state answer/,
    ({ tickets }) => void (tickets[1].record!['st'] = 'answer'),
  ],
  ['two ends', /listed at \[delivered,dead\]/, ({ tickets }) => void tickets[1].listedAt.push('dead')],
  ['a second id for one message', /second id: t_x/, ({ tickets }) => void tickets[1].otherIds.push('t_x')],
  [
    'two texts under one id',
    /^two texts/,
    (seen) => void seen.deliveries.push({ ...delivery, raw: '{"text":"Hi."}' }),
  ],
  [
    'two ids for one ticket',
    /msg_t_new_1 and msg_t_new_2/,
    (seen) => void seen.deliveries.push({ ...delivery, webhookId: 'msg_t_new_2' }),
  ],
  ['a reply that never arrived', /nothing arrived/, (seen) => void (seen.deliveries = [])],
  [
    'a reply to a superseded message',
    /superseded, but was answered/,
    (seen) => void seen.deliveries.push({ ...delivery, ticketId: 't_old' }),
  ],
  [
    'a reply to nobody',
    /nobody posted/,
    (seen) => void seen.deliveries.push({ ...delivery, ticketId: 't_other' }),
  ],
  [
    'a text that no call gave',
    /no call for it gave/,
    (seen) => void (seen.deliveries = [{ ...delivery, text: 'Bye.' }]),
  ],
  [
    'a reply that left an earlier message out',
    /^a question dropped: the reply/,
    (seen) => void (seen.calls = [{ ...call, markers: ['new'] }]),
  ],
  [
    'a superseded message that nobody speaks for',
    /^a question dropped: no reply/,
    ({ tickets }) => void delete tickets[1].record!['pr'],
  ],
  [
    'a call without a row',
    /^money: new .* 1 of them \(1 answered\)/,
    (seen) => void seen.calls.push({ ...call, requestId: 'req_2', text: 'Other.' }),
  ],
  [
    'a row without a call',
    /req_1, which was no call of it/,
    (seen) => void (seen.calls = [{ ...call, requestId: 'req_2' }]),
  ],
  [
    'two rows for one call',
    /two rows for one call/,
    ({ tickets }) => void tickets[1].rows.push({ isOpen: false, row }),
  ],
  [
    'a row that is called free without having been refused',
    /a call of small for new \(t_new\) \(truncated\) is called free/,
    ({ tickets }) =>
      void tickets[1].rows.push({ isOpen: false, row: { ...row, requestId: null, fault: 'truncated' } }),
  ],
  [
    'a call that was answered, in a row that says it was never sent',
    /^money: new .* 1 of them \(1 answered\) .* none is for req_2/,
    (seen) => {
      seen.calls.push({ ...call, requestId: 'req_2', text: 'Other.' });
      seen.tickets[1].rows.push({ isOpen: false, row: unsentRow });
    },
  ],
  [
    'a call that was answered while no row was open, in spite of another that is possibly billed',
    /^money: new .* none is for req_2/,
    (seen) => {
      seen.calls.push({ ...call, requestId: 'req_2', text: 'Other.', arrivedAt: 60_000 });
      const killed = { ...unsentRow, possiblyBilled: true };
      seen.tickets[1].rows.push({ isOpen: false, row: killed });
    },
  ],
  [
    'a row that nobody settled',
    /a call of small for new \(t_new\) is in no total/,
    ({ tickets }) => void tickets[1].rows.push({ isOpen: true, row: { ...row, requestId: null } }),
  ],
  [
    'doubtful money that the roll-ups do not know',
    /1 rows are possibly billed, 0 calls/,
    ({ tickets }) =>
      void tickets[1].rows.push({ isOpen: false, row: { ...row, requestId: null, possiblyBilled: true } }),
  ],
  [
    'roll-ups that do not add up',
    /rows of 7 nano-dollars, roll-ups of 8/,
    ({ costs }) => void (costs.nanoUsd = 8),
  ],
  ['something that is left', /^left over: 2 open/, ({ remaining }) => void (remaining['open'] = 2)],
  [
    'a process that ended by itself',
    /^tier ended/,
    ({ misbehaviour }) => void misbehaviour.push('tier ended'),
  ],
];

for (const [what, expected, breakIt] of wrongs) {
  test(`reports ${what}`, () => {
    const seen = wellWorld();
    breakIt(seen);
    const found = violationsOf(seen);
    assert.ok(
      found.some((one) => expected.test(one)),
      found.join('\n') || 'nothing was found',
    );
  });
}
