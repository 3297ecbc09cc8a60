/** The configured destinations, opened. */
import type { Config } from '../../shared/config/schema.ts';
import { destinationIdentity } from '../../shared/destinations/identity.ts';
import { openDesk } from '../../shared/helpdesks/open-desk.ts';
import type { Redis } from '../../shared/redis.ts';
import type { Destination } from './destinations/destination.ts';
import { createHelpdeskDestination } from './destinations/helpdesk.ts';
import { createLogDestination } from './destinations/log.ts';
import { createWebhookDestination } from './destinations/webhook.ts';

export type ScheduledDestination = Destination & {
  scheduleMs: readonly number[];
  /** The same for the same destination with the same settings, over any number of configurations. */
  identity: string;
};

export type Destinations = {
  get: (name: string) => ScheduledDestination | undefined;
  count: number;
  close: () => Promise<void>;
};

/** A file that cannot be written now (a full disk) is tried again on this schedule. */
const fileScheduleMs = [0, 5000, 60_000, 300_000, 1_800_000, 7_200_000];

export function openDestinations(
  config: Config,
  parts: { redis: Redis; prefix: string; now: () => number },
): Destinations {
  const { now } = parts;
  const opened = new Map<string, ScheduledDestination>();
  for (const [name, settings] of Object.entries(config.destinations)) {
    const identity = destinationIdentity(name, settings);
    if (settings.type === 'webhook') {
      const { url, secret, timeoutMs, allowPrivateNetworks, retryMs } = settings;
      const destination = createWebhookDestination(
        { name, url, secrets: secret, timeoutMs, allowPrivateNetworks },
        now,
      );
      opened.set(name, { ...destination, scheduleMs: retryMs, identity });
    } else if (settings.type === 'log') {
      opened.set(name, {
        ...createLogDestination({ name, path: settings.path }, now),
        scheduleMs: fileScheduleMs,
        identity,
      });
    } else if (settings.type !== 'email') {
      const open = openDesk(settings, parts);
      if (open === null) continue;
      const { type, tags, status = null, handoffMessage, retryMs } = settings;
      const destination = createHelpdeskDestination(
        { name, type, tags, status, handoffMessage },
        open.desk,
        open.close,
      );
      opened.set(name, { ...destination, scheduleMs: retryMs, identity });
    }
  }
  return {
    get: (name) => opened.get(name),
    count: opened.size,
    async close() {
      await Promise.all([...opened.values()].map((destination) => destination.close()));
    },
  };
}
