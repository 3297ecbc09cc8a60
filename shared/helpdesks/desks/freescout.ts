/**
 * FreeScout's module "API & Webhooks" (api-docs.freescout.net). Older versions are not known to keep a draft from being sent,
 * so drafts are written as notes.
 */
import { z } from 'zod';
import { byAge, failureOf, misshapen, staff } from '../desk-answers.ts';
import type { Desk, DeskKind, DeskMessage, DeskSettings } from '../desk.ts';
import type { DeskHttp } from '../desk-http.ts';
import { textOfHtml } from '../html-text.ts';
import { isoTime, lenient, lenientList, wireId } from '../wire.ts';

const person = z.object({ id: lenient(wireId), type: lenient(z.string()) });

const threadSchema = z
  .object({
    id: wireId,
    type: z.string(),
    state: lenient(z.string()),
    body: lenient(z.string()),
    createdAt: z.string(),
    createdBy: lenient(person),
    _embedded: lenient(
      z.object({
        attachments: lenientList(
          z.object({ fileName: z.string(), mimeType: lenient(z.string()), size: lenient(z.number()) }),
        ),
      }),
    ),
  })
  .transform(({ _embedded: embedded, ...thread }) => ({
    ...thread,
    attachments: embedded?.attachments ?? [],
  }));
type FreescoutThread = z.infer<typeof threadSchema>;

/** A conversation as webhooks and the API tell of it; `threads` oldest first, null where they are not told. */
export const freescoutConversation = z
  .object({
    id: wireId,
    mailboxId: lenient(wireId),
    subject: lenient(z.string()),
    status: lenient(z.string()),
    state: lenient(z.string()),
    assignee: lenient(z.object({ id: wireId })),
    createdBy: lenient(person),
    createdAt: lenient(z.string()),
    customer: lenient(
      z.object({
        email: lenient(z.string()),
        firstName: lenient(z.string()),
        lastName: lenient(z.string()),
      }),
    ),
    _embedded: lenient(
      z.object({
        threads: lenient(lenientList(threadSchema)),
        tags: lenientList(z.object({ name: z.string() })),
      }),
    ),
  })
  .transform(({ _embedded: embedded, ...conversation }) => ({
    ...conversation,
    tags: (embedded?.tags ?? []).map(({ name }) => name),
    threads: embedded?.threads?.toSorted(byAge) ?? null,
  }));
export type FreescoutConversation = z.infer<typeof freescoutConversation>;

export const freescoutDesk: DeskKind = {
  // None is documented: it is a server of one's own, often a small one.
  requestsPerMinute: 120,
  needs: ['url', 'token', 'userId'],
  statuses: ['active', 'pending', 'closed', 'spam'],
  open: openFreescout,
};

function openFreescout({ url, token, userId }: DeskSettings, http: DeskHttp): Desk {
  const addressOf = (id: string): string => `${url ?? ''}/api/conversations/${encodeURIComponent(id)}`;
  const headers = { 'x-freescout-api-key': token };
  return {
    async read({ externalId }, signal) {
      const address = `${addressOf(externalId)}?embed=threads,tags`;
      const response = await http.request({ method: 'GET', url: address, headers, signal });
      if (response.kind !== 'ok') return failureOf(response);
      const found = freescoutConversation.safeParse(response.json);
      if (!found.success || found.data.threads === null) return misshapen('GET', response.status);
      const { subject, status, state, assignee, tags, threads } = found.data;
      const isOther = assignee !== null && assignee.id !== userId;
      const isOver = status === 'closed' || status === 'spam' || state === 'deleted';
      return {
        kind: 'conversation',
        conversation: {
          subject: subject ?? '',
          requester: freescoutRequester(found.data),
          language: null,
          tags,
          messages: threads.flatMap((thread) => freescoutMessage(thread, userId)),
          // A customer's message opens a closed conversation again, so who closed it did so since.
          isBotOwned: !isOther && !isOver,
          stamp: null,
        },
      };
    },

    async write({ externalId }, { visibility, html, status, tags }, conversation, signal) {
      const address = addressOf(externalId);
      const json = {
        type: visibility === 'public' ? 'message' : 'note',
        text: html,
        user: numberOf(userId),
        ...(status === null || visibility !== 'public' ? {} : { status }),
      };
      const response = await http.request({
        method: 'POST',
        url: `${address}/threads`,
        headers,
        json,
        signal,
      });
      if (response.kind !== 'ok') return failureOf(response);
      const missing = tags.filter((tag) => !conversation.tags.includes(tag));
      // Tags are a module of their own, and only replaced as a whole. The message stands, so a lost tag is no failure.
      if (missing.length > 0) {
        const all = { tags: [...conversation.tags, ...missing] };
        await http.request({ method: 'PUT', url: `${address}/tags`, headers, json: all, signal });
      }
      return { kind: 'written', status: response.status };
    },
  };
}

const numberOf = (id: string | null): number | string | null =>
  id !== null && /^\d{1,15}$/.test(id) ? Number(id) : id;

/** None for lines of the system, and for what was taken back. */
export function freescoutMessage(thread: FreescoutThread, userId: string | null): DeskMessage[] {
  const { id, type, state, body, createdBy: by, attachments } = thread;
  const createdAt = isoTime(thread.createdAt);
  if (type === 'lineitem' || state === 'hidden' || createdAt === null) return [];
  const byStaff = by?.type === 'user' ? staff(by.id !== null && by.id === userId) : null;
  return [
    {
      id,
      ...(type === 'customer'
        ? { author: 'customer', isOwn: false }
        : (byStaff ?? { author: 'system', isOwn: false })),
      isPublic: (type === 'customer' || type === 'message') && (state ?? 'published') === 'published',
      text: textOfHtml(body ?? ''),
      createdAt,
      attachments: attachments.map(({ fileName, mimeType, size }) => ({
        name: fileName,
        contentType: mimeType,
        size,
      })),
    },
  ];
}

export function freescoutRequester({ customer }: Pick<FreescoutConversation, 'customer'>): {
  email?: string;
  name?: string;
} {
  const names = [customer?.firstName, customer?.lastName].filter((part) => typeof part === 'string');
  const name = names.join(' ').trim();
  return { ...(customer?.email ? { email: customer.email } : {}), ...(name === '' ? {} : { name }) };
}
