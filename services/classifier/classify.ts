/** From an accepted ticket to its classification and its tier's queue. */
import type { App } from '../../shared/app.ts';
import type { Config } from '../../shared/config/schema.ts';
import { settleAbandoned, unclassified } from '../../shared/ledger/abandoned.ts';
import { firstAnswer, nothingTried } from '../../shared/models/chain.ts';
import type { Claim } from '../../shared/record/record.ts';
import type { Runtime } from '../../shared/runtime.ts';
import type { SettledRow } from '../../shared/record/ledger-rows.ts';
import { deadlineOf, impliedComplexity, routeOf, tierOf } from '../../shared/routing.ts';
import { classifyQueue, tierQueue } from '../../shared/stages.ts';
import { waitsForSource } from '../../shared/source-pauses.ts';
import type { Classification, Ticket } from '../../shared/ticket.ts';
import { readOwn } from '../../shared/stored-json.ts';
import { advanceTicket, giveUp } from '../../shared/transitions.ts';
import type { Stage } from '../../shared/work.ts';
import { countIgnored } from '../../shared/helpdesks/ignored-counts.ts';
import type { IgnoredReason } from '../../shared/helpdesks/loop-guard.ts';
import { isSelected } from '../../shared/helpdesks/selection.ts';
import { readTicket } from './read-ticket.ts';
import type { DeskOf } from './read-ticket.ts';
import type { Labeller, LocalLabels } from './labeller.ts';
import type { ModelLabels } from './prompt.ts';

const fields = ['tk', 'at', 'pr'] as const;

type LabellerOf = (runtime: Runtime) => Labeller | Promise<Labeller>;
/** What the labels of a ticket are made with: all of it of one configuration. */
type Made = { runtime: Runtime; labeller: Labeller };

/** `deskOf`: where the text of a ticket is read that its helpdesk told only the arrival of. */
export function classifyStage(
  app: App,
  labellerOf: LabellerOf,
  deskOf: DeskOf = () => null,
): Stage<(typeof fields)[number]> {
  return {
    state: 'classify',
    fields,
    work: (claim, signal, runtime) => classifyTicket(app, { runtime, labellerOf, deskOf }, claim, signal),
  };
}

/** A helpdesk that cannot be read now is asked again after this. */
const readAgainMs = 10_000;

/** The whole ticket; null where it went another way. */
async function wholeTicket(
  app: App,
  { runtime, deskOf, signal }: { runtime: Runtime; deskOf: DeskOf; signal: AbortSignal },
  claim: Claim<(typeof fields)[number]>,
  told: Ticket,
): Promise<Ticket | null> {
  if (await waitsForSource(app, claim, told.source)) return null;
  const { ticketId } = claim;
  const speaksForOthers = (claim.fields.pr ?? '') !== '';
  if (!told.isUnread) {
    const source = runtime.config.sources[told.source];
    // Webhooks were asked at the door. A question that waits for this one's answer is not left out with it.
    if (source === undefined || speaksForOthers || isSelected(source, told)) return told;
    await skip(app, claim, told.source, 'not_selected');
    return null;
  }
  const asked = { ticket: told, speaksForOthers };
  const read = await readTicket(deskOf(runtime, told.source), runtime, asked, signal);
  if (read.kind === 'read') return read.ticket;
  if (read.kind === 'ignored') {
    await skip(app, claim, told.source, read.reason);
    return null;
  }
  const { retryAfterMs, isRetryable, reason } = read.failure;
  app.log.warn({ ticketId, source: told.source, reason }, 'ticket.unread');
  // As long as any ticket may wait for its answer: people can still read it then.
  const acceptedAt = Number(claim.fields.at);
  const pausedMs = (await app.pauses.book()).pausedMs(told.source, acceptedAt, claim.now);
  const isLate = app.now() - acceptedAt - pausedMs > longestDeadlineMs(runtime.config);
  if (!isRetryable || isLate) {
    await giveUp(app, claim, { cause: 'unreadable', queue: classifyQueue(told.lane) });
  } else {
    await app.record.park(claim, { delayMs: retryAfterMs ?? readAgainMs, reason });
  }
  return null;
}

async function skip(
  app: App,
  claim: Claim<(typeof fields)[number]>,
  source: string,
  reason: IgnoredReason,
): Promise<void> {
  await countIgnored(app, source, reason);
  await advanceTicket(app, claim, { state: 'skipped', queue: null }, { detail: reason });
  app.log.info({ ticketId: claim.ticketId, source, reason }, 'ticket.skipped');
}

const longestDeadlineMs = ({ tiers }: Config): number =>
  Math.max(...Object.values(tiers).map(({ deadlineMs }) => deadlineMs));

async function classifyTicket(
  app: App,
  { runtime, labellerOf, deskOf }: { runtime: Runtime; labellerOf: LabellerOf; deskOf: DeskOf },
  claim: Claim<(typeof fields)[number]>,
  signal: AbortSignal,
): Promise<void> {
  await settleAbandoned(app, claim, unclassified);
  // Before anything of the ticket is read: that may be what fails.
  if (claim.poisoned) return giveUp(app, claim, { cause: 'poison', queue: classifyQueue('live') });
  const { config } = runtime;
  const told = readOwn(claim.fields.tk) as Ticket;
  if (claim.withPeople) {
    return giveUp(app, claim, { cause: 'with_people', queue: classifyQueue(told.lane) });
  }
  const ticket = await wholeTicket(app, { runtime, deskOf, signal }, claim, told);
  if (ticket === null) return;

  const labeller = await labellerOf(runtime);
  const local = labeller.label(ticket);
  const labelled = isSure(config, local)
    ? null
    : await askModels(app, { runtime, labeller }, claim, { ticket, local, signal });
  if (labelled?.kind === 'lost') return;
  if (labelled?.kind === 'aborted') {
    await app.record.park(claim, { delayMs: 0, reason: 'interrupted' });
    return;
  }
  const classification = conclude(
    config,
    ticket,
    local,
    labelled?.kind === 'answer' ? labelled.labels : null,
  );
  const acceptedAt = Number(claim.fields.at);
  const rows = labelled?.kind === 'answer' ? [rowFor(labelled, classification)] : [];
  await advanceTicket(
    app,
    claim,
    { state: 'answer', queue: tierQueue(classification.tier, ticket.lane) },
    {
      fields: {
        ...(ticket === told ? {} : { tk: JSON.stringify(ticket) }),
        cls: JSON.stringify(classification),
        dl: deadlineOf(config, classification.tier, ticket.lane, acceptedAt),
      },
      detail: `${classification.tier} by ${classification.decidedBy}`,
      rows,
    },
  );
  const { tier, queryType, language, decidedBy, confidence } = classification;
  const ms = app.now() - claim.now;
  app.log.info(
    { ticketId: claim.ticketId, tier, queryType, language, decidedBy, confidence, ms },
    'ticket.classified',
  );
}

/** The local classifier decides alone only above the accepted confidence; `auto` promises nothing before it is trained. */
function isSure(config: Config, local: LocalLabels): boolean {
  const { enabled, acceptConfidence } = config.classifier.local;
  return enabled && acceptConfidence !== 'auto' && local.nearest().confidence >= acceptConfidence;
}

/** A small model's stated confidence is worth nothing; this is what one is trusted with until audits say better. */
const modelConfidence = 0.9;

/** Pure: everything known about the ticket becomes its one classification. */
export function conclude(
  config: Config,
  ticket: Ticket,
  local: LocalLabels,
  labels: ModelLabels | null,
): Classification {
  const language = ticket.language ?? (local.language === 'und' && labels ? labels.language : local.language);
  const { queryType, confidence } = labels
    ? { queryType: labels.queryType, confidence: modelConfidence }
    : local.nearest();
  const signals = {
    queryType,
    language: primaryTag(language),
    flags: local.flags,
    // Nobody's confidence is known to more digits.
    confidence: Math.round(confidence * 1000) / 1000,
  };
  const tier = tierOf(config, { ...signals, complexity: labels?.complexity ?? 0 }, labels !== null);
  const complexity = labels?.complexity ?? impliedComplexity(config, tier);
  const classification: Classification = {
    ...signals,
    complexity,
    tier,
    decidedBy: labels ? 'model' : 'local',
  };
  return { ...classification, tier: routeOf(config, { ticket, classification }).tier };
}

const primaryTag = (language: string): string => language.split('-')[0]!.toLowerCase();

type Labelled =
  | { kind: 'answer'; labels: ModelLabels; row: SettledRow }
  | { kind: 'none' }
  | { kind: 'aborted' | 'lost' };

/** The classifier's chain. A model that cannot be had right now is no reason to wait: the local labels are the floor. */
async function askModels(
  app: App,
  { runtime, labeller }: Made,
  claim: Claim<(typeof fields)[number]>,
  context: { ticket: Ticket; local: LocalLabels; signal: AbortSignal },
): Promise<Labelled> {
  const models = runtime
    .usableModels(runtime.config.classifier.models)
    .filter((model) => model.chat.settings.provider.api !== 'house');
  if (models.length === 0) return { kind: 'none' };
  const request = labeller.prompt.request(context.ticket);
  const result = await firstAnswer(app, claim, {
    models,
    request: () => request,
    accept: (answer) => labeller.prompt.parse(answer.text),
    purpose: 'classify',
    cell: { ...unclassified, language: context.local.language },
    signal: context.signal,
    tried: nothingTried,
  });
  if (result.kind === 'lost' || result.kind === 'aborted') return result;
  if (result.kind !== 'answer') return { kind: 'none' };
  const cell = {
    model: result.model.name,
    queryType: '',
    language: '',
    tier: '',
    purpose: 'classify' as const,
  };
  return {
    kind: 'answer',
    labels: result.value,
    row: { number: result.number, row: result.row, cell, fault: null, countsTicket: false },
  };
}

/** The money of a classification is booked where the ticket turned out to belong. */
function rowFor(labelled: { row: SettledRow }, { queryType, language, tier }: Classification): SettledRow {
  return { ...labelled.row, cell: { ...labelled.row.cell, queryType, language, tier } };
}
