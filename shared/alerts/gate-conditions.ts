/** What the models' gates say about alerts. Pure. */
import { usableChain } from '../config/resolve.ts';
import type { Config } from '../config/schema.ts';
import type { GateStatus } from '../models/gate-state.ts';
import { idOf } from './condition.ts';
import type { Condition, ConditionKind, Observed } from './condition.ts';

const ofModel = ['model_unknown', 'breaker_open'] as const;
const ofAccount = ['key_refused', 'quota_exhausted', 'provider_down'] as const;
const untriedMs = 60_000;
const kindOfWhy = {
  unknown: 'model_unknown',
  failures: 'breaker_open',
  key: 'key_refused',
  quota: 'quota_exhausted',
  models: 'provider_down',
} as const;

/** What somebody opened by hand is no news to anybody. */
export function conditionsOfGates(config: Config, gates: readonly GateStatus[], nowMs: number): Observed {
  const found = new Map<string, Condition>();
  const observed: Observed = { conditions: [], unknown: [], saidBy: new Map() };
  for (const gate of gates) {
    const { model, provider, scope, why } = gate;
    if (scope === null || gate.forced === 'closed') continue;
    const [models, accounts] = [idsOf(ofModel, model), idsOf(ofAccount, provider)];
    // While the account is closed to all, nothing is heard of one model; an account's probe can fail in another way.
    if (scope === 'hand') observed.unknown.push(...models);
    if (scope !== 'model') observed.unknown.push(...models, ...accounts);
    if (why === null) continue;
    // Nobody has called it since it could be: it may be well again for long.
    if (gate.state === 'open' && (gate.untilMs ?? 0) + untriedMs < nowMs) {
      observed.unknown.push(...models, ...accounts);
      continue;
    }
    const kind = kindOfWhy[why];
    const subject = scope === 'account' ? provider : model;
    const condition: Condition = {
      kind,
      subject,
      sinceMs: gate.sinceMs,
      ...wordsFor(kind, gate, idleTiers(config, gates)),
    };
    found.set(idOf(condition), condition);
    const id = idOf(condition);
    if (kind === 'breaker_open') observed.saidBy.set(id, [...idsOf(['model_unknown'], model), ...accounts]);
    if (kind === 'provider_down')
      observed.saidBy.set(id, idsOf(['key_refused', 'quota_exhausted'], provider));
  }
  observed.conditions = [...found.values()];
  return observed;
}

const idsOf = (kinds: readonly ConditionKind[], subject: string): string[] =>
  kinds.map((kind) => idOf({ kind, subject }));

/** Tiers that have models, none of which can be called now. */
function idleTiers(config: Config, gates: readonly GateStatus[]): string[] {
  const closed = new Set(
    gates.filter(({ state }) => state === 'open' || state === 'half-open').map(({ model }) => model),
  );
  return Object.entries(config.tiers).flatMap(([name, tier]) => {
    const chain = usableChain(config, tier.models);
    return chain.length > 0 && chain.every((model) => closed.has(model)) ? [name] : [];
  });
}

type Words = Pick<Condition, 'severity' | 'title' | 'text'>;

function wordsFor(
  kind: (typeof ofModel | typeof ofAccount)[number],
  gate: GateStatus,
  idle: string[],
): Words {
  const { model, provider } = gate;
  const who =
    idle.length === 0
      ? 'Meanwhile the next model of each chain answers.'
      : `Nothing can answer ${idle.length === 1 ? 'tier' : 'tiers'} ${idle.join(', ')} now: those tickets wait, until their deadline.`;
  const severity = idle.length > 0 ? 'critical' : 'warning';
  switch (kind) {
    case 'breaker_open':
      return {
        severity,
        title: `Model ${model} is left alone: its calls fail`,
        text: `${who} It comes back by itself once a single probe succeeds. \`tierline doctor\` tries it now and names the fault.`,
      };
    case 'provider_down':
      return {
        severity,
        title: `Provider ${provider} is left alone: several of its models fail`,
        text: `${who} It comes back by itself once a single probe succeeds. Look at the provider's status page; \`tierline doctor\` tries it now.`,
      };
    case 'model_unknown':
      return {
        severity: 'critical',
        title: `Provider ${provider} does not know model ${model}`,
        text: `${who} Correct models.${model}.model in the configuration: a changed id is tried at once, the old one every 15 minutes.`,
      };
    case 'key_refused':
      return {
        severity: 'critical',
        title: `Provider ${provider} refuses the key`,
        text: `${who} Put a valid key where providers.${provider}.apiKey refers to: a file is read again by itself, an environment variable at a restart. A new key is tried at once, the old one every 15 minutes.`,
      };
    case 'quota_exhausted':
      return {
        severity: 'critical',
        title: `The account at provider ${provider} has no quota or credit left`,
        text: `${who} Top it up, or raise its limit, on the provider's site. A probe every 15 minutes finds out by itself.`,
      };
  }
  return kind satisfies never;
}
