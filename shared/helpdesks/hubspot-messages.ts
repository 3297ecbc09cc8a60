/** The messages of a HubSpot thread, with the one that a webhook told of, and with the customer's newest one whole. */
import { z } from 'zod';
import { failureOf, misshapen } from './desk-answers.ts';
import { failed } from './desk-http.ts';
import type { DeskResponse } from './desk-http.ts';
import type { DeskFailure } from './desk.ts';
import { hubspotMessage, isFromCustomer } from './hubspot-message.ts';
import type { HubspotMessage } from './hubspot-message.ts';
import { lenient } from './wire.ts';

type Get = (url: string) => Promise<DeskResponse>;

const messagesSchema = z.object({ results: z.array(hubspotMessage) });
const contentSchema = z.object({ text: lenient(z.string()), richText: lenient(z.string()) });

/** Newest first. `address`: of the thread; `told`: the message that the webhook named. */
export async function readHubspotMessages(
  get: Get,
  address: string,
  told: string | null,
): Promise<{ kind: 'messages'; messages: HubspotMessage[] } | DeskFailure> {
  const response = await get(`${address}/messages`);
  if (response.kind !== 'ok') return failureOf(response);
  const listed = messagesSchema.safeParse(response.json);
  if (!listed.success) return misshapen('GET', response.status);
  const { results } = listed.data;
  const isListed = told === null || isEventId(told) || results.some(({ id }) => id === told);
  const missing = isListed ? null : await readMessage(get, address, told);
  if (missing?.kind === 'failed') return missing;
  const messages = missing === null ? results : [...results, missing.message];
  const newest = messages.find(isFromCustomer);
  if (newest?.truncationStatus !== 'TRUNCATED') return { kind: 'messages', messages };
  const whole = await readWhole(get, address, newest);
  if (whole.kind === 'failed') return whole;
  return { kind: 'messages', messages: messages.map((one) => (one === newest ? whole.message : one)) };
}

/** Of a webhook that did not name the message. */
const isEventId = (id: string): boolean => id.includes(':');

type Found = { kind: 'message'; message: HubspotMessage } | DeskFailure;

/** One that is not listed yet must not be taken for another; one that is listed no more is older than all. */
async function readMessage(get: Get, address: string, id: string): Promise<Found> {
  const response = await get(`${address}/messages/${encodeURIComponent(id)}`);
  if (response.kind === 'refused' && response.status === 404) {
    return failed({ status: 404, provablyUnsent: true, reason: 'the message does not stand in its thread' });
  }
  if (response.kind !== 'ok') return failureOf(response);
  const found = hubspotMessage.safeParse(response.json);
  return found.success ? { kind: 'message', message: found.data } : misshapen('GET', response.status);
}

/** HubSpot cuts long ones. */
async function readWhole(get: Get, address: string, message: HubspotMessage): Promise<Found> {
  const response = await get(`${address}/messages/${encodeURIComponent(message.id)}/original-content`);
  if (response.kind !== 'ok') return failureOf(response);
  const content = contentSchema.safeParse(response.json);
  if (!content.success) return misshapen('GET', response.status);
  return { kind: 'message', message: { ...message, ...content.data } };
}
