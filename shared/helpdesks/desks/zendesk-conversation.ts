/** What Zendesk's API tells of a ticket and its comments, as a conversation. */
import { z } from 'zod';
import { contentMark } from '../content-mark.ts';
import { byAge } from '../desk-answers.ts';
import type { Conversation, DeskMessage, DeskSettings, DeskTicket } from '../desk.ts';
import { textOfHtml } from '../html-text.ts';
import type { Author } from '../incoming.ts';
import { isoTime, lenient, lenientList, wireId } from '../wire.ts';
import { firstMessageId, textMarkField } from '../zendesk-ids.ts';

/** Of comments: the newest; a longer page only costs time. */
export const pageSize = 50;

const text = lenient(z.string());
const usersSchema = lenientList(z.object({ id: wireId, role: text, email: text, name: text, locale: text }));
type User = z.infer<typeof usersSchema>[number];

export const ticketSchema = z.object({
  ticket: z.object({
    id: wireId,
    subject: text,
    status: text,
    updated_at: z.string(),
    requester_id: lenient(wireId),
    assignee_id: lenient(wireId),
    // Written back as a whole with each answer, so none may be missed.
    tags: z.array(z.string()),
  }),
  users: usersSchema,
});
type Ticket = z.infer<typeof ticketSchema>['ticket'];

export const writtenSchema = z.object({
  ticket: z.object({ updated_at: z.string(), tags: z.array(z.string()) }),
});

const commentSchema = z.object({
  id: wireId,
  author_id: lenient(wireId),
  public: z.boolean(),
  created_at: z.string(),
  body: text,
  html_body: text,
  attachments: lenientList(
    z.object({ file_name: z.string(), content_type: text, size: lenient(z.number()) }),
  ),
});
type Comment = z.infer<typeof commentSchema>;
export const commentsSchema = z.object({ comments: z.array(commentSchema), users: usersSchema });

type People = { users: ReadonlyMap<string, User>; settings: DeskSettings };

function isUs(id: string | null, { users, settings: { userId, email } }: People): boolean {
  if (id === null) return false;
  return id === userId || (email !== null && users.get(id)?.email?.toLowerCase() === email.toLowerCase());
}

export function conversationOf(
  asked: DeskTicket,
  ticket: Ticket,
  comments: readonly Comment[],
  people: People,
): Conversation {
  const requester = people.users.get(ticket.requester_id ?? '');
  const { email = null, name = null, locale = null } = requester ?? {};
  const isOver = ticket.status === 'closed' || ticket.status === 'deleted';
  const isOpenToUs = ticket.assignee_id === null || isUs(ticket.assignee_id, people);
  return {
    subject: ticket.subject ?? '',
    requester: { ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) },
    language: locale,
    tags: ticket.tags,
    messages: messagesOf(asked, ticket, comments, people),
    isBotOwned: !isOver && isOpenToUs,
    stamp: ticket.updated_at,
  };
}

function messagesOf(asked: DeskTicket, ticket: Ticket, comments: readonly Comment[], people: People) {
  const ordered = comments.toSorted((one, other) =>
    byAge({ createdAt: one.created_at, id: one.id }, { createdAt: other.created_at, id: other.id }),
  );
  const told = toldComment(asked, ordered, ticket, people);
  return ordered.map((comment): DeskMessage => {
    const isOwn = isUs(comment.author_id, people);
    return {
      id: comment === told && asked.messageId !== null ? asked.messageId : comment.id,
      author: isOwn ? 'bot' : authorOf(comment, ticket, people),
      isOwn,
      isPublic: comment.public,
      text: comment.html_body === null ? (comment.body ?? '') : textOfHtml(comment.html_body),
      createdAt: isoTime(comment.created_at) ?? comment.created_at,
      attachments: comment.attachments.map(({ file_name, content_type, size }) => ({
        name: file_name,
        contentType: content_type,
        size,
      })),
    };
  });
}

/** The comment that a webhook told of without its id. */
function toldComment(
  { externalId, messageId, metadata }: DeskTicket,
  ordered: readonly Comment[],
  ticket: Ticket,
  people: People,
): Comment | undefined {
  if (messageId === firstMessageId(externalId)) return ordered.length < pageSize ? ordered[0] : undefined;
  const mark = metadata[textMarkField];
  if (typeof mark !== 'string') return undefined;
  return ordered.findLast(
    (comment) =>
      comment.public &&
      authorOf(comment, ticket, people) === 'customer' &&
      (contentMark(comment.body ?? '') === mark || contentMark(textOfHtml(comment.html_body ?? '')) === mark),
  );
}

function authorOf({ author_id: id }: Comment, { requester_id }: Ticket, { users }: People): Author {
  // "-1" is Zendesk itself.
  if (id === null || id.startsWith('-')) return 'system';
  const role = users.get(id)?.role ?? null;
  if (role === null) return id === requester_id ? 'customer' : 'agent';
  return role === 'end-user' ? 'customer' : 'agent';
}
