/** What may be asked of deliveries over HTTP. */
import { z } from 'zod';
import { deliveryStates } from '../../shared/deliveries.ts';
import { defaultReplayRate } from '../../shared/replay.ts';

const name = z.string().min(1).max(255);
const moment = z.iso.datetime({ offset: true, error: 'must be a time in ISO 8601 with an offset' });

const isCountTo =
  (most: number) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= most;

export const deliveryQuerySchema = z.strictObject({
  destination: name.optional(),
  state: z.enum(deliveryStates).optional(),
  since: moment.optional(),
  limit: z.coerce.number().refine(isCountTo(1000), 'must be a whole number from 1 to 1000').default(100),
});

/** One request goes over no more than this: it is answered when all have been looked at. */
const most = 10_000;

export const recoverInputSchema = z.strictObject({
  destination: name,
  since: moment.describe('Failed since then.'),
  dryRun: z.boolean().default(false).describe('Says what would become of them; changes nothing.'),
  rate: z
    .number()
    .refine((rate) => rate > 0 && rate <= 10_000, 'must be above 0 and at most 10000')
    .default(defaultReplayRate)
    .describe('At most so many a second.'),
  limit: z
    .number()
    .refine(isCountTo(most), `must be a whole number from 1 to ${most}`)
    .default(1000)
    .describe('The first that failed first.'),
});
