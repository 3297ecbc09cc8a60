/** Posts the demo's tickets as anybody would: over HTTP, with an API key. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { TierlineError } from '../../shared/errors.ts';
import type { DemoTicket } from './tickets.ts';

export type Intake = {
  /** All at once, into the backlog lane. */
  postBacklog: (tickets: readonly DemoTicket[]) => Promise<void>;
  /** One after the other, `perSecond` of them. */
  postLive: (tickets: readonly DemoTicket[], perSecond: number) => Promise<void>;
  /** When each ticket was posted (ms since the epoch), by its external id. */
  postedAt: ReadonlyMap<string, number>;
};

export const externalIdOf = (ticket: DemoTicket): string => `demo-${ticket.number}`;

const lineSchema = z.object({ status: z.number() });

export function createIntake(target: { url: string; apiKey: string; signal: AbortSignal }): Intake {
  const postedAt = new Map<string, number>();
  const bodyOf = (ticket: DemoTicket, lane: 'live' | 'backlog'): string => {
    const { subject, body, requester } = ticket;
    postedAt.set(externalIdOf(ticket), Date.now());
    return JSON.stringify({
      source: 'demo',
      externalId: externalIdOf(ticket),
      subject,
      body,
      requester,
      lane,
    });
  };
  const post = async (path: string, type: string, body: string): Promise<Response> => {
    const response = await fetch(`${target.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${target.apiKey}`, 'content-type': type },
      body,
      signal: target.signal,
    });
    if (!response.ok) throw notTaken(response.status);
    return response;
  };
  return {
    postedAt,
    async postBacklog(tickets) {
      const lines = tickets.map((ticket) => bodyOf(ticket, 'backlog')).join('\n');
      const response = await post('/v1/tickets/bulk', 'application/x-ndjson', lines);
      const answers = (await response.text()).trim().split('\n');
      for (const answer of answers) {
        const { status } = lineSchema.parse(JSON.parse(answer));
        if (status !== 202) throw notTaken(status);
      }
    },
    async postLive(tickets, perSecond) {
      const startedAt = Date.now();
      const posts: Promise<unknown>[] = [];
      for (const [index, ticket] of tickets.entries()) {
        const dueMs = startedAt + (index * 1000) / perSecond - Date.now();
        if (dueMs > 0) await sleep(dueMs, undefined, { signal: target.signal });
        const posted = post('/v1/tickets', 'application/json', bodyOf(ticket, 'live')).then((one) =>
          one.text(),
        );
        // A failure is met below, by whoever waits for all of them.
        posted.catch(() => undefined);
        posts.push(posted);
      }
      await Promise.all(posts);
    },
  };
}

function notTaken(status: number): TierlineError {
  return new TierlineError('demo_intake', `The intake did not take a ticket of the demo (status ${status}).`);
}
