/** What became of an answer, as helpdesks and people tell it. */
import { z } from 'zod';

export const outcomes = ['resolved', 'reopened', 'edited', 'escalated', 'good', 'bad'] as const;
export type Outcome = (typeof outcomes)[number];
export const outcomeSchema = z.enum(outcomes);

/** What the ticket should have been labelled; null where nobody said. */
const labelSchema = z.object({
  queryType: z.string().nullable(),
  tier: z.string().nullable(),
  language: z.string().nullable(),
});

/** As kept with the ticket. `note` is as private as the ticket's text: for its reader alone, never for a log. */
export const feedbackSchema = z.object({
  outcome: outcomeSchema,
  label: labelSchema.nullable(),
  note: z.string().nullable(),
});
export type Feedback = z.infer<typeof feedbackSchema>;

export const tellers = ['api', 'helpdesk'] as const;
export type Teller = (typeof tellers)[number];

/** `at` in ISO 8601 UTC, by Redis' clock. */
export type ToldFeedback = Feedback & { at: string; by: Teller };
