/** What is known about a ticket without asking anybody: language, flags, nearest query type. Built once per configuration. */
import type { Config } from '../../shared/config/schema.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { flagsOf } from './flags.ts';
import { createLanguageDetector } from '../../shared/language/detect.ts';
import { createNearestExamples } from './local.ts';
import { newText } from './new-text.ts';
import { createClassifyPrompt } from './prompt.ts';
import type { ClassifyPrompt } from './prompt.ts';

export type LocalLabels = {
  language: string;
  flags: string[];
  /** The query type by the nearest examples; computed when asked for, since a model may make it needless. */
  nearest: () => { queryType: string; confidence: number };
};

export type Labeller = {
  label: (ticket: Pick<Ticket, 'subject' | 'body' | 'language'>) => LocalLabels;
  prompt: ClassifyPrompt;
};

export async function createLabeller(config: Config): Promise<Labeller> {
  const detect = await createLanguageDetector({
    languages: config.classifier.languages.length > 0 ? config.classifier.languages : null,
  });
  const nearest = createNearestExamples(config.classifier.queryTypes);
  return {
    prompt: createClassifyPrompt(config),
    label(ticket) {
      const { language } = detect({ subject: ticket.subject, body: ticket.body, hint: ticket.language });
      return {
        language,
        flags: flagsOf(ticket),
        nearest: () => nearest(`${ticket.subject}\n${newText(ticket.body)}`, language),
      };
    },
  };
}
