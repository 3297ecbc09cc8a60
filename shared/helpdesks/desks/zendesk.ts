/**
 * Zendesk's tickets API (developer.zendesk.com, "Tickets" and "Ticket Comments"). A comment, tags and status go in one update,
 * which Zendesk refuses if anything has changed since the ticket was read (`safe_update`).
 */
import { failureOf, misshapen } from '../desk-answers.ts';
import type { DeskHttp } from '../desk-http.ts';
import type { Desk, DeskKind, DeskSettings, DeskTicket } from '../desk.ts';
import {
  commentsSchema,
  conversationOf,
  pageSize,
  ticketSchema,
  writtenSchema,
} from './zendesk-conversation.ts';

const meanings: Record<number, string> = {
  401: 'Zendesk does not accept the e-mail and token',
  403: 'the user may not do this in Zendesk',
  404: 'Zendesk has no such ticket',
  422: 'Zendesk refuses the comment: the ticket is closed or full, or a value does not fit',
};

export const zendeskDesk: DeskKind = {
  requestsPerMinute: 200,
  needs: [
    ['subdomain', 'url'],
    ['email', 'userId'],
  ],
  statuses: ['open', 'pending', 'hold', 'solved'],
  open: openZendesk,
};

function openZendesk(settings: DeskSettings, http: DeskHttp): Desk {
  const base = settings.url ?? `https://${settings.subdomain}.zendesk.com`;
  const headers = { authorization: authorization(settings) };
  const urlOf = ({ externalId }: DeskTicket, rest: string): string =>
    `${base}/api/v2/tickets/${encodeURIComponent(externalId)}${rest}`;
  const get = (url: string, signal: AbortSignal) => http.request({ method: 'GET', url, headers, signal });
  return {
    async read(ticket, signal) {
      // The ticket first: what is written after this changes its stamp, so that no comment can be missed.
      const found = await get(urlOf(ticket, '.json?include=users'), signal);
      if (found.kind !== 'ok') return failureOf(found, meanings);
      const whole = ticketSchema.safeParse(found.json);
      if (!whole.success) return misshapen('GET', found.status);
      const query = `sort_order=desc&per_page=${pageSize}&include=users`;
      const listed = await get(urlOf(ticket, `/comments.json?${query}`), signal);
      if (listed.kind !== 'ok') return failureOf(listed, meanings);
      const page = commentsSchema.safeParse(listed.json);
      if (!page.success) return misshapen('GET', listed.status);
      const users = new Map([...whole.data.users, ...page.data.users].map((user) => [user.id, user]));
      const conversation = conversationOf(ticket, whole.data.ticket, page.data.comments, { users, settings });
      return { kind: 'conversation', conversation };
    },

    async write(ticket, message, { tags, stamp }, signal) {
      const all = [...new Set([...tags, ...message.tags])];
      const json = {
        ticket: {
          comment: {
            html_body: message.html,
            public: message.visibility === 'public',
            ...(settings.userId === null ? {} : { author_id: settings.userId }),
          },
          // `tags` replaces, which is safe where nothing can have changed since they were read. `additional_tags` adds, but
          // "Adding tags to tickets without overwriting existing tags" knows it for updates of many tickets only.
          ...(message.tags.length === 0 ? {} : { tags: all, additional_tags: message.tags }),
          ...(message.status === null ? {} : { status: message.status }),
          ...(stamp === null ? {} : { safe_update: true, updated_stamp: stamp }),
        },
      };
      const answer = await http.request({
        method: 'PUT',
        url: urlOf(ticket, '.json'),
        headers,
        json,
        signal,
      });
      if (answer.kind === 'refused' && answer.status === 409) return { kind: 'conflict' };
      if (answer.kind !== 'ok') return failureOf(answer, meanings);
      const { status } = answer;
      const written = writtenSchema.safeParse(answer.json);
      if (!written.success) return { kind: 'written', status };
      const { updated_at, tags: since } = written.data.ticket;
      return { kind: 'written', status, since: { stamp: updated_at, tags: since } };
    },
  };
}

/** An API token belongs to an e-mail; without one it is an OAuth token. */
function authorization({ email, token }: DeskSettings): string {
  if (email === null) return `Bearer ${token}`;
  return `Basic ${Buffer.from(`${email}/token:${token}`).toString('base64')}`;
}
