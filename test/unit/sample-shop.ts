/** The sample shop as the tests read it: tickets with what is expected of them, and what the shipped system makes of each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { conclude } from '../../services/classifier/classify.ts';
import { createLabeller } from '../../services/classifier/labeller.ts';
import { questionOf } from '../../services/tier-worker/prompt.ts';
import { loadConfig } from '../../shared/config/load.ts';
import type { Config } from '../../shared/config/schema.ts';
import { loadKnowledge } from '../../shared/knowledge/load-knowledge.ts';
import type { ChatModel } from '../../shared/models/chat.ts';
import { createHouseModel } from '../../shared/models/house.ts';
import type { Classification, Ticket } from '../../shared/ticket.ts';
import { modelSettings } from '../fakes/model-settings.ts';

export const shopFolder = fileURLToPath(new URL('../../infra/sample-shop/', import.meta.url));

/** What is sent is in `ticket` alone. `article` is the one that answers; null: it is for people. */
const sampleSchema = z.strictObject({
  ticket: z.strictObject({
    externalId: z.string().regex(/^sample-\d{3}$/),
    subject: z.string(),
    body: z.string().min(1),
    requester: z.strictObject({ email: z.email(), name: z.string() }),
    language: z.null(),
  }),
  expect: z.strictObject({
    queryType: z.string(),
    tier: z.string(),
    language: z.string(),
    article: z.string().nullable(),
  }),
});
export type Sample = z.infer<typeof sampleSchema>;

const linesOf = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

export const samples = linesOf(join(shopFolder, 'tickets.jsonl')).map((line) => sampleSchema.parse(line));

/** Short questions that the articles were not written for, in the same form. */
export const otherQuestions: Sample[] = linesOf(
  fileURLToPath(new URL('../fixtures/house-questions.jsonl', import.meta.url)),
).map((line, index) => {
  const schema = z.object({ text: z.string(), ...sampleSchema.shape.expect.omit({ tier: true }).shape });
  const { text, ...expect } = schema.parse(line);
  return {
    ticket: {
      externalId: `question-${index + 1}`,
      subject: '',
      body: text,
      requester: { email: 'a@customer.example', name: '' },
      language: null,
    },
    expect: { ...expect, tier: '' },
  };
});

export const knowledge = loadKnowledge(join(shopFolder, 'articles'));
export const house: ChatModel = createHouseModel(
  modelSettings('openai', '', { name: 'house', provider: { name: 'house', api: 'house', needsKey: false } }),
  knowledge,
);

function shippedConfig(): Config {
  const file = fileURLToPath(new URL('../../tierline.yaml', import.meta.url));
  const loaded = loadConfig({ file, env: {} });
  if (loaded.kind === 'invalid') throw new Error('tierline.yaml is not valid');
  return loaded.config;
}
export const config = shippedConfig();
const labeller = await createLabeller(config);

export const ticketOf = ({ ticket }: Sample): Ticket => ({
  ...ticket,
  source: 'shop-api',
  conversationId: ticket.externalId,
  messageId: null,
  createdAt: '2026-11-22T10:00:00.000Z',
  tags: [],
  priority: 'normal',
  lane: 'live',
  history: [],
  metadata: {},
});

/** As shipped, without any model; `routes` are left out where only the classification itself is asked for. */
export function classify(sample: Sample, options: { routes: boolean }): Classification {
  const ticket = ticketOf(sample);
  const used = options.routes ? config : { ...config, routes: [] };
  return conclude(used, ticket, labeller.label(ticket), null);
}

/** The id of the article that the house answers with; null where it has no answer. */
async function articleFor(sample: Sample): Promise<string | null> {
  const ticket = ticketOf(sample);
  const question = questionOf({ ticket, classification: classify(sample, { routes: true }), earlier: [] });
  const outcome = await house.call(
    { system: '', user: '', maxOutputTokens: 800, stream: true, question },
    new AbortController().signal,
  );
  if (outcome.kind === 'failure') return null;
  return outcome.sources[0]?.path.split('.')[0] ?? null;
}

export type Picks = {
  /** Share of the questions with an article that get it. */
  right: number;
  /** Share of them that get another one. */
  wrong: number;
  /** Share of the questions without an article that get none. */
  refused: number;
  /** One line for each that is not as expected. */
  misses: string[];
};

export async function picksOf(set: readonly Sample[]): Promise<Picks> {
  let [right, wrong, refused, answerable] = [0, 0, 0, 0];
  const misses: string[] = [];
  for (const sample of set) {
    const got = await articleFor(sample);
    const { article, language } = sample.expect;
    if (article !== null) answerable += 1;
    if (got === article) {
      if (article === null) refused += 1;
      else right += 1;
      continue;
    }
    if (article !== null && got !== null) wrong += 1;
    misses.push(
      `${sample.ticket.externalId} (${language}): ${got ?? 'none'} instead of ${article ?? 'none'}`,
    );
  }
  return {
    right: right / answerable,
    wrong: wrong / answerable,
    refused: refused / (set.length - answerable),
    misses,
  };
}
