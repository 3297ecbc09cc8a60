/** Names for messages whose comment id Zendesk's webhook does not tell, so that they are found again in the conversation. */

/** The comment that a ticket was opened with. */
export const firstMessageId = (ticketId: string): string => `first:${ticketId}`;

/** A trigger's message without an id; `textMark` of its metadata is the mark of its text. */
export const textMarkField = 'textMark';
