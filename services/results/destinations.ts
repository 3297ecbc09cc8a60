/** The configured destinations, opened. */
import { createHash } from 'node:crypto';
import type { Config } from '../../shared/config/schema.ts';
import type { Destination } from './destinations/destination.ts';
import { createLogDestination } from './destinations/log.ts';
import { createWebhookDestination } from './destinations/webhook.ts';

export type ScheduledDestination = Destination & {
  scheduleMs: readonly number[];
  /** The same for the same destination with the same settings, over any number of configurations. */
  identity: string;
};

export type Destinations = {
  get: (name: string) => ScheduledDestination | undefined;
  close: () => Promise<void>;
};

/** A file that cannot be written now (a full disk) is tried again on this schedule. */
const fileScheduleMs = [0, 5000, 60_000, 300_000, 1_800_000, 7_200_000];

export function openDestinations(config: Config, now: () => number): Destinations {
  const opened = new Map<string, ScheduledDestination>();
  for (const [name, settings] of Object.entries(config.destinations)) {
    // A digest, since the secret is among the settings.
    const identity = createHash('sha256')
      .update(JSON.stringify([name, settings]))
      .digest('base64url');
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
    }
  }
  return {
    get: (name) => opened.get(name),
    async close() {
      await Promise.all([...opened.values()].map((destination) => destination.close()));
    },
  };
}
