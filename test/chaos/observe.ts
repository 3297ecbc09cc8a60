/** Reads what is stored, for the checks in invariants.ts and for the report of what is stuck. */
import type { App } from '../../shared/app.ts';
import { readCosts } from '../../shared/ledger/costs.ts';
import { readGates } from '../../shared/models/gate-state.ts';
import { readOverview } from '../../shared/overview.ts';
import { queuePrefix } from '../../shared/record/keys.ts';
import { rowSchema } from '../../shared/record/ledger-rows.ts';
import { ends } from '../../shared/ticket.ts';
import type { Seen, SeenTicket } from './invariants.ts';
import type { Message } from './messages.ts';

export async function observe(
  app: App,
  acknowledged: Map<Message, string[]>,
): Promise<Pick<Seen, 'tickets' | 'remaining' | 'costs'>> {
  const listed = await readLists(app);
  const tickets = await Promise.all(
    [...acknowledged].map(async ([message, [ticketId = '', ...otherIds]]): Promise<SeenTicket> => {
      const record = await app.record.read(ticketId);
      return {
        ticketId,
        marker: message.marker,
        otherIds,
        record,
        listedAt: listed.get(ticketId) ?? [],
        rows: rowsOf(record ?? {}),
      };
    }),
  );
  const costs = await readCosts(app, { sinceMs: Date.now() - 3_600_000, untilMs: Date.now(), by: ['model'] });
  return {
    tickets,
    remaining: await readRemaining(app),
    costs: {
      calls: costs.calls,
      nanoUsd: Number(costs.totalNanoUsd),
      possiblyBilledCalls: costs.possiblyBilledCalls,
    },
  };
}

/** Which ends' lists each ticket is on. */
async function readLists(app: App): Promise<Map<string, string[]>> {
  const listed = new Map<string, string[]>();
  for (const end of ends) {
    for (const ticketId of await app.record.list(end, 10_000)) {
      const known = listed.get(ticketId);
      if (known === undefined) listed.set(ticketId, [end]);
      else known.push(end);
    }
  }
  return listed;
}

function rowsOf(record: Record<string, string>): SeenTicket['rows'] {
  return Object.entries(record)
    .filter(([field]) => /^a\d+$/.test(field))
    .map(([, text]) => ({ isOpen: text.startsWith('o'), row: rowSchema.parse(JSON.parse(text.slice(1))) }));
}

export async function readRemaining(app: App): Promise<Record<string, number>> {
  const { tickets, queues } = await readOverview(app);
  const remaining: Record<string, number> = { ...tickets };
  for (const { queue, waiting, active, delayed } of queues)
    remaining[`hints on ${queue}`] = waiting + active + delayed;
  // A dead letter's job stays for people to see; any other is gone once it was worked on.
  const jobs = (await jobKeys(app)).filter((key) => !key.includes('.dead:'));
  const gates = await readGates(app);
  const inFlight = gates.reduce((sum, gate) => sum + gate.inFlight, 0);
  return { ...remaining, 'hints of no queue': jobs.length, 'calls in flight': inFlight };
}

async function jobKeys(app: App): Promise<string[]> {
  const keys: string[] = [];
  for (let shard = 0; shard < app.record.settings.shards; shard += 1) {
    let cursor = '0';
    do {
      const pattern = `${queuePrefix(app.prefix, shard)}:*:t_*`;
      const [next, found] = await app.redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
      keys.push(...found);
      cursor = next;
    } while (cursor !== '0');
  }
  return keys;
}

const reported = 8;

/** What a person needs to see in order to know why it is not quiet. */
export async function stuckTickets(app: App, seen: Seen): Promise<string> {
  const left = Object.entries(seen.remaining).filter(([, count]) => count > 0);
  const states = Map.groupBy(seen.tickets, ({ record }) => record?.['st'] ?? 'no record');
  const open = seen.tickets
    .filter(({ record }) => record === null || record['q'] !== undefined)
    .slice(0, reported);
  const lines = await Promise.all(open.map((ticket) => describe(app, ticket)));
  return [
    `left over: ${left.map(([what, count]) => `${count} ${what}`).join(', ') || 'nothing'}`,
    `states: ${[...states].map(([state, { length }]) => `${length} ${state}`).join(', ')}`,
    `hints: ${(await jobKeys(app)).slice(0, reported).join(' ') || 'none'}`,
    ...lines,
  ].join('\n');
}

async function describe(app: App, { ticketId, record }: SeenTicket): Promise<string> {
  if (record === null) return `${ticketId} has no record`;
  const base = app.record.bases.find((one) => app.record.keyOf(ticketId).startsWith(one)) ?? '';
  const [lease, park, now] = await Promise.all([
    app.redis.zscore(`${base}leases`, ticketId),
    app.redis.zscore(`${base}parks`, ticketId),
    app.redis.time(),
  ]);
  const nowMs = Number(now[0]) * 1000;
  const inSeconds = (at: string | undefined | null): string =>
    at ? `${((Number(at) - nowMs) / 1000).toFixed(1)} s` : 'no';
  const { st, q, n, cc, wf, lt } = record;
  return (
    `${ticketId} ${st} on ${q}, sequence ${n}, claims ${cc ?? 0}, waits for ${wf ?? 'none'}, ` +
    `token ${lt || 'none'}, lease ${inSeconds(lease)}, park ${inSeconds(park)}, since ${inSeconds(record['se'])}\n` +
    (record['tl'] ?? '')
      .split('\n')
      .slice(-6)
      .map((line) => `    ${line}`)
      .join('\n')
  );
}
