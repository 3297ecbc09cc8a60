/** Who gets the replies: a webhook receiver on loopback that verifies every signature and counts every id once. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { TierlineError } from '../../shared/errors.ts';
import { verifyWebhook } from '../../shared/standard-webhooks.ts';
import { chanceOf } from './chance.ts';

/** The part of a delivered body that the demo looks at. */
const bodySchema = z.object({
  type: z.enum(['ticket.reply', 'ticket.draft', 'ticket.handoff']),
  data: z.object({
    externalId: z.string(),
    reason: z.string().optional(),
    classification: z.object({ tier: z.string() }).nullable(),
    model: z.string().nullable(),
    failovers: z.number(),
  }),
});

export type Received = z.infer<typeof bodySchema> & { webhookId: string; atMs: number };

export type Receiver = {
  url: string;
  /** By webhook id: the first delivery of each that was taken. */
  taken: Map<string, Received>;
  counts: { deliveries: number; refused: number; repeated: number; unverified: number };
  /**
   * Resolves once so many ids have been taken. @throws TierlineError `demo_stuck` where none came for `patienceMs`, or the
   * signal's reason.
   */
  until: (ids: number, wait: { signal: AbortSignal; patienceMs: number }) => Promise<void>;
  close: () => Promise<void>;
};

/** The share of replies that are answered with 503 the first time, as by a receiver that is just being restarted. */
const refusedShare = 0.03;

export async function startReceiver(options: { secret: string; seed: number }): Promise<Receiver> {
  const taken = new Map<string, Received>();
  const seen = new Set<string>();
  const counts = { deliveries: 0, refused: 0, repeated: 0, unverified: 0 };
  const waiting = new Set<() => void>();

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const rawBody = Buffer.concat(chunks);
    const nowMs = Date.now();
    counts.deliveries += 1;
    const verified = verifyWebhook({ headers: request.headers, rawBody, secrets: [options.secret], nowMs });
    if (verified.kind === 'rejected') {
      counts.unverified += 1;
      return void response.writeHead(401).end();
    }
    const body = bodySchema.parse(JSON.parse(rawBody.toString('utf8')));
    const isFirst = !seen.has(verified.id);
    seen.add(verified.id);
    if (isFirst && chanceOf(options.seed, 'receiver', body.data.externalId) < refusedShare) {
      counts.refused += 1;
      return void response.writeHead(503).end();
    }
    if (taken.has(verified.id)) counts.repeated += 1;
    else taken.set(verified.id, { ...body, webhookId: verified.id, atMs: nowMs });
    response.writeHead(204).end();
    for (const look of waiting) look();
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/replies`,
    taken,
    counts,
    until: (ids, wait) => until(ids, { ...wait, taken, waiting }),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Waiting = {
  signal: AbortSignal;
  patienceMs: number;
  taken: Receiver['taken'];
  waiting: Set<() => void>;
};

async function until(ids: number, { signal, patienceMs, taken, waiting }: Waiting): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(stuckAt(taken.size, ids)), patienceMs);
  const look = (): void => {
    timer.refresh();
    if (taken.size >= ids) resolve();
  };
  const abort = (): void => reject(signal.reason as Error);
  waiting.add(look);
  signal.addEventListener('abort', abort, { once: true });
  look();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    waiting.delete(look);
    signal.removeEventListener('abort', abort);
  }
}

function stuckAt(taken: number, expected: number): TierlineError {
  return new TierlineError(
    'demo_stuck',
    `The demo waits for ${expected} answers and has ${taken}. Run it again; LOG_LEVEL=info shows what happens inside.`,
  );
}
