/** What must hold for sources and destinations. */
import { isIP } from 'node:net';
import { parseSecret } from '../standard-webhooks.ts';
import { TierlineError } from '../errors.ts';
import { refusedRange } from '../outbound/public-address.ts';
import { deskKinds } from '../helpdesks/desks.ts';
import type { DeskKind } from '../helpdesks/desk.ts';
import { unknownName, type Finding, type Path } from './problem.ts';
import type { Helpdesk } from './schema-delivery.ts';
import type { Config } from './schema.ts';

type Findings = { problems: Finding[]; warnings: Finding[] };

export function checkSource(config: Config, name: string): Findings {
  const source = config.sources[name]!;
  const path = ['sources', name];
  const problems: Finding[] = [];
  if (source.platform === 'generic') {
    problems.push(...checkSecrets([...path, 'secret'], source.secret ?? []));
  } else if (source.platform === 'email' || !deskKinds.has(source.platform)) {
    problems.push({
      path: [...path, 'platform'],
      message: `platform "${source.platform}" is not available in this version`,
      allowed: ['generic', ...deskKinds.keys()],
      allowedLabel: 'Platforms',
    });
  } else if (source.secret?.some((secret) => secret.length < minSecretCharacters) === true) {
    problems.push({
      path: [...path, 'secret'],
      message: `must have at least ${minSecretCharacters} characters`,
    });
  }
  if (source.platform === 'hubspot' && source.publicUrl === undefined) {
    const message = 'missing key "publicUrl": hubspot signs the address that it calls';
    problems.push({ path, message });
  }
  const withoutTags = deskKinds.get(source.platform as Helpdesk)?.withoutTags;
  if (source.only?.tags !== undefined && withoutTags !== undefined) {
    problems.push({ path: [...path, 'only'], message: `cannot choose by tags: ${withoutTags}` });
  }
  if (!Object.hasOwn(config.destinations, source.destination)) {
    const known = Object.keys(config.destinations);
    problems.push(
      unknownName({ path: [...path, 'destination'], kind: 'destination', name: source.destination, known }),
    );
  }
  return { problems, warnings: [] };
}

export function checkDestination(config: Config, name: string): Findings {
  const destination = config.destinations[name]!;
  const path = ['destinations', name];
  if (destination.type === 'log') return { problems: [], warnings: [] };
  if (destination.type !== 'webhook') {
    const kind = destination.type === 'email' ? undefined : deskKinds.get(destination.type);
    if (destination.type !== 'email' && kind !== undefined) return checkHelpdesk(path, destination, kind);
    const message = `destination type "${destination.type}" is not available in this version`;
    const allowed = { allowed: ['webhook', 'log', ...deskKinds.keys()], allowedLabel: 'Types' };
    return { problems: [{ path: [...path, 'type'], message, ...allowed }], warnings: [] };
  }
  const address = checkAddress([...path, 'url'], destination.url, {
    allowsPrivate: destination.allowPrivateNetworks,
    place: 'on this destination',
    what: 'replies',
  });
  const problems = [...address.problems, ...checkSecrets([...path, 'secret'], destination.secret)];
  return { problems, warnings: address.warnings };
}

/** A shorter one can be guessed. */
const minSecretCharacters = 8;

type HelpdeskDestination = Extract<Config['destinations'][string], { type: Helpdesk }>;

/** A token that a reference leads nowhere for is told, and its tickets wait: that may be set later. */
function checkHelpdesk(path: Path, destination: HelpdeskDestination, kind: DeskKind): Findings {
  const missing = kind.needs
    .map((need) => (typeof need === 'string' ? [need] : need))
    .filter((names) => names.every((name) => name !== 'token' && destination[name] === undefined));
  const problems: Finding[] = missing.map((names) => ({
    path,
    message: `missing key ${names.map((name) => `"${name}"`).join(' or ')}: ${destination.type} needs it`,
  }));
  const { status } = destination;
  if (status !== undefined && kind.statuses !== undefined && !kind.statuses.includes(status)) {
    problems.push({
      path: [...path, 'status'],
      message: `"${status}" is no status that ${destination.type} can be given`,
      allowed: [...kind.statuses],
      allowedLabel: 'Statuses',
    });
  }
  const warnings: Finding[] = [];
  if (destination.url !== undefined) {
    const address = checkAddress([...path, 'url'], destination.url, {
      allowsPrivate: destination.allowPrivateNetworks,
      place: 'on this destination',
      what: 'replies',
    });
    problems.push(...address.problems);
    warnings.push(...address.warnings);
  }
  if (destination.token === undefined || destination.token === null) {
    warnings.push({ path: [...path, 'token'], message: 'no token is set, so nothing can be written there' });
  }
  return { problems, warnings };
}

/** `place` is where allowPrivateNetworks can be set, `what` is sent there. */
export function checkAddress(
  path: Path,
  url: string,
  { allowsPrivate, place, what }: { allowsPrivate: boolean; place: string; what: string },
): Findings {
  const { hostname, protocol, username, password } = new URL(url);
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  if (username !== '' || password !== '') {
    problems.push({ path, message: 'must not contain a user name or password' });
  }
  const range = allowsPrivate ? null : privateRange(hostname);
  if (range !== null) {
    problems.push({
      path,
      message: `${hostname} is not a public address (${range}): set allowPrivateNetworks: true ${place} if that is meant`,
    });
  } else if (!allowsPrivate && protocol === 'http:') {
    warnings.push({ path, message: `${what} travel unencrypted; use https://` });
  }
  return { problems, warnings };
}

/** Why a host is surely not public, null where it is or where only resolving its name will tell. */
function privateRange(hostname: string): string | null {
  // As URL gives it: IPv4 in all its spellings already in dotted form, IPv6 in brackets.
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback';
  return isIP(host) === 0 ? null : refusedRange(host);
}

export function checkSecrets(path: Path, secrets: readonly string[]): Finding[] {
  return secrets.flatMap((secret): Finding[] => {
    try {
      parseSecret(secret);
      return [];
    } catch (error) {
      if (!(error instanceof TierlineError)) throw error;
      return [{ path, message: asClause(error.message) }];
    }
  });
}

/** A sentence as the rest of a line. */
function asClause(sentence: string): string {
  return `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
}
