/** What is wrong with a system, and what to do about it. Pure. */
import type { StageStatus } from './stages.ts';
import type { SystemStatus } from './read-status.ts';

export type StatusFinding = {
  /** `wrong` needs somebody now; `notice` is worth knowing. */
  level: 'wrong' | 'notice';
  code:
    | 'nothing_runs'
    | 'no_worker'
    | 'too_old'
    | 'paused'
    | 'source_paused'
    | 'breaker_open'
    | 'dead_letters'
    | 'destination_disabled'
    | 'destination_failing'
    | 'configuration_refused'
    | 'configurations_differ'
    | 'configuration_elsewhere'
    | 'redis_unsafe'
    | 'unpriced_calls';
  /** What it is about: a tier, a queue, a source, a model, a destination. */
  subject: string;
  /** A sentence. */
  message: string;
  /** What to do, as a sentence; commands in it begin with `tierline`. */
  cure: string;
};

/** `version` is that of the configuration file that the asker sees. The worst first. */
export function findingsOf(status: SystemStatus, version: string): StatusFinding[] {
  const findings = [
    ...status.redis.findings.map(({ check, message, cure }): StatusFinding => ({
      level: 'wrong',
      code: 'redis_unsafe',
      subject: check,
      message,
      cure,
    })),
    ...processFindings(status, version),
    ...status.stages.flatMap((stage) => stageFindings(stage, status.processes.length > 0)),
    ...status.pausedSources.map((one) => pausedSourceFinding(one, Date.parse(status.at))),
    ...status.breakers.flatMap((breaker) => breakerFindings(breaker)),
    ...status.destinations.map((one) => destinationFinding(one, Date.parse(status.at))),
    ...ticketFindings(status),
  ];
  return [
    ...findings.filter(({ level }) => level === 'wrong'),
    ...findings.filter(({ level }) => level === 'notice'),
  ];
}

function processFindings({ processes, configuration }: SystemStatus, version: string): StatusFinding[] {
  if (processes.length === 0) {
    return [
      {
        level: 'wrong',
        code: 'nothing_runs',
        subject: 'processes',
        message: 'No process of this system is running.',
        cure: 'Start one: tierline start on this machine, or tierline run all. If it does run, check REDIS_URL and TIERLINE_PREFIX.',
      },
    ];
  }
  const findings: StatusFinding[] = [];
  const { refused, message, versions } = configuration;
  if (refused !== null) {
    findings.push({
      level: 'wrong',
      code: 'configuration_refused',
      subject: 'configuration',
      message: `A changed configuration was refused, and the last good one runs on: ${refused.problems[0] ?? 'it cannot be read'}`,
      cure: 'Mend the file, or put the old one back; tierline config check shows every problem.',
    });
  }
  if (message !== null) {
    findings.push({
      level: 'wrong',
      code: 'configurations_differ',
      subject: 'configuration',
      message: message.split(' If they are one system')[0] ?? message,
      cure: 'Give the processes of one system the same file, and two systems different values of TIERLINE_PREFIX.',
    });
  } else if (refused === null && !versions.some((one) => one.version === version)) {
    findings.push({
      level: 'notice',
      code: 'configuration_elsewhere',
      subject: 'configuration',
      message: `The file here (version ${version}) is not what runs (version ${versions[0]?.version}, ${versions[0]?.files[0]}).`,
      cure: 'Name the right file with --config or TIERLINE_CONFIG.',
    });
  }
  return findings;
}

/** How a process is started that works on the queue. */
function startOf({ queue, tier }: StageStatus): string {
  if (tier !== null) return `tierline run tier --tier ${tier}`;
  return queue === 'classify' ? 'tierline run classifier' : 'tierline run results';
}

function stageFindings(stage: StageStatus, anythingRuns: boolean): StatusFinding[] {
  const { queue, tier, sloSeconds, oldestAgeSeconds: age } = stage;
  const name = tier === null ? `Queue ${queue}` : `Tier ${tier}`;
  const waiting = stage.waiting + stage.backlog + stage.parked;
  const findings: StatusFinding[] = [];
  if (waiting > 0 && stage.workers === 0 && anythingRuns) {
    findings.push({
      level: 'wrong',
      code: 'no_worker',
      subject: queue,
      message: `${name} has ${countOf(waiting)} waiting and no process that works on it.`,
      cure: `Start one: ${startOf(stage)}`,
    });
  }
  if (stage.paused) {
    findings.push({
      level: waiting > 0 ? 'wrong' : 'notice',
      code: 'paused',
      subject: queue,
      message: `${name} is paused${waiting > 0 ? ` and ${countOf(waiting)} waiting; deadlines run meanwhile` : ''}.`,
      cure: `Go on: tierline queues resume ${queue}`,
    });
  } else if (stage.backlogPaused) {
    findings.push({
      level: 'notice',
      code: 'paused',
      subject: `${queue}.backlog`,
      message: `The backlog of ${name.toLowerCase()} is paused.`,
      cure: `Go on: tierline queues resume ${queue}.backlog`,
    });
  }
  if (sloSeconds !== null && age !== null && age > sloSeconds) {
    findings.push({
      level: 'wrong',
      code: 'too_old',
      subject: queue,
      message: `${name} is late: its oldest ticket has waited ${seconds(age)}, and its sloSeconds is ${sloSeconds}.`,
      cure: cureForAge(stage),
    });
  }
  return findings;
}

function pausedSourceFinding(
  { source, sinceMs, kept }: SystemStatus['pausedSources'][number],
  nowMs: number,
): StatusFinding {
  const since = `for ${seconds(Math.max(0, nowMs - sinceMs) / 1000)}`;
  return {
    level: 'notice',
    code: 'source_paused',
    subject: source,
    message: `Source ${source} has been paused ${since}: ${kept === 0 ? 'nothing of it waits' : `${countOf(kept)} of it ${kept === 1 ? 'is' : 'are'} kept`}, and nothing is delivered.`,
    cure: `Go on: tierline sources resume ${source}`,
  };
}

/** More workers help only where all slots are taken; a parked ticket waits for its provider. */
function cureForAge(stage: StageStatus): string {
  if (stage.paused || stage.workers === 0) return 'It goes down once the queue is worked on again.';
  if (stage.parked > 0 && stage.waiting === 0) {
    return `Its tickets are parked until a model can answer: tierline doctor says which cannot, and why.`;
  }
  return `Add slots: another ${startOf(stage)}, or more concurrency in its configuration.`;
}

function breakerFindings(gate: SystemStatus['breakers'][number]): StatusFinding[] {
  const { model, provider, state, scope, why, forced } = gate;
  const isForced = forced === 'open';
  if (state !== 'open' && state !== 'half-open') return [];
  const needsPerson = why === 'key' || why === 'quota' || why === 'unknown';
  const reason = isForced
    ? 'somebody opened it by hand'
    : why === 'key'
      ? `${provider} refuses the key`
      : why === 'quota'
        ? `the account at ${provider} has no quota or credit left`
        : why === 'unknown'
          ? `${provider} does not know it`
          : 'calls failed one after the other';
  const cure = isForced
    ? `Let it go on by itself: tierline breakers auto ${model}`
    : needsPerson
      ? 'tierline doctor names the fault and what to do.'
      : 'It closes by itself once a probe succeeds; tierline doctor tries the model now.';
  return [
    {
      level: isForced ? 'notice' : 'wrong',
      code: 'breaker_open',
      subject: model,
      message: `The breaker of model ${model} is open: ${reason}. ${scope === 'account' ? `All models of ${provider} are left alone; the` : 'The'} next model of each chain answers, or tickets wait.`,
      cure,
    },
  ];
}

function destinationFinding(
  { destination, standing, sinceMs }: SystemStatus['destinations'][number],
  nowMs: number,
): StatusFinding {
  const ageMs = Math.max(0, nowMs - sinceMs);
  const since = `for ${seconds(ageMs / 1000)}`;
  if (standing === 'disabled') {
    return {
      level: 'wrong',
      code: 'destination_disabled',
      subject: destination,
      message: `Destination ${destination} has been disabled ${since}: it answered 410. Its answers end dead, and are kept.`,
      cure: `Once it takes them again: tierline deliveries enable ${destination}, then tierline deliveries recover --destination ${destination} --since 1d`,
    };
  }
  return {
    // A short trouble of a receiver mends itself.
    level: ageMs < 60_000 ? 'notice' : 'wrong',
    code: 'destination_failing',
    subject: destination,
    message: `Nothing has got through to destination ${destination} ${since}: its deliveries wait, and one tries from time to time.`,
    cure: `Mend it; they go on by themselves. What went wrong: tierline deliveries list --destination ${destination} --state retrying`,
  };
}

function ticketFindings({ deadLetters, spend }: SystemStatus): StatusFinding[] {
  const findings: StatusFinding[] = [];
  if (deadLetters.held > 0) {
    findings.push({
      level: 'wrong',
      code: 'dead_letters',
      subject: 'dead letters',
      message: `${countOf(deadLetters.held)} held (${causesOf(deadLetters)}): nobody was answered, and nobody was told.`,
      cure: 'See them: tierline dead list --state dead. Once the cause is mended: tierline dead replay.',
    });
  }
  if (spend.unpricedCalls > 0) {
    findings.push({
      level: 'notice',
      code: 'unpriced_calls',
      subject: 'costs',
      message: `${spend.unpricedCalls === 1 ? 'One call' : `${spend.unpricedCalls} calls`} of today have no known cost and are in no sum.`,
      cure: 'Their responses reported no usage, or their model has no price: tierline doctor names those.',
    });
  }
  return findings;
}

const causesShown = 3;

function causesOf({ causes }: SystemStatus['deadLetters']): string {
  const shown = causes
    .slice(0, causesShown)
    .map(({ cause, count }) => (count === 1 ? cause : `${cause} ${count} times`));
  return causes.length > causesShown ? `${shown.join(', ')} and other causes` : shown.join(', ');
}

const countOf = (tickets: number): string => (tickets === 1 ? '1 ticket' : `${tickets} tickets`);

function seconds(amount: number): string {
  if (amount < 120) return `${Math.round(amount)} s`;
  return amount < 7200 ? `${Math.round(amount / 60)} min` : `${Math.round(amount / 3600)} h`;
}
