/** Every helpdesk that the common suite runs against. */
import { chatwootSimulator } from './chatwoot.ts';
import { zammadSimulator } from './zammad.ts';
import { freshdeskSimulator } from './freshdesk.ts';
import { helpscoutSimulator } from './helpscout.ts';
import { freescoutSimulator } from './freescout.ts';
import { intercomSimulator } from './intercom.ts';
import { frontSimulator } from './front.ts';
import { gorgiasSimulator } from './gorgias.ts';
import { hubspotSimulator } from './hubspot.ts';
import type { DeskSimulator } from './simulator.ts';
import { zendeskSimulator } from './zendesk.ts';

export const simulators: (() => DeskSimulator)[] = [
  () => zendeskSimulator('event'),
  () => zendeskSimulator('trigger'),
  intercomSimulator,
  freshdeskSimulator,
  chatwootSimulator,
  zammadSimulator,
  helpscoutSimulator,
  freescoutSimulator,
  frontSimulator,
  gorgiasSimulator,
  hubspotSimulator,
];
