/**
 * Tells `alerts.webhook` what is wrong, once, and when it is over. Every process looks; a lock keeps all but one idle at a
 * time, and its owner may die at any moment: what was told, and what is still to be sent, stands in Redis alone.
 */
import { randomBytes } from 'node:crypto';
import type { App, Running } from '../app.ts';
import { errorReporter } from '../log.ts';
import { redisTime } from '../redis.ts';
import { claimMessage, nextEntry, settleMessage } from './book.ts';
import type { AlertEntry, AlertMessage, Sight } from './book.ts';
import { idOf } from './condition.ts';
import type { Observed } from './condition.ts';
import { bodyOf } from './message.ts';
import { observe } from './observe.ts';
import { attemptMs, postAlert } from './post.ts';
import type { Receiver } from './post.ts';
import { createAlertStore } from './store.ts';
import type { AlertStore } from './store.ts';

const lookEveryMs = 2000;
const newId = (): string => `msg_alert_${randomBytes(12).toString('hex')}`;

export function startAlerts(app: App): Running {
  const store = createAlertStore(app.redis, app.prefix);
  const closing = new AbortController();
  const reportError = errorReporter(app.log, 'alerts.failed');
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const { alerts } = app.runtime().config;
    const url = alerts?.webhook ?? null;
    if (alerts === null || url === null || !(await store.lock(lookEveryMs - 100))) return;
    const receiver: Receiver = { ...alerts, webhook: url };
    await noteConditions(app, store, receiver);
    const ids = await store.ids();
    await Promise.all(ids.map((id) => sendDue(app, store, { id, receiver, signal: closing.signal })));
  };
  const tick = async (): Promise<void> => {
    try {
      await look();
    } catch (error) {
      reportError(error as Error);
    }
    if (closing.signal.aborted) return;
    timer = setTimeout(() => {
      running = tick();
    }, lookEveryMs);
  };
  running = tick();
  return {
    async close() {
      closing.abort();
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}

/** What each condition has come to since the last look. */
async function noteConditions(app: App, store: AlertStore, { quietMs }: Receiver): Promise<void> {
  const nowMs = await redisTime(app.redis);
  const observed = await observe(app, nowMs);
  const known = await store.ids();
  const found = new Map(observed.conditions.map((condition) => [idOf(condition), condition]));
  for (const id of new Set([...known, ...found.keys()])) {
    const sight = sightOf(id, found.get(id), { observed, known });
    const options = { nowMs, quietMs, newId };
    const { before, entry } = await store.update(id, (one) => ({ entry: nextEntry(one, sight, options) }));
    if (entry?.firing === true && before?.firing !== true) {
      const { kind, subject, severity } = entry.condition;
      app.log.warn({ condition: kind, subject, severity }, 'alert.raised');
    } else if (entry?.firing === false && before?.firing === true) {
      const { kind, subject } = entry.condition;
      app.log.info({ condition: kind, subject }, 'alert.resolved');
    }
  }
}

function sightOf(
  id: string,
  condition: Observed['conditions'][number] | undefined,
  { observed, known }: { observed: Observed; known: readonly string[] },
): Sight {
  if (condition !== undefined) {
    const isSaid = observed.saidBy.get(id)?.some((other) => known.includes(other)) === true;
    return isSaid ? { kind: 'unknown' } : { kind: 'holds', condition };
  }
  return observed.unknown.includes(id) ? { kind: 'unknown' } : { kind: 'gone' };
}

type Due = { id: string; receiver: Receiver; signal: AbortSignal };

/** Sends what is due of one condition, in order, until there is nothing or an attempt fails. */
async function sendDue(app: App, store: AlertStore, due: Due): Promise<void> {
  while (!due.signal.aborted) {
    const claimedMs = await redisTime(app.redis);
    const { message } = await store.update<{ entry: AlertEntry | null; message: AlertMessage | null }>(
      due.id,
      (one) =>
        (one && claimMessage(one, { nowMs: claimedMs, leaseMs: attemptMs })) ?? { entry: one, message: null },
    );
    if (message === null) return;
    const alert = {
      webhookId: message.webhookId,
      body: bodyOf(message, app.prefix),
      nowMs: claimedMs,
    };
    const posted = await postAlert(due.receiver, alert, due.signal);
    const nowMs = await redisTime(app.redis);
    const outcome =
      posted.kind === 'arrived' ? posted : { kind: posted.kind, nowMs, retryAfterMs: posted.retryAfterMs };
    await store.update(due.id, (one) => ({
      entry: one && settleMessage(one, message.webhookId, outcome),
    }));
    if (posted.kind === 'arrived') continue;
    const { status, reason } = posted;
    app.log.warn({ alert: due.id, status, reason, attempts: message.attempts }, 'alert.undelivered');
    return;
  }
}
