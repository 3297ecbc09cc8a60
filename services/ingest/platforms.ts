/** The helpdesks whose webhooks are understood, by their name in tierline.yaml. */
import type { Helpdesk } from '../../shared/config/schema-delivery.ts';
import type { Platform } from './platforms/platform.ts';
import { chatwoot } from './platforms/chatwoot.ts';
import { zammad } from './platforms/zammad.ts';
import { freshdesk } from './platforms/freshdesk.ts';
import { helpscout } from './platforms/helpscout.ts';
import { freescout } from './platforms/freescout.ts';
import { front } from './platforms/front.ts';
import { gorgias } from './platforms/gorgias.ts';
import { hubspot } from './platforms/hubspot.ts';
import { intercom } from './platforms/intercom.ts';
import { zendesk } from './platforms/zendesk.ts';

export const platforms: ReadonlyMap<string, Platform> = new Map<Helpdesk, Platform>([
  ['zendesk', zendesk],
  ['intercom', intercom],
  ['freshdesk', freshdesk],
  ['chatwoot', chatwoot],
  ['zammad', zammad],
  ['helpscout', helpscout],
  ['freescout', freescout],
  ['front', front],
  ['gorgias', gorgias],
  ['hubspot', hubspot],
]);
