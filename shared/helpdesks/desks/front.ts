/**
 * Front's Core API (dev.frontapp.com): replies that are taken first and sent a moment later, comments for people, shared
 * drafts where the channel is known. A reply archives its conversation unless it is told not to.
 */
import { z } from 'zod';
import { failureOf, misshapen, oldestFirst, staff } from '../desk-answers.ts';
import type {
  Conversation,
  Desk,
  DeskFailure,
  DeskKind,
  DeskMessage,
  DeskMessageOut,
  DeskSettings,
} from '../desk.ts';
import type { DeskHttp, DeskResponse } from '../desk-http.ts';
import { frontMessage, frontMessageOf, frontTime } from '../front-message.ts';
import { lenient, lenientList, wireId } from '../wire.ts';

const conversationSchema = z.object({
  subject: lenient(z.string()),
  status: lenient(z.string()),
  assignee: lenient(z.object({ id: wireId })),
  recipient: lenient(z.object({ handle: lenient(z.string()), name: lenient(z.string()) })),
  tags: lenientList(z.object({ name: z.string() })),
});

const messagesSchema = z.object({ _results: z.array(frontMessage) }).transform(resultsOf);

const commentsSchema = z
  .object({
    _results: z.array(
      z.object({
        id: wireId,
        body: lenient(z.string()),
        author: lenient(z.object({ id: wireId })),
        posted_at: z.number(),
      }),
    ),
  })
  .transform(resultsOf);

const tagsSchema = z
  .object({ _results: lenientList(z.object({ id: wireId, name: z.string() })) })
  .transform(resultsOf);

function resultsOf<T>({ _results: results }: { _results: T[] }): T[] {
  return results;
}

export const frontDesk: DeskKind = {
  // Of the lowest plan ("Rate limits").
  requestsPerMinute: 50,
  needs: ['token', 'userId'],
  statuses: ['archived'],
  open: openFront,
};

function openFront(settings: DeskSettings, http: DeskHttp): Desk {
  const base = settings.url ?? 'https://api2.frontapp.com';
  const headers = { authorization: `Bearer ${settings.token}` };
  const addressOf = (id: string): string => `${base}/conversations/${encodeURIComponent(id)}`;
  const get = (url: string, signal: AbortSignal): Promise<DeskResponse> =>
    http.request({ method: 'GET', url, headers, signal });
  const post = (url: string, json: unknown, signal: AbortSignal): Promise<DeskResponse> =>
    http.request({ method: 'POST', url, headers, json, signal });
  const tagIdsOf = createTagIds((signal) => get(`${base}/tags?limit=100`, signal));

  return {
    async read({ externalId }, signal) {
      const address = addressOf(externalId);
      const first = await get(address, signal);
      if (first.kind !== 'ok') return refusalOf(first);
      const second = await get(`${address}/comments`, signal);
      if (second.kind !== 'ok') return refusalOf(second);
      // Read last, so that what is in it is no older than the rest.
      const third = await get(`${address}/messages?limit=50`, signal);
      if (third.kind !== 'ok') return refusalOf(third);
      const found = conversationSchema.safeParse(first.json);
      const comments = commentsSchema.safeParse(second.json);
      const listed = messagesSchema.safeParse(third.json);
      if (!found.success || !comments.success || !listed.success) return misshapen('GET', third.status);
      const messages = listed.data.toReversed().map((one) => frontMessageOf(one, settings.userId));
      const notes = comments.data.toReversed().map((one) => noteOf(one, settings.userId));
      const conversation = conversationOf(found.data, oldestFirst([...notes, ...messages]), settings);
      return { kind: 'conversation', conversation };
    },

    async write({ externalId }, message, conversation, signal) {
      const address = addressOf(externalId);
      const { path, json } = messageOut(message, settings);
      const response = await post(`${address}/${path}`, json, signal);
      if (response.kind !== 'ok') return refusalOf(response);
      const missing = message.tags.filter((tag) => !conversation.tags.includes(tag));
      if (missing.length > 0) {
        // In a call of its own: with the reply they would take the place of all others. The message stands without them.
        const ids = await tagIdsOf(missing, signal);
        if (ids.length > 0) await post(`${address}/tags`, { tag_ids: ids }, signal);
      }
      return { kind: 'written', status: response.status };
    },
  };
}

function conversationOf(
  { subject, status, assignee, recipient, tags }: z.infer<typeof conversationSchema>,
  messages: DeskMessage[],
  { userId }: DeskSettings,
): Conversation {
  const isOther = assignee !== null && assignee.id !== userId;
  return {
    subject: subject ?? '',
    requester: {
      ...(recipient?.handle ? { email: recipient.handle } : {}),
      ...(recipient?.name ? { name: recipient.name } : {}),
    },
    language: null,
    tags: tags.map(({ name }) => name),
    messages,
    // A customer's message brings an archived conversation back, so who archived it did so since.
    isBotOwned: !isOther && status !== 'archived' && status !== 'deleted' && status !== 'spam',
    stamp: null,
  };
}

function refusalOf(response: Exclude<DeskResponse, { kind: 'ok' }>): DeskFailure {
  const failure = failureOf(response);
  const isMerged = failure.status === 301;
  return isMerged ? { ...failure, reason: 'the conversation was merged into another one' } : failure;
}

function messageOut(
  { visibility, html, text, status }: DeskMessageOut,
  { userId, channel }: DeskSettings,
): { path: string; json: Record<string, unknown> } {
  const author = { author_id: userId };
  if (visibility === 'public') {
    const by = channel === null ? {} : { channel_id: channel };
    // Left out, it would be true.
    const options = { archive: status === 'archived' };
    return { path: 'messages', json: { ...author, ...by, body: html, text, options } };
  }
  if (visibility === 'draft' && channel !== null) {
    // A private one would be seen by its author alone.
    return { path: 'drafts', json: { ...author, channel_id: channel, body: html, mode: 'shared' } };
  }
  return { path: 'comments', json: { ...author, body: text } };
}

function noteOf(comment: z.infer<typeof commentsSchema>[number], userId: string | null): DeskMessage {
  const { id, author, body, posted_at: postedAt } = comment;
  return {
    id,
    ...staff(author !== null && author.id === userId),
    isPublic: false,
    text: body ?? '',
    createdAt: frontTime(postedAt),
    attachments: [],
  };
}

/** The API names tags by their ids; the names are asked for once. */
function createTagIds(list: (signal: AbortSignal) => Promise<DeskResponse>) {
  let known: Map<string, string> | null = null;
  return async (names: readonly string[], signal: AbortSignal): Promise<string[]> => {
    const isId = (name: string): boolean => /^tag_\w+$/.test(name);
    if (known === null && !names.every(isId)) {
      const response = await list(signal);
      const parsed = response.kind === 'ok' ? tagsSchema.safeParse(response.json) : null;
      if (parsed?.success === true) known = new Map(parsed.data.map(({ id, name }) => [name, id]));
    }
    return names.flatMap((name) => (isId(name) ? name : (known?.get(name) ?? [])));
  };
}
