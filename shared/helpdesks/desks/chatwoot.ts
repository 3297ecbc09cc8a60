/**
 * Chatwoot's application API (developers.chatwoot.com/api-reference): messages, private notes, labels, the status. There are
 * no drafts. A bot's token cannot read messages, so the token is a user's (app/controllers/concerns/access_token_auth_helper.rb).
 */
import { z } from 'zod';
import { beforeMessage, failureOf, impossible, misshapen, oldestFirst, staff } from '../desk-answers.ts';
import type {
  Conversation,
  Desk,
  DeskFailure,
  DeskKind,
  DeskMessage,
  DeskMessageOut,
  DeskSettings,
} from '../desk.ts';
import type { DeskHttp, DeskRequest, DeskResponse } from '../desk-http.ts';
import { wireId } from '../wire.ts';
import {
  chatwootAttachments,
  chatwootConversation,
  chatwootIsBotOwned,
  chatwootMessage,
  chatwootRequester,
  chatwootText,
} from './chatwoot-wire.ts';
import type { ChatwootConversation, ChatwootMessage } from './chatwoot-wire.ts';

const messagesSchema = z.object({ payload: z.array(chatwootMessage) });
const writtenSchema = z.object({ id: wireId });

export const chatwootDesk: DeskKind = {
  // Of an address, whatever it asks ("Rate limiting").
  requestsPerMinute: 3000,
  needs: ['account', 'userId'],
  statuses: ['open', 'pending', 'resolved'],
  open: openChatwoot,
};

type Send = (request: Omit<DeskRequest, 'headers'>) => Promise<DeskResponse>;

function openChatwoot(settings: DeskSettings, http: DeskHttp): Desk {
  const base = `${settings.url ?? 'https://app.chatwoot.com'}/api/v1/accounts/${encodeURIComponent(settings.account ?? '')}`;
  const addressOf = (id: string): string => `${base}/conversations/${encodeURIComponent(id)}`;
  const send: Send = (request) => http.request({ ...request, headers: { api_access_token: settings.token } });

  return {
    async read({ externalId }, signal) {
      const address = addressOf(externalId);
      // The newest twenty.
      const response = await send({ method: 'GET', url: `${address}/messages`, signal });
      if (response.kind !== 'ok') return failureOf(response);
      const listed = messagesSchema.safeParse(response.json);
      if (!listed.success) return misshapen('GET', response.status);
      // Last, for whoever takes it opens it.
      const read = await readConversation(send, address, signal);
      if (read.kind === 'failed') return read;
      return {
        kind: 'conversation',
        conversation: conversationOf(read.found, listed.data.payload, settings),
      };
    },

    async write({ externalId }, message, conversation, signal) {
      const address = addressOf(externalId);
      const isPublic = message.visibility === 'public';
      if (isPublic && conversation.writing?.['canReply'] === 'no') {
        return impossible('the time in which its channel takes replies is over');
      }
      const missing = message.tags.filter((tag) => !conversation.tags.includes(tag));
      if (missing.length > 0) {
        // All labels are replaced at once.
        const json = { labels: [...conversation.tags, ...missing] };
        const labelled = await send({ method: 'POST', url: `${address}/labels`, json, signal });
        if (labelled.kind !== 'ok') return beforeMessage(labelled);
      }
      // A note is for people to act on, and conversations that a bot has are not among those that they look at.
      const isHeld = conversation.isBotOwned === true || conversation.writing?.['isAssignedToUs'] === 'yes';
      const notGiven =
        !isPublic && isHeld ? await giveToPeople(send, { address, userId: settings.userId }, signal) : null;
      if (notGiven !== null) return notGiven;
      const json = messageOut(message);
      const written = await send({ method: 'POST', url: `${address}/messages`, json, signal });
      if (written.kind !== 'ok') return failureOf(written);
      if (!writtenSchema.safeParse(written.json).success) return misshapen('POST', written.status);
      const { status } = message;
      // After it: the message stands, so a status that is lost harms nobody.
      if (status !== null)
        await send({ method: 'POST', url: `${address}/toggle_status`, json: { status }, signal });
      return { kind: 'written', status: written.status };
    },
  };
}

async function readConversation(
  send: Send,
  address: string,
  signal: AbortSignal,
): Promise<{ kind: 'read'; found: ChatwootConversation } | DeskFailure> {
  const response = await send({ method: 'GET', url: address, signal });
  if (response.kind !== 'ok') return failureOf(response);
  const parsed = chatwootConversation.safeParse(response.json);
  return parsed.success ? { kind: 'read', found: parsed.data } : misshapen('GET', response.status);
}

/** Among those that wait for a person. Chatwoot gives it to the agent who opens it, which would hide it from all others. */
async function giveToPeople(
  send: Send,
  { address, userId }: { address: string; userId: string | null },
  signal: AbortSignal,
): Promise<DeskFailure | null> {
  const status = { status: 'open' };
  const opened = await send({ method: 'POST', url: `${address}/toggle_status`, json: status, signal });
  if (opened.kind !== 'ok') return beforeMessage(opened);
  const read = await readConversation(send, address, signal);
  if (read.kind === 'failed') return beforeMessage(read);
  if (!isAssignedToUs(read.found, userId)) return null;
  const nobody = { assignee_id: null };
  const released = await send({ method: 'POST', url: `${address}/assignments`, json: nobody, signal });
  return released.kind === 'ok' ? null : beforeMessage(released);
}

function messageOut({ text, visibility }: DeskMessageOut): Record<string, unknown> {
  // Plain text, which Chatwoot takes for Markdown.
  return {
    content: text,
    message_type: 'outgoing',
    private: visibility !== 'public',
    content_type: 'text',
    content_attributes: {},
  };
}

const isAssignedToUs = ({ meta }: ChatwootConversation, userId: string | null): boolean =>
  userId !== null && meta?.assignee?.id === userId && (meta.assignee_type ?? 'User') === 'User';

function conversationOf(
  found: ChatwootConversation,
  messages: ChatwootMessage[],
  settings: DeskSettings,
): Conversation {
  const { meta, labels, additional_attributes: attributes } = found;
  return {
    subject: attributes?.mail_subject ?? '',
    requester: chatwootRequester(meta?.sender ?? null),
    language: attributes?.conversation_language ?? null,
    tags: labels,
    messages: oldestFirst(messages.flatMap((message) => messageOf(message, settings))),
    isBotOwned: chatwootIsBotOwned(found, settings.userId),
    stamp: null,
    writing: {
      ...(found.can_reply === false ? { canReply: 'no' } : {}),
      ...(isAssignedToUs(found, settings.userId) ? { isAssignedToUs: 'yes' } : {}),
    },
  };
}

/** Lines that Chatwoot writes about what happened, and messages that were taken back, are none. */
function messageOf(message: ChatwootMessage, { userId }: DeskSettings): DeskMessage[] {
  const { id, message_type: type, sender, created_at: createdAt, content_attributes: attributes } = message;
  if (type === 'activity' || attributes?.deleted === true || createdAt === null) return [];
  const byUser = type === 'outgoing' && (sender?.type === 'user' || attributes?.external_echo === true);
  const isOwn = sender !== null && sender.id !== null && sender.id === userId;
  const byStaff = byUser ? staff(isOwn) : { author: 'bot' as const, isOwn: false };
  return [
    {
      id,
      ...(type === 'incoming' ? { author: 'customer', isOwn: false } : byStaff),
      isPublic: message.private !== true,
      text: chatwootText(message),
      createdAt,
      attachments: chatwootAttachments(message),
    },
  ];
}
