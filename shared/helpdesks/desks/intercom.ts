/**
 * Intercom's conversations API (developers.intercom.com, version 2.14): one request reads a conversation with its newest 500
 * parts. Tags and the state need calls of their own; they come after the message, and are left where they fail.
 */
import { z } from 'zod';
import { failureOf, misshapen, oldestFirst, staff } from '../desk-answers.ts';
import type { DeskHttp, DeskRequest } from '../desk-http.ts';
import type { Conversation, Desk, DeskKind, DeskMessage, DeskSettings, DeskTicket } from '../desk.ts';
import {
  intercomAttachments,
  intercomAuthor,
  intercomConversation,
  intercomSubject,
  intercomText,
  intercomTime,
  isNote,
  isOurs,
  saysSomething,
} from '../intercom-message.ts';
import type { IntercomConversation, IntercomMessage } from '../intercom-message.ts';
import { wireId } from '../wire.ts';

const tagSchema = z.object({ id: wireId });

const meanings: Record<number, string> = {
  401: 'Intercom does not accept the token',
  403: 'the app may not do this in Intercom',
  404: 'Intercom has no such conversation',
};

export const intercomDesk: DeskKind = {
  requestsPerMinute: 1000,
  needs: ['userId'],
  statuses: ['open', 'closed'],
  open: openIntercom,
};

function openIntercom({ url, token, userId }: DeskSettings, http: DeskHttp): Desk {
  const base = url ?? 'https://api.intercom.io';
  const headers = { authorization: `Bearer ${token}`, 'intercom-version': '2.14' };
  const request = (method: DeskRequest['method'], path: string, signal: AbortSignal, json?: object) =>
    http.request({ method, url: `${base}${path}`, headers, signal, ...(json === undefined ? {} : { json }) });
  const pathOf = ({ externalId }: DeskTicket): string => `/conversations/${encodeURIComponent(externalId)}`;
  /** Ids of tags by their names; a name that is not there yet is made. */
  const tagIds = new Map<string, string>();

  async function putTag(ticket: DeskTicket, name: string, signal: AbortSignal): Promise<void> {
    let id = tagIds.get(name);
    if (id === undefined) {
      const made = await request('POST', '/tags', signal, { name });
      const tag = tagSchema.safeParse(made.kind === 'ok' ? made.json : null);
      if (!tag.success) return;
      ({ id } = tag.data);
      tagIds.set(name, id);
    }
    await request('POST', `${pathOf(ticket)}/tags`, signal, { id, admin_id: userId });
  }

  return {
    async read(ticket, signal) {
      const found = await request('GET', pathOf(ticket), signal);
      if (found.kind !== 'ok') return failureOf(found, meanings);
      const parsed = intercomConversation.safeParse(found.json);
      if (!parsed.success) return misshapen('GET', found.status);
      return { kind: 'conversation', conversation: conversationOf(parsed.data, userId) };
    },

    async write(ticket, message, { tags }, signal) {
      const message_type = message.visibility === 'public' ? 'comment' : 'note';
      const who = { type: 'admin', admin_id: userId };
      const reply = { message_type, ...who, body: message.html };
      const answer = await request('POST', `${pathOf(ticket)}/reply`, signal, reply);
      if (answer.kind !== 'ok') return failureOf(answer, meanings);
      const missing = message.tags.filter((tag) => !tags.includes(tag));
      for (const tag of missing) await putTag(ticket, tag, signal);
      if (message.status !== null) {
        const part = { message_type: message.status === 'closed' ? 'close' : 'open', ...who };
        await request('POST', `${pathOf(ticket)}/parts`, signal, part);
      }
      return {
        kind: 'written',
        status: answer.status,
        since: { stamp: null, tags: [...tags, ...missing] },
      };
    },
  };
}

function conversationOf(found: IntercomConversation, userId: string | null): Conversation {
  const parts = found.conversation_parts?.conversation_parts ?? [];
  const first = found.source === null ? [] : [{ ...found.source, created_at: found.created_at }];
  const all = [...first, ...parts];
  const customer = all.find((one) => intercomAuthor(one) === 'customer')?.author ?? null;
  const { email = null, name = null } = customer ?? {};
  return {
    subject: intercomSubject(found),
    requester: { ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) },
    language: null,
    tags: (found.tags?.tags ?? []).map((tag) => tag.name),
    messages: oldestFirst(all.filter(saysSomething).map((one) => messageOf(one, userId))),
    isBotOwned: isStillOpen(found, parts, userId) ? isOurs(found, userId) : false,
    stamp: null,
  };
}

/** The customer's message opens it, so whoever closed or put it off since has dealt with it, unless that was us. */
function isStillOpen(
  { state }: IntercomConversation,
  parts: readonly IntercomMessage[],
  userId: string | null,
): boolean {
  if (state === null || state === 'open') return true;
  const closing = parts.findLast(({ part_type }) => part_type === 'close');
  return state === 'closed' && closing?.author?.id === userId && userId !== null;
}

function messageOf(message: IntercomMessage, userId: string | null): DeskMessage {
  const isOwn = message.author?.type === 'admin' && message.author.id === userId;
  const author = intercomAuthor(message);
  return {
    id: message.id,
    ...(author === 'agent' ? staff(isOwn) : { author, isOwn }),
    isPublic: !isNote(message),
    text: intercomText(message),
    createdAt: intercomTime(message.created_at) ?? new Date(0).toISOString(),
    attachments: intercomAttachments(message),
  };
}
