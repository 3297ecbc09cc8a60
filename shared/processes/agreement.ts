/** Whether all processes of a system run one configuration. Pure. */
import type { ProcessInfo } from './list.ts';

export type Agreement = {
  /** What most processes run; null where nothing runs. */
  version: string | null;
  /** All run one version. */
  agreed: boolean;
  /** Most processes first. */
  versions: { version: string; processes: number; hosts: string[]; files: string[] }[];
  /** The newest file that some process did not take up. */
  refused: { at: string; problems: string[] } | null;
  /** What is wrong and what to do about it; null while they agree, and while a change may still be on its way. */
  message: string | null;
};

/** As long as a change may take to reach every process without anybody being told. */
const graceMs = 10_000;

/** `nowMs` since the epoch. `prefix` is for the message. */
export function agreementOf(processes: readonly ProcessInfo[], nowMs: number, prefix: string): Agreement {
  const groups = Map.groupBy(processes, ({ config }) => config.version);
  const versions = [...groups]
    .map(([version, group]) => ({
      version,
      processes: group.length,
      hosts: [...new Set(group.map(({ host }) => host))].sort(),
      files: [...new Set(group.map(({ config }) => config.file))].sort(),
    }))
    .sort((one, other) => other.processes - one.processes);
  const refusals = processes.flatMap(({ config }) => config.refused ?? []);
  const newest = Math.max(...processes.map(({ config }) => Date.parse(config.since)));
  const agreed = versions.length <= 1;
  return {
    version: versions[0]?.version ?? null,
    agreed,
    versions,
    refused: refusals.sort((one, other) => other.at.localeCompare(one.at))[0] ?? null,
    message: agreed || nowMs - newest < graceMs ? null : explain(versions, refusals.length > 0, prefix),
  };
}

function explain(versions: Agreement['versions'], hasRefused: boolean, prefix: string): string {
  const each = versions.map(
    ({ version, processes, hosts, files }) =>
      `version ${version} (${files.join(', ')}) in ${count(processes)} on ${hosts.join(', ')}`,
  );
  const refused = hasRefused
    ? ' At least one process refused a newer file: mend that file, or put the old one back.'
    : '';
  return (
    `The processes on key prefix "${prefix}" run different configurations: ${each.join('; ')}.${refused}` +
    ' If they are one system, give them all the same file, and restart those that do not take it up.' +
    ' If they are two systems, give one of them another TIERLINE_PREFIX or another Redis.'
  );
}

const count = (processes: number): string => (processes === 1 ? '1 process' : `${processes} processes`);
