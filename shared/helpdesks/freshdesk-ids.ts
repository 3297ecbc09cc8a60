/** Freshdesk's webhook tells no message's id: a customer's message is named by its ticket and its words, here as there. */
import { contentMark } from './content-mark.ts';

export const freshdeskMessageId = (ticketId: string, text: string): string =>
  `${ticketId}-${contentMark(text)}`;
