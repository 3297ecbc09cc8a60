/** The webhook of a Zendesk trigger: its JSON is a template of ours, filled in by Zendesk with text alone (docs/helpdesks/zendesk.md). */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { contentMark } from '../../../shared/helpdesks/content-mark.ts';
import type { Author, IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import { isoTime, lenient, wireId } from '../../../shared/helpdesks/wire.ts';
import { textMarkField } from '../../../shared/helpdesks/zendesk-ids.ts';
import { isAutomaticMail } from './automatic-mail.ts';
import type { Parsed, PlatformSettings } from './platform.ts';
import { events, ignored, misfit } from './verdicts.ts';

/** A placeholder that Zendesk knows nothing for is empty. */
const filled = lenient(z.union([z.string(), z.number(), z.boolean()])).transform((value) =>
  value === null || String(value).trim() === '' ? null : String(value),
);
/** undefined where the template does not ask for it, null where nobody is assigned. */
const assignee = z
  .union([z.string(), z.number(), z.null()])
  .transform((value) => (value === null || value === '' ? null : String(value)))
  .optional()
  .catch(undefined);

const schema = z.object({
  ticket_id: wireId,
  account_id: filled,
  comment_id: filled,
  subject: filled,
  text: filled,
  email: filled,
  name: filled,
  locale: filled,
  /** As Zendesk fills it in: with spaces between. */
  tags: z.union([z.string(), z.array(z.string()).transform((list) => list.join(' '))]).catch(''),
  priority: filled,
  author_role: filled,
  author_id: filled,
  is_public: filled,
  assignee_id: assignee,
  updated_at: filled,
});
type Trigger = z.infer<typeof schema>;

export function isTrigger(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'ticket_id' in json;
}

export function parseTrigger(json: unknown, settings: PlatformSettings): Parsed {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return misfit(parsed.error);
  const { data } = parsed;
  if (settings.account !== null && data.account_id !== null && data.account_id !== settings.account) {
    return ignored('other_account');
  }
  const id = messageIdOf(data);
  if (id === null) {
    const detail = 'is missing: without it, two messages of a ticket cannot be told apart';
    return { kind: 'invalid', errors: [{ pointer: '/comment_id', detail }] };
  }
  return events({ kind: 'message', message: { ...messageOf(data, settings), ...id } });
}

function messageIdOf(trigger: Trigger): Pick<IncomingMessage, 'messageId' | 'metadata'> | null {
  const { ticket_id, comment_id, text, updated_at } = trigger;
  if (comment_id !== null) return { messageId: comment_id, metadata: {} };
  if (text === null && updated_at === null) return null;
  const said = createHash('sha256')
    .update(JSON.stringify([ticket_id, text, updated_at]))
    .digest('base64url');
  const mark: Record<string, string> = text === null ? {} : { [textMarkField]: contentMark(text) };
  return { messageId: `said:${said.slice(0, 22)}`, metadata: mark };
}

const priorities = ['low', 'normal', 'high', 'urgent'] as const;

function messageOf(trigger: Trigger, { userId }: PlatformSettings): Omit<IncomingMessage, 'messageId'> {
  const { ticket_id, text, email, name, locale, tags, priority, author_id, updated_at } = trigger;
  const author = authorOf(trigger.author_role);
  const assigned = trigger.assignee_id;
  const isKnown = assigned !== undefined && (assigned === null || userId !== null);
  return {
    externalId: ticket_id,
    conversationId: ticket_id,
    createdAt: isoTime(updated_at),
    subject: trigger.subject ?? '',
    // Who wrote it must be known before it is answered: what the template does not tell, reading the conversation does.
    text: author === null || text === null ? null : { format: 'plain', value: text },
    requester: { ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) },
    language: locale,
    tags: tags.split(/\s+/).filter((tag) => tag !== ''),
    priority: priorities.find((one) => one === priority?.toLowerCase()) ?? 'normal',
    attachments: [],
    history: [],
    metadata: {},
    author,
    isPublic: trigger.is_public === null ? null : trigger.is_public.toLowerCase() === 'true',
    isOurs: author_id !== null && author_id === userId,
    isBotOwned: isKnown ? assigned === null || assigned === userId : null,
    isAutomatic: isAutomaticMail({ from: email }),
  };
}

/** "End-user", "end user", "Agent", "Admin", "Administrator"…: roles are shown in the words of the account. */
function authorOf(role: string | null): Author | null {
  const word = role?.toLowerCase().replaceAll(/[^a-z]/g, '') ?? '';
  if (word === 'enduser') return 'customer';
  return /agent|admin|owner|staff/.test(word) ? 'agent' : null;
}
