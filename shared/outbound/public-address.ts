/** Which IP addresses are on the public internet; everything else is refused as a destination unless it is allowed. */
import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { TierlineError } from '../errors.ts';

/**
 * Azure's own service behind a public-looking address, reachable from every virtual machine there:
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const refusedPublicAddresses = new Set(['168.63.129.16']);

/** Every IPv6 address assigned to the public so far is in 2000::/3 (RFC 4291, section 2.4 and the IANA registry). */
const assignedIpv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Thrown by a connect that the guard refuses; nothing has been sent then. */
export class AddressRefused extends TierlineError {
  constructor(range: string) {
    super('address_refused', `the address is not on the public internet (${range})`);
  }
}

/** Why a literal IP address is not public; null where it is. Mapped and translated forms of IPv4 are never public. */
export function refusedRange(address: string): string | null {
  if (!ipaddr.isValid(address)) return 'not an address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  if (refusedPublicAddresses.has(parsed.toString())) return 'cloud service';
  return parsed instanceof ipaddr.IPv6 && !parsed.match(assignedIpv6) ? 'unassigned' : null;
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Like `dns.lookup`, but an error where any of the name's addresses is not public. The addresses that were checked are
 * the ones that are connected to, so a name that changes its mind in between (DNS rebinding) gains nothing.
 */
export function lookupPublic(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    for (const { address } of addresses) {
      const range = refusedRange(address);
      if (range !== null) {
        callback(new AddressRefused(range), []);
        return;
      }
    }
    const [first] = addresses;
    if (options.all === true || first === undefined) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
}
