/** Which destination it is: the same for the same name with the same settings, over processes, restarts and reloads. */
import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.ts';

/** A digest, since the secret is among the settings. */
export function destinationIdentity(name: string, settings: Config['destinations'][string]): string {
  return createHash('sha256')
    .update(JSON.stringify([name, settings]))
    .digest('base64url');
}

/** The configured destinations by their identity. */
export function configuredDestinations(config: Config): Map<string, string> {
  const entries = Object.entries(config.destinations);
  return new Map(entries.map(([name, settings]) => [destinationIdentity(name, settings), name]));
}
