/** What may leave of an answer: sent, a draft for a person, or nothing because people have to write it themselves. */
import type { Config } from '../../shared/config/schema.ts';
import type { Classification, Mode, Ticket } from '../../shared/ticket.ts';
import type { Trust } from '../../shared/trust.ts';
import type { AnswerRead } from './answer-prompt.ts';
import { withDisclosure } from './disclosure.ts';
import { checkReply } from './reply-checks/check-reply.ts';
import type { CheckName } from './reply-checks/check-reply.ts';
import { detectorOf } from './reply-checks/detector.ts';

export type Outgoing =
  /** `why` is empty, or how a draft came to be one, for the timeline. */
  | { kind: 'send'; mode: Mode; text: string; failed: CheckName[]; why: string }
  /** The answer must not be seen. `cause` is the dead letter's. */
  | { kind: 'people'; cause: string; failed: CheckName[] };

export async function outgoingOf(
  config: Config,
  work: { ticket: Ticket; classification: Classification; trust: Trust },
  answer: AnswerRead,
): Promise<Outgoing> {
  const { ticket, classification, trust } = work;
  const { verdict, failed } = await checkReply(answer.checked, config.checks, () => detectorOf(config));
  if (verdict === 'people') return { kind: 'people', cause: `check_${failed[0]}`, failed };
  const reasons = [
    ...(trust.mode === 'draft' ? [trust.by ?? ''] : []),
    ...failed.map((name) => `checks.${name}`),
  ];
  const text = withDisclosure(answer.text, config.sources[ticket.source], classification.language);
  if (reasons.length === 0) return { kind: 'send', mode: 'auto', text, failed, why: '' };
  return { kind: 'send', mode: 'draft', text, failed, why: `; draft by ${reasons.join(', ')}` };
}
