/** The services as real processes: `node services/run.ts run <role…>`, killed, stopped, continued and started again. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

export type Member = {
  name: string;
  /** Resolves once the present process has started its roles. */
  started: () => Promise<void>;
  /** The intake's address, once the present process listens. */
  url: () => Promise<string>;
  /** Ends it with SIGKILL; resolves when it is gone. It stays away until `start`. */
  kill: () => Promise<void>;
  start: () => void;
  /** Sends SIGTERM, and SIGKILL to who is not gone after `patienceMs`, as a supervisor does; it stays away until `start`. */
  terminate: (patienceMs: number) => Promise<void>;
  /** Resolves when SIGSTOP has taken hold. */
  stop: () => Promise<void>;
  continue: () => void;
  /** Sends SIGHUP. */
  hangUp: () => void;
  /** The lines that it has written and that match. */
  lines: (pattern: RegExp) => string[];
  /** How many of the lines that it has written match. */
  wrote: (pattern: RegExp) => number;
};

/** `tier 2` is one of several that do the work of `tier`. */
export const roleOf = ({ name }: Pick<Member, 'name'>): string => name.replace(/ \d+$/, '');

export type Fleet = {
  add: (name: string, roles: readonly string[]) => Member;
  /** What a process wrote last, for a report. */
  lastLines: () => string;
  /** What all of them wrote that contains `text`, each line with its writer. */
  linesWith: (text: string) => string[];
  /** Processes that ended without having been killed, and log lines with text of a ticket: both are defects. */
  misbehaviour: string[];
  close: () => Promise<void>;
};

/**
 * The service takes the shell's place, so that the child's pid is the service's. The watcher reads from us until we send a
 * line; where we are gone without one, even by kill -9, it takes the service along. What ends a whole group, such as Ctrl-C,
 * must not end the watcher first.
 */
const launcher = `
exec 3<&0
(trap '' HUP INT TERM; read -r line <&3 || kill -KILL $$) >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
`;
const keptLines = 20_000;
const startsWithinMs = 60_000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** `textPattern` matches text that only tickets contain. */
export function createFleet(options: {
  projectFolder: string;
  environmentOf: (name: string) => Record<string, string>;
  textPattern: RegExp;
}): Fleet {
  const members: { member: Member; lines: string[] }[] = [];
  const misbehaviour: string[] = [];
  const add = (name: string, roles: readonly string[]): Member => {
    const lines: string[] = [];
    let child: Child;
    let url: string | null = null;
    let isStarted = false;
    let isOurKill = false;
    const read = (line: string): void => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      if (options.textPattern.test(line)) misbehaviour.push(`${name} logged text of a ticket: ${line}`);
      if (line.startsWith('ingest ')) url = line.slice('ingest '.length);
      if (line.includes('"process.started"')) isStarted = true;
    };
    const start = (): void => {
      [url, isStarted, isOurKill] = [null, false, false];
      child = launch(options.projectFolder, roles, options.environmentOf(name));
      for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on('line', read);
      const own = child;
      own.once('exit', (code, signal) => {
        own.stdin.end('over\n');
        if (own !== child || isOurKill) return;
        misbehaviour.push(`${name} ended by itself (${signal ?? code}): ${lines.slice(-5).join(' | ')}`);
        start();
      });
    };
    const becomes = (what: string, isTrue: () => boolean): Promise<void> =>
      until(`${name} ${what}`, isTrue, {
        withinMs: startsWithinMs,
        explain: () => lines.slice(-10).join('\n'),
      });
    start();
    /** Resolves when the present process is gone; its end is our doing. */
    const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
      isOurKill = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    };
    const member: Member = {
      name,
      started: () => becomes('has started', () => isStarted),
      async url() {
        await becomes('listens', () => url !== null);
        return url!;
      },
      kill: () => (isOurKill ? Promise.resolve() : end('SIGKILL')),
      start,
      async terminate(patienceMs) {
        const own = child;
        const timer = setTimeout(() => own.kill('SIGKILL'), patienceMs);
        await end('SIGTERM');
        clearTimeout(timer);
      },
      async stop() {
        child.kill('SIGSTOP');
        await becomes('has stopped', () => isStopped(child.pid!));
      },
      continue: () => void child.kill('SIGCONT'),
      hangUp: () => void child.kill('SIGHUP'),
      lines: (pattern) => lines.filter((line) => pattern.test(line)),
      wrote: (pattern) => lines.filter((line) => pattern.test(line)).length,
    };
    members.push({ member, lines });
    return member;
  };
  return {
    add,
    misbehaviour,
    lastLines: () =>
      members.map(({ member, lines }) => `${member.name}:\n${lines.slice(-10).join('\n')}`).join('\n'),
    linesWith: (text) =>
      members.flatMap(({ member, lines }) =>
        lines.filter((line) => line.includes(text)).map((line) => `${member.name}: ${line}`),
      ),
    close: async () => void (await Promise.all(members.map(({ member }) => member.kill()))),
  };
}

function launch(folder: string, roles: readonly string[], environment: Record<string, string>): Child {
  const service = [process.execPath, 'services/run.ts', 'run', ...roles];
  const child = spawn('/bin/sh', ['-c', launcher, 'sh', ...service], {
    cwd: folder,
    // Nothing of this process: what a tester happens to have set must not decide.
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // the watcher may be gone before the line that sends it home
  return child;
}

/** True where the kernel says so (Linux: proc(5), /proc/<pid>/stat, the field after the name). */
function isStopped(pid: number): boolean {
  return /^\d+ \(.*\) T /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
