/** What must hold for the address of alerts. */
import { checkAddress, checkSecrets } from './check-delivery.ts';
import type { Finding } from './problem.ts';
import type { Config } from './schema.ts';

export function checkAlerts({ alerts }: Config): { problems: Finding[]; warnings: Finding[] } {
  if (alerts === null || alerts.webhook === null) return { problems: [], warnings: [] };
  const address = checkAddress(['alerts', 'webhook'], alerts.webhook, {
    allowsPrivate: alerts.allowPrivateNetworks,
    place: 'under alerts',
    what: 'alerts',
  });
  return {
    problems: [...address.problems, ...checkSecrets(['alerts', 'secret'], alerts.secret ?? [])],
    warnings: address.warnings,
  };
}
