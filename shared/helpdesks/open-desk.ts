/** A configured helpdesk's API, ready to be asked; in its account's turns, which all processes share. */
import type { Config } from '../config/schema.ts';
import type { Helpdesk } from '../config/schema-delivery.ts';
import type { Redis } from '../redis.ts';
import { createAccountTurns } from './account-turns.ts';
import { createDeskHttp } from './desk-http.ts';
import type { Desk, DeskSettings } from './desk.ts';
import { deskKinds } from './desks.ts';

export type HelpdeskDestination = Extract<Config['destinations'][string], { type: Helpdesk }>;

export type OpenDesk = { desk: Desk; close: () => Promise<void> };

/** null where no token is set, or the platform is not available: both were told at the start. */
export function openDesk(
  destination: HelpdeskDestination,
  parts: { redis: Redis; prefix: string; now: () => number },
): OpenDesk | null {
  const kind = deskKinds.get(destination.type);
  const { token } = destination;
  if (kind === undefined || token === undefined || token === null) return null;
  const settings: DeskSettings = {
    subdomain: destination.subdomain ?? null,
    url: destination.url?.replace(/\/+$/, '') ?? null,
    email: destination.email ?? null,
    token,
    userId: destination.userId ?? null,
    account: destination.account ?? null,
    channel: destination.channel ?? null,
  };
  const { subdomain, url, email, account } = settings;
  const turns = createAccountTurns(parts.redis, {
    prefix: parts.prefix,
    account: JSON.stringify([destination.type, subdomain, url, email, account]),
    requestsPerMinute: destination.requestsPerMinute ?? kind.requestsPerMinute,
  });
  const { allowPrivateNetworks, timeoutMs } = destination;
  const http = createDeskHttp({ allowPrivateNetworks, timeoutMs, turns, now: parts.now });
  return { desk: kind.open(settings, http), close: () => http.close() };
}
