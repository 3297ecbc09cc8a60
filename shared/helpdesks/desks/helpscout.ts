/**
 * Help Scout's Mailbox API 2.0 (developer.helpscout.com/mailbox-api): conversations with their threads, replies that can be
 * drafts, notes. The token is `clientId:clientSecret` of an app of one's own.
 */
import { z } from 'zod';
import { withClientCredentials } from '../client-credentials.ts';
import { failureOf, impossible, misshapen, oldestFirst, staff } from '../desk-answers.ts';
import type { Desk, DeskFailure, DeskKind, DeskMessage, DeskMessageOut, DeskSettings } from '../desk.ts';
import type { DeskHttp, DeskResponse } from '../desk-http.ts';
import { textOfHtml } from '../html-text.ts';
import { isoTime, lenient, lenientList, wireId } from '../wire.ts';

const person = z.object({ id: lenient(wireId), type: lenient(z.string()) });

const conversationSchema = z.object({
  subject: lenient(z.string()),
  status: lenient(z.string()),
  assignee: lenient(z.object({ id: wireId })),
  primaryCustomer: lenient(
    z.object({
      id: lenient(wireId),
      email: lenient(z.string()),
      first: lenient(z.string()),
      last: lenient(z.string()),
    }),
  ),
  tags: lenientList(z.object({ tag: z.string() })),
});

/** A thread as webhooks and the API tell of it. */
export const helpscoutThread = z.object({
  id: wireId,
  type: z.string(),
  state: lenient(z.string()),
  body: lenient(z.string()),
  createdAt: z.string(),
  createdBy: lenient(person),
  _embedded: lenient(
    z.object({
      attachments: lenientList(
        z.object({
          filename: z.string(),
          mimeType: lenient(z.string()),
          size: lenient(z.number()),
        }),
      ),
    }),
  ),
});
export type HelpscoutThread = z.infer<typeof helpscoutThread>;

const threadsSchema = z
  .object({ _embedded: lenient(z.object({ threads: z.array(helpscoutThread) })) })
  .transform(({ _embedded: embedded }) => embedded?.threads ?? []);

export const helpscoutDesk: DeskKind = {
  // The lowest documented limit is 200 a minute, of which a write takes two ("Rate limiting").
  requestsPerMinute: 120,
  needs: ['token', 'userId'],
  statuses: ['active', 'pending', 'closed', 'spam'],
  open: openHelpscout,
};

function openHelpscout(settings: DeskSettings, http: DeskHttp): Desk {
  const base = settings.url ?? 'https://api.helpscout.net';
  const credentials = settings.token;
  const { request } = withClientCredentials(http, { tokenUrl: `${base}/v2/oauth2/token`, credentials });
  const addressOf = (id: string): string => `${base}/v2/conversations/${encodeURIComponent(id)}`;
  const get = (url: string, signal: AbortSignal): Promise<DeskResponse> =>
    request({ method: 'GET', url, headers: {}, signal });

  return {
    async read({ externalId }, signal) {
      const address = addressOf(externalId);
      const first = await get(address, signal);
      if (first.kind !== 'ok') return failureOf(first);
      const found = conversationSchema.safeParse(first.json);
      // Newest first, a page of them; read last, so that what is in them is no older than the rest.
      const second = await get(`${address}/threads`, signal);
      if (second.kind !== 'ok') return failureOf(second);
      const listed = threadsSchema.safeParse(second.json);
      if (!found.success || !listed.success) return misshapen('GET', second.status);
      const { subject, status, assignee, primaryCustomer: customer, tags } = found.data;
      const isOther = assignee !== null && assignee.id !== settings.userId;
      return {
        kind: 'conversation',
        conversation: {
          subject: subject ?? '',
          requester: helpscoutRequester(customer),
          language: null,
          tags: tags.map(({ tag }) => tag),
          messages: oldestFirst(
            listed.data.toReversed().flatMap((thread) => messageOf(thread, settings.userId)),
          ),
          // A customer's message opens a closed conversation again, so who closed it did so since.
          isBotOwned: !isOther && status !== 'closed' && status !== 'spam',
          stamp: null,
          writing: customer?.id ? { customerId: customer.id } : {},
        },
      };
    },

    async write({ externalId }, message, conversation, signal) {
      const address = addressOf(externalId);
      const post = threadOut(message, conversation.writing?.['customerId'], settings.userId);
      if ('kind' in post) return post;
      const response = await request({
        method: 'POST',
        url: `${address}/${post.path}`,
        headers: {},
        json: post.json,
        signal,
      });
      if (response.kind !== 'ok') return failureOf(response);
      const missing = message.tags.filter((tag) => !conversation.tags.includes(tag));
      // The API can only replace all tags, in a call of its own. The message stands, so a lost tag is no failure.
      if (missing.length > 0) {
        const tags = [...conversation.tags, ...missing];
        await request({ method: 'PUT', url: `${address}/tags`, headers: {}, json: { tags }, signal });
      }
      return { kind: 'written', status: response.status };
    },
  };
}

function threadOut(
  { visibility, html, status }: DeskMessageOut,
  customerId: string | undefined,
  userId: string | null,
): { path: string; json: Record<string, unknown> } | DeskFailure {
  const user = userId === null ? {} : { user: numberOf(userId) };
  if (visibility === 'internal') return { path: 'notes', json: { text: html, ...user } };
  if (customerId === undefined) return impossible('the conversation has no customer to reply to');
  return {
    path: 'reply',
    json: {
      customer: { id: numberOf(customerId) },
      text: html,
      ...user,
      ...(visibility === 'draft' ? { draft: true } : {}),
      // Without one a reply makes the conversation active again ("Create Reply Thread").
      ...(status === null || visibility === 'draft' ? {} : { status }),
    },
  };
}

/** The API takes numbers; its ids are far below 2^53. */
const numberOf = (id: string): number | string => (/^\d{1,15}$/.test(id) ? Number(id) : id);

const publicTypes = ['customer', 'message', 'chat', 'beaconchat'];

function messageOf(thread: HelpscoutThread, userId: string | null): DeskMessage[] {
  const createdAt = isoTime(thread.createdAt);
  if (thread.type === 'lineitem' || thread.state === 'deleted' || createdAt === null) return [];
  const by = thread.createdBy;
  const isCustomer = thread.type === 'customer' || by?.type === 'customer';
  const byStaff = by?.type === 'user' ? staff(by.id !== null && by.id === userId) : null;
  const author = isCustomer ? { author: 'customer' as const, isOwn: false } : byStaff;
  return [
    {
      id: thread.id,
      ...(author ?? { author: 'system', isOwn: false }),
      isPublic: publicTypes.includes(thread.type) && (thread.state ?? 'published') === 'published',
      text: textOfHtml(thread.body ?? ''),
      createdAt,
      attachments: helpscoutAttachments(thread),
    },
  ];
}

export function helpscoutAttachments({ _embedded: embedded }: HelpscoutThread): DeskMessage['attachments'] {
  return (embedded?.attachments ?? []).map(({ filename, mimeType, size }) => ({
    name: filename,
    contentType: mimeType,
    size,
  }));
}

export function helpscoutRequester(
  customer: { email: string | null; first: string | null; last: string | null } | null,
): { email?: string; name?: string } {
  const name = [customer?.first, customer?.last]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .trim();
  return { ...(customer?.email ? { email: customer.email } : {}), ...(name === '' ? {} : { name }) };
}
