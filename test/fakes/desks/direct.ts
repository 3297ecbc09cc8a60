/** A desk that talks to its simulator over real HTTP, with nothing in between: every turn is free. */
import type { TestContext } from 'node:test';
import { createDeskHttp } from '../../../shared/helpdesks/desk-http.ts';
import type {
  Conversation,
  Desk,
  DeskKind,
  DeskMessageOut,
  DeskSettings,
  DeskTicket,
} from '../../../shared/helpdesks/desk.ts';
import { simpleHtml } from '../../../shared/helpdesks/simple-html.ts';
import { openDeskServer } from './server.ts';
import type { DeskServer } from './server.ts';
import type { DeskSimulator } from './simulator.ts';

export type DirectDesk = {
  desk: Desk;
  server: DeskServer;
  simulator: DeskSimulator;
  /** Milliseconds that the account was told to wait. */
  pauses: number[];
  read: (conversation: string, metadata?: Record<string, unknown>) => Promise<Conversation>;
  /** Reads the conversation, then writes into it. */
  write: (
    conversation: string,
    message: Partial<DeskMessageOut>,
    metadata?: Record<string, unknown>,
  ) => ReturnType<Desk['write']>;
};

const noSettings: DeskSettings = {
  subdomain: null,
  url: null,
  email: null,
  token: '',
  userId: null,
  account: null,
  channel: null,
};

export const ticketOf = (conversation: string, metadata: Record<string, unknown> = {}): DeskTicket => ({
  externalId: conversation,
  conversationId: conversation,
  messageId: null,
  metadata,
});

export const neverEnding = new AbortController().signal;

export async function openDirect(
  t: TestContext,
  kind: DeskKind,
  simulator: DeskSimulator,
  changes: Partial<DeskSettings> = {},
): Promise<DirectDesk> {
  const server = await openDeskServer(t, simulator);
  const pauses: number[] = [];
  const http = createDeskHttp({
    allowPrivateNetworks: true,
    timeoutMs: 5000,
    turns: { take: () => Promise.resolve(0), pause: (ms) => Promise.resolve(void pauses.push(ms)) },
    now: Date.now,
  });
  t.after(() => http.close());
  const desk = kind.open({ ...noSettings, ...simulator.destination(server.url), ...changes }, http);
  async function read(conversation: string, metadata = {}): Promise<Conversation> {
    const found = await desk.read(ticketOf(conversation, metadata), neverEnding);
    if (found.kind === 'failed') throw new Error(found.reason);
    return found.conversation;
  }
  return {
    desk,
    server,
    simulator,
    pauses,
    read,
    async write(conversation, changed, metadata = {}) {
      const { text = 'It is on its way.', visibility = 'public', tags = [], status = null } = changed;
      const message = { text, html: simpleHtml(text), visibility, tags, status };
      return desk.write(
        ticketOf(conversation, metadata),
        message,
        await read(conversation, metadata),
        neverEnding,
      );
    },
  };
}
