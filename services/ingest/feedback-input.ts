/** The body of `POST /v1/tickets/{ticketId}/feedback` to the feedback that is stored. */
import { z } from 'zod';
import type { Config } from '../../shared/config/schema.ts';
import { outcomeSchema } from '../../shared/feedback.ts';
import type { Feedback } from '../../shared/feedback.ts';
import { errorAt, textErrorsOf } from './field-errors.ts';
import { canonicalLanguage, isLanguageTag } from './language-tag.ts';
import type { ProblemError } from './problem.ts';
import { errorsOf, firstOfEach, isPlainObject } from './schema-errors.ts';

const maxNoteCharacters = 2000;
const name = z.string().min(1).max(255);

/** null is accepted where a field may be left out. */
export const feedbackInputSchema = z.strictObject({
  outcome: outcomeSchema,
  label: z
    .strictObject({
      queryType: name.nullish(),
      tier: name.nullish(),
      language: z
        .string()
        .max(35)
        .refine(isLanguageTag, 'must be a BCP 47 language tag, such as en or pt-BR')
        .nullish(),
    })
    .nullish(),
  note: z.string().max(maxNoteCharacters).nullish(),
});
type FeedbackInput = z.infer<typeof feedbackInputSchema>;

export type ParsedFeedback =
  | { kind: 'ok'; feedback: Feedback }
  | { kind: 'invalid'; errors: readonly ProblemError[] };

/** Never throws for a JSON value; errors never quote what was sent. */
export function parseFeedback(value: unknown, config: Config): ParsedFeedback {
  if (!isPlainObject(value)) return invalid([{ pointer: '', detail: 'the body must be an object' }]);
  const parsed = feedbackInputSchema.safeParse(value);
  if (!parsed.success) return invalid(parsed.error.issues.flatMap((issue) => errorsOf(issue, value)));
  const { outcome, label, note } = parsed.data;
  const errors = [...textErrorsOf(value), ...labelErrors(label ?? {}, config)];
  if (errors.length > 0) return invalid(errors);
  return { kind: 'ok', feedback: { outcome, label: labelOf(label ?? {}), note: note?.trim() || null } };
}

type Label = NonNullable<FeedbackInput['label']>;

function labelOf(label: Label): Feedback['label'] {
  const { queryType = null, tier = null } = label;
  const language = canonicalLanguage(label.language ?? null);
  return queryType === null && tier === null && language === null ? null : { queryType, tier, language };
}

/** A label is learnt from: a name that nothing is called would teach nothing, and nobody would notice. */
function labelErrors(label: Label, { classifier, tiers }: Config): ProblemError[] {
  // `other` is what the classifier says where no query type fits.
  const known = {
    queryType: [...new Set([...Object.keys(classifier.queryTypes), 'other'])],
    tier: Object.keys(tiers),
  };
  return (['queryType', 'tier'] as const).flatMap((field) => {
    const given = label[field] ?? null;
    if (given === null || known[field].includes(given)) return [];
    return [errorAt(['label', field], `must be one of ${known[field].join(', ')}`)];
  });
}

const invalid = (errors: ProblemError[]): ParsedFeedback => ({
  kind: 'invalid',
  errors: firstOfEach(errors),
});
