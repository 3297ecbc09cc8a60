/** Destinations: that their host has an address, and one that replies may go to. Nothing is sent to them. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { refusedRange } from '../../../shared/outbound/public-address.ts';
import type { Config } from '../../../shared/config/schema.ts';
import { fail, ok } from './check.ts';
import type { Check } from './check.ts';

const patienceMs = 5000;

/** The addresses of a name; rejects with an error that has a `code`. */
type Resolve = (host: string) => Promise<string[]>;

const resolveName: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

export async function checkDestinations(config: Config, resolve: Resolve = resolveName): Promise<Check[]> {
  const checks = Object.entries(config.destinations).map(async ([name, destination]): Promise<Check[]> => {
    if (destination.type !== 'webhook') return [];
    const { hostname } = new URL(destination.url);
    const host = hostname.replace(/^\[|\]$/g, '');
    const found = await addressesOf(host, resolve);
    if (found.kind === 'unknown') {
      return [
        fail(
          'destination',
          `${name}: the name ${host} has no address (${found.code})`,
          `Correct destinations.${name}.url, or the name server of this machine.`,
        ),
      ];
    }
    const range = found.addresses.map(refusedRange).find((one) => one !== null);
    if (range !== undefined && !destination.allowPrivateNetworks) {
      return [
        fail(
          'destination',
          `${name}: ${host} is not on the public internet (${range}): nothing will be sent there`,
          `Set allowPrivateNetworks: true on destinations.${name} if that is meant.`,
        ),
      ];
    }
    return [ok('destination', `${name}: ${host} can be resolved`)];
  });
  return (await Promise.all(checks)).flat();
}

type Addresses = { kind: 'found'; addresses: string[] } | { kind: 'unknown'; code: string };

async function addressesOf(host: string, resolve: Resolve): Promise<Addresses> {
  if (isIP(host) !== 0) return { kind: 'found', addresses: [host] };
  const { promise: late, resolve: giveUp } = Promise.withResolvers<Addresses>();
  const timer = setTimeout(() => giveUp({ kind: 'unknown', code: 'no answer' }), patienceMs);
  const looked = resolve(host).then(
    (addresses): Addresses => ({ kind: 'found', addresses }),
    (error: NodeJS.ErrnoException): Addresses => ({ kind: 'unknown', code: error.code ?? 'unknown error' }),
  );
  const addresses = await Promise.race([looked, late]);
  clearTimeout(timer);
  return addresses;
}
