/** The demo's tickets: those of the sample shop, again and again with other numbers, and what a model makes of each. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TierlineError } from '../../shared/errors.ts';
import { chanceOf, shuffled } from './chance.ts';
import { spreadTiers, tierNames } from './mix.ts';
import type { Mix, TierName } from './mix.ts';

const sampleSchema = z.object({
  ticket: z.object({
    subject: z.string().default(''),
    body: z.string(),
    requester: z.object({ email: z.string().optional(), name: z.string().optional() }).default({}),
  }),
  expect: z.object({ queryType: z.string(), tier: z.string(), language: z.string() }),
});
type Sample = z.infer<typeof sampleSchema>;

/** When a ticket is posted: in the backlog, while the main provider is down, after it has come back. */
export type Chapter = 'backlog' | 'outage' | 'after';

export type DemoTicket = {
  /** Unique; stands in the subject as `[#100001]`, which is how the simulated providers know the ticket again. */
  number: number;
  chapter: Chapter;
  /** What the simulated small model says about it. */
  labels: { queryType: string; complexity: number; language: string };
  /** The tier that follows from that. */
  tier: TierName;
  /** The providers' content filters refuse it. */
  isThreat: boolean;
  subject: string;
  body: string;
  requester: Sample['ticket']['requester'];
};

const firstNumber = 100_001;
/** Shares of the tickets that come in the chapters after the backlog. */
const outageShare = 0.2;
const afterShare = 0.2;
/** A small model that is not sure says "hard" rather than "easy", and that costs money. */
const overratedShare = 0.05;
/** Every so many-th standard ticket threatens somebody. None does during the outage: those could only wait for its end. */
const threatEvery = 15;
const threat = 'If nobody calls me today, I will come to your shop, and then somebody gets hurt. I mean it.';

const complexityFrom: Record<TierName, number> = { simple: 0.05, standard: 0.4, complex: 0.75 };
const complexityBand = 0.2;

const samplesFile = new URL('../../infra/sample-shop/tickets.jsonl', import.meta.url);

export async function readSamples(): Promise<Sample[]> {
  const lines = (await readFile(samplesFile, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => sampleSchema.parse(JSON.parse(line)));
}

/** The same tickets for the same samples and options, in the order in which they are posted. */
export function makeTickets(
  samples: readonly Sample[],
  options: { count: number; mix: Mix; seed: number },
): DemoTicket[] {
  const { count, mix, seed } = options;
  const outageFrom = count - Math.round(count * outageShare) - Math.round(count * afterShare);
  const afterFrom = count - Math.round(count * afterShare);
  const draw = drawerOf(samples, seed);
  let standards = 0;
  return spreadTiers(mix, count).map((tier, index) => {
    const chapter = index < outageFrom ? 'backlog' : index < afterFrom ? 'outage' : 'after';
    if (tier === 'standard') standards += 1;
    const isThreat = tier === 'standard' && chapter !== 'outage' && standards % threatEvery === 0;
    const number = firstNumber + index;
    const sample = draw(tier, isThreat);
    return {
      number,
      chapter,
      isThreat,
      ...fill(sample, { number, seed, isThreat }),
      ...judge(sample, number, seed),
    };
  });
}

/** Each sample of a tier is used as often as the others; the order changes from round to round. */
function drawerOf(samples: readonly Sample[], seed: number) {
  const drawn = new Map<string, Sample[]>();
  let rounds = 0;
  return (tier: TierName, isThreat: boolean): Sample => {
    const name = isThreat ? 'threat' : tier;
    let left = drawn.get(name) ?? [];
    if (left.length === 0) {
      rounds += 1;
      left = shuffled(poolOf(samples, tier, isThreat), seed, `${name} ${rounds}`);
      drawn.set(name, left);
    }
    return left.pop()!;
  };
}

function poolOf(samples: readonly Sample[], tier: TierName, isThreat: boolean): Sample[] {
  const ofTier = samples.filter(({ expect }) => expect.tier === tier);
  if (ofTier.length === 0) {
    throw new TierlineError(
      'no_samples',
      `infra/sample-shop/tickets.jsonl has no ticket of the tier "${tier}"`,
    );
  }
  const english = ofTier.filter(({ expect }) => expect.queryType === 'complaint' && expect.language === 'en');
  return isThreat && english.length > 0 ? english : ofTier;
}

function fill(
  sample: Sample,
  { number, seed, isThreat }: { number: number; seed: number; isThreat: boolean },
) {
  const { subject, body, requester } = sample.ticket;
  let place = 0;
  const otherNumbers = (text: string): string =>
    text.replace(/\d{4,}/g, (digits) => {
      place += 1;
      const low = 10 ** (digits.length - 1);
      return String(low + Math.floor(chanceOf(seed, 'digits', number, place) * 9 * low));
    });
  return {
    subject: `${otherNumbers(subject)} [#${number}]`.trim(),
    body: `${otherNumbers(body)}${isThreat ? `\n\n${threat}` : ''}`,
    requester: {
      ...requester,
      ...(requester.email === undefined ? {} : { email: requester.email.replace('@', `.${number}@`) }),
    },
  };
}

function judge({ expect }: Sample, number: number, seed: number): Pick<DemoTicket, 'labels' | 'tier'> {
  const right = tierNames.findIndex((tier) => tier === expect.tier);
  const isOverrated = chanceOf(seed, 'overrated', number) < overratedShare;
  const tier = tierNames[Math.min(right + Number(isOverrated), tierNames.length - 1)]!;
  const complexity = complexityFrom[tier] + complexityBand * chanceOf(seed, 'complexity', number);
  const { queryType, language } = expect;
  return { tier, labels: { queryType, language, complexity: Math.round(complexity * 100) / 100 } };
}
