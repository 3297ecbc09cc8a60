/** What a simulated helpdesk keeps: conversations with their messages, tags, status and owner. */
import type { ThreadMessage } from './simulator.ts';

export type KeptMessage = ThreadMessage & { number: number; at: Date };

export type KeptConversation = {
  id: string;
  messages: KeptMessage[];
  tags: string[];
  status: string | null;
  /** The person or user that has it; null for nobody. */
  owner: string | null;
};

export type Threads = {
  find: (id: string) => KeptConversation | undefined;
  open: (id: string) => KeptConversation;
  /** Ids of messages are `prefix` and a number that grows. */
  add: (
    id: string,
    message: Pick<ThreadMessage, 'author' | 'visibility' | 'text'>,
  ) => { conversation: KeptConversation; message: KeptMessage };
  thread: (id: string) => ThreadMessage[];
  tagsOf: (id: string) => string[];
  /** Our own newest message. */
  newestOwn: (id: string) => KeptMessage | undefined;
};

/** `firstNumber`: of the first message, such as one beyond 2^53 less a little. */
export function createThreads({ prefix = '', firstNumber = 7001 } = {}): Threads {
  const conversations = new Map<string, KeptConversation>();
  let next = firstNumber;
  let lastAt = 0;
  const find = (id: string): KeptConversation | undefined => conversations.get(id);
  function open(id: string): KeptConversation {
    const known = conversations.get(id);
    if (known) return known;
    const conversation: KeptConversation = { id, messages: [], tags: [], status: null, owner: null };
    conversations.set(id, conversation);
    return conversation;
  }
  return {
    find,
    open,
    add(id, { author, visibility, text }) {
      const conversation = open(id);
      const number = next;
      next += 1;
      // No two at once, as with helpdesks that tell the time exactly.
      lastAt = Math.max(Date.now(), lastAt + 1);
      const message = { id: `${prefix}${number}`, number, at: new Date(lastAt), author, visibility, text };
      conversation.messages.push(message);
      return { conversation, message };
    },
    thread: (id) =>
      (find(id)?.messages ?? []).map(({ id: messageId, author, visibility, text }) => ({
        id: messageId,
        author,
        visibility,
        text,
      })),
    tagsOf: (id) => find(id)?.tags ?? [],
    newestOwn: (id) => find(id)?.messages.findLast(({ author }) => author === 'own'),
  };
}

/** Numbers where an API has numbers. */
export const asNumber = (id: string): number | string => (/^\d{1,15}$/.test(id) ? Number(id) : id);
