/** The helpdesks whose threads can be written to, by their name in tierline.yaml. */
import type { Helpdesk } from '../config/schema-delivery.ts';
import type { DeskKind } from './desk.ts';
import { chatwootDesk } from './desks/chatwoot.ts';
import { zammadDesk } from './desks/zammad.ts';
import { freshdeskDesk } from './desks/freshdesk.ts';
import { helpscoutDesk } from './desks/helpscout.ts';
import { freescoutDesk } from './desks/freescout.ts';
import { frontDesk } from './desks/front.ts';
import { gorgiasDesk } from './desks/gorgias.ts';
import { hubspotDesk } from './desks/hubspot.ts';
import { intercomDesk } from './desks/intercom.ts';
import { zendeskDesk } from './desks/zendesk.ts';

export const deskKinds: ReadonlyMap<Helpdesk, DeskKind> = new Map<Helpdesk, DeskKind>([
  ['zendesk', zendeskDesk],
  ['intercom', intercomDesk],
  ['freshdesk', freshdeskDesk],
  ['chatwoot', chatwootDesk],
  ['zammad', zammadDesk],
  ['helpscout', helpscoutDesk],
  ['freescout', freescoutDesk],
  ['front', frontDesk],
  ['gorgias', gorgiasDesk],
  ['hubspot', hubspotDesk],
]);
