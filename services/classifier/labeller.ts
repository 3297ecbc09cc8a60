/** What is known about a ticket without asking anybody: language, flags, nearest query type. Built once per configuration. */
import type { Config } from '../../shared/config/schema.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { flagsOf } from './flags.ts';
import { cleanForDetection } from './language/clean.ts';
import { createLanguageDetector } from './language/detect.ts';
import { createNearestExamples } from './local.ts';
import { createClassifyPrompt } from './prompt.ts';
import type { ClassifyPrompt } from './prompt.ts';

export type LocalLabels = { queryType: string; confidence: number; language: string; flags: string[] };

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
      const text = [ticket.subject, cleanForDetection(ticket.body) || ticket.body].join('\n');
      const { queryType, confidence } = nearest(text, language);
      return { queryType, confidence, language, flags: flagsOf(ticket) };
    },
  };
}
