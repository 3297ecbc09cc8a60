/** HubSpot: arrays of thin events signed over the public address, threads, messages newest first, comments by the app. */
import { createHmac } from 'node:crypto';
import type { DeskAnswer, DeskSimulator, DeskWebhook } from './simulator.ts';
import { createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage } from './threads.ts';

const secret = 'hubspot-client-secret';
const token = 'pat-na1-token';
const publicUrl = 'https://in.shop.example/v1/webhooks/desk';
const [userId, agentActor, visitor] = ['9001', 'A-9002', 'V-5001'];
const [appId, portalId] = [54_321, 62_515];
const theirs = { type: 'HS_EMAIL_ADDRESS', value: 'cleo@customer.example' };

type Written = {
  type: string;
  text: string;
  richText: string;
  attachments?: unknown[];
  senderActorId?: string;
  channelId?: string;
  channelAccountId?: string;
  recipients?: { deliveryIdentifiers: { type: string; value: string }[] }[];
};

export function hubspotSimulator(): DeskSimulator {
  const threads = createThreads();
  function addMessage({ id }: KeptConversation, written: Written): DeskAnswer {
    if (!Array.isArray(written.attachments)) return { status: 400 };
    if (written.type === 'COMMENT') {
      threads.add(id, { author: 'own', visibility: 'internal', text: written.richText });
      return { status: 201, json: {} };
    }
    const to = written.recipients?.[0]?.deliveryIdentifiers[0];
    const isRouted = to?.value === theirs.value && to.type === theirs.type;
    if (!isRouted || written.channelId !== '1002' || written.channelAccountId !== '77')
      return { status: 400 };
    const author = written.senderActorId === `A-${userId}` ? 'own' : 'agent';
    threads.add(id, { author, visibility: 'public', text: written.richText });
    return { status: 201, json: {} };
  }
  return {
    platform: 'hubspot',
    source: { secret, userId, publicUrl, account: String(portalId) },
    destination: (url) => ({ url, userId, token }),
    hasDrafts: false,
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer({ method, path, headers, json }) {
      if (headers['authorization'] !== `Bearer ${token}`) return { status: 401 };
      const [, id = '', what = '', one = ''] =
        /^\/threads\/([^/]+)(?:\/(\w+)(?:\/(\w+))?)?$/.exec(path) ?? [];
      const conversation = threads.find(decodeURIComponent(id));
      if (!conversation) return { status: 404 };
      if (method === 'POST') return addMessage(conversation, json as Written);
      if (method === 'PATCH') conversation.status = (json as { status: string }).status;
      if (what === '') return { status: 200, json: threadOf(conversation) };
      const found = conversation.messages.find((message) => message.id === one);
      if (one !== '') return found ? { status: 200, json: messageOf(found) } : { status: 404 };
      return { status: 200, json: { results: conversation.messages.toReversed().map(messageOf) } };
    },
    customerWrites(id, text) {
      const { conversation, message } = threads.add(id, { author: 'customer', visibility: 'public', text });
      conversation.status = 'OPEN';
      return webhook(conversation, message);
    },
    agentWrites(id, text, visibility) {
      const { conversation, message } = threads.add(id, { author: 'agent', visibility, text });
      return webhook(conversation, message);
    },
    ownEcho(id) {
      const own = threads.newestOwn(id);
      return own ? webhook(threads.open(id), own) : null;
    },
    takeOver(id) {
      threads.open(id).owner = agentActor;
      return true;
    },
    forged: (sent) => ({ ...sent, headers: signed(sent.raw, 'another secret') }),
  };
}

function webhook(
  { id }: KeptConversation,
  { id: messageId, number, visibility, at }: KeptMessage,
): DeskWebhook {
  const item = {
    eventId: 100 + number,
    subscriptionId: 12_345,
    portalId,
    appId,
    occurredAt: at.getTime(),
    subscriptionType: 'conversation.newMessage',
    attemptNumber: 0,
    objectId: /^\d+$/.test(id) ? Number(id) : id,
    messageId,
    messageType: visibility === 'internal' ? 'COMMENT' : 'MESSAGE',
    changeFlag: 'NEW_MESSAGE',
  };
  const raw = JSON.stringify([item]);
  return { raw, headers: signed(raw, secret), path: '' };
}

function signed(raw: string, key: string): Record<string, string> {
  const timestamp = String(Date.now());
  const mac = createHmac('sha256', key).update(`POST${publicUrl}${raw}${timestamp}`).digest('base64');
  return { 'x-hubspot-request-timestamp': timestamp, 'x-hubspot-signature-v3': mac };
}

function threadOf({ id, status, owner }: KeptConversation): Record<string, unknown> {
  return { id, status, spam: false, archived: false, ...(owner === null ? {} : { assignedTo: owner }) };
}

function messageOf({ id, author, visibility, text, at }: KeptMessage): Record<string, unknown> {
  const isTheirs = author === 'customer';
  const isComment = visibility === 'internal';
  const staffActor = author === 'own' ? `A-${userId}` : agentActor;
  // Comments are the app's, in nobody's name.
  const actor = author === 'own' && isComment ? `I-${appId}` : staffActor;
  const isByApp = author === 'own';
  return {
    id,
    type: isComment ? 'COMMENT' : 'MESSAGE',
    createdAt: at.toISOString(),
    createdBy: isTheirs ? visitor : actor,
    client: isByApp ? { clientType: 'INTEGRATION', integrationAppId: appId } : { clientType: 'HUBSPOT' },
    senders: isTheirs
      ? [{ actorId: visitor, name: 'Cleo Custom', deliveryIdentifier: theirs }]
      : [{ actorId: actor }],
    recipients: [],
    archived: false,
    text,
    richText: isTheirs ? `<p>${text}</p>` : text,
    attachments: [],
    ...(isComment
      ? {}
      : {
          subject: 'A question',
          truncationStatus: 'NOT_TRUNCATED',
          direction: isTheirs ? 'INCOMING' : 'OUTGOING',
          channelId: '1002',
          channelAccountId: '77',
        }),
  };
}
