/** A helpdesk that behaves as its API does, as far as answering tickets goes. One file per platform beside this one. */
import type { Helpdesk } from '../../../shared/config/schema-delivery.ts';

export type DeskCall = {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  json: unknown;
};

/** `json` undefined: an empty body. */
export type DeskAnswer = { status: number; json?: unknown; headers?: Record<string, string> };

export type ThreadMessage = {
  id: string;
  /** `own`: written by the API in our user's name. */
  author: 'customer' | 'agent' | 'own';
  visibility: 'public' | 'internal' | 'draft';
  /** As it was sent: HTML where the API takes HTML. */
  text: string;
};

/** A webhook as the platform would post it. `path` is what follows the source's address (with its slash), mostly ''. */
export type DeskWebhook = { raw: string; headers: Record<string, string>; path: string };

export type DeskSimulator = {
  platform: Helpdesk;
  /** Of the source in tierline.yaml: secret, userId, account… (platform and destination are added). */
  source: Record<string, unknown>;
  /** Of the destination in tierline.yaml (type and allowPrivateNetworks are added); `url` is the simulator's address. */
  destination: (url: string) => Record<string, unknown>;
  /** The API. 401 for a wrong token, 404 for what is not there; changes the thread. */
  answer: (call: DeskCall) => DeskAnswer;
  /** Everything that stands in the conversation, oldest first. */
  thread: (conversation: string) => ThreadMessage[];
  /** The tags that were put on it by the API, and its status where one was set. */
  tagsOf: (conversation: string) => string[];
  /** Adds the message to the thread (opening the conversation with the first one) and gives the signed webhook of it. */
  customerWrites: (conversation: string, text: string) => DeskWebhook;
  /** The same for an agent; null where the platform would send no webhook for it. */
  agentWrites: (conversation: string, text: string, visibility: 'public' | 'internal') => DeskWebhook | null;
  /** The webhook that our own newest message in the thread would cause; null where there is none. */
  ownEcho: (conversation: string) => DeskWebhook | null;
  /** A person takes the conversation, as the platform knows it (assignee, status…); false where it knows no owners. */
  takeOver: (conversation: string) => boolean;
  /** The same webhook signed with another secret. */
  forged: (webhook: DeskWebhook) => DeskWebhook;
  /** False where the platform shows no drafts, so that a draft stands as an internal note. */
  hasDrafts: boolean;
  /** Where not every call but GET writes to a conversation. */
  isWrite?: (call: DeskCall) => boolean;
};
