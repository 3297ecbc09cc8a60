/** What alerts are about. */
import { z } from 'zod';

const conditionKinds = [
  'breaker_open',
  'model_unknown',
  'provider_down',
  'key_refused',
  'quota_exhausted',
  'dead_letters',
  'deadline_near',
  'configuration_refused',
  'destination_disabled',
  'destination_failing',
] as const;
export type ConditionKind = (typeof conditionKinds)[number];

/** Something that is wrong now. The texts are for people and hold nothing of a ticket. */
export const conditionSchema = z.object({
  kind: z.enum(conditionKinds),
  /** A model, a provider, a tier, a queue or a destination. */
  subject: z.string(),
  severity: z.enum(['critical', 'warning']),
  title: z.string(),
  /** What it means, and the cure. */
  text: z.string(),
  /** ms since the epoch; null where only the moment is known at which it was noticed. */
  sinceMs: z.number().nullable(),
});
export type Condition = z.infer<typeof conditionSchema>;

export const idOf = ({ kind, subject }: Pick<Condition, 'kind' | 'subject'>): string => `${kind}:${subject}`;

/** All that is wrong at a moment. */
export type Observed = {
  conditions: Condition[];
  /** Ids of conditions that cannot be told now: they neither begin nor end. */
  unknown: string[];
  /** By id, those whose message says it already. */
  saidBy: Map<string, string[]>;
};
