/** Runs the command line as people do: as a process, in a pipe or on a terminal of a given width. */
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const main = path.join(projectRoot, 'services/cli/main.ts');

export type Ended = { code: number; stdout: string; stderr: string };
type Env = Record<string, string | undefined>;

/** Of this process, without what would decide for the command how it looks or what it talks to. */
function environment(env: Env): NodeJS.ProcessEnv {
  const cleared = {
    NO_COLOR: undefined,
    FORCE_COLOR: undefined,
    NODE_TEST_CONTEXT: undefined,
    LOG_LEVEL: undefined,
    // On a CI machine Node shows no colours, whatever the terminal is.
    CI: undefined,
  };
  const wanted = Object.entries({ ...process.env, ...cleared, ...env });
  return Object.fromEntries(wanted.filter(([, value]) => value !== undefined));
}

const patienceMs = 60_000;

/** `tierline <args>` with its output in pipes. */
export function tierline(args: readonly string[], env: Env): Promise<Ended> {
  return runFile(process.execPath, [main, ...args], env);
}

/** Any program of the project, from its folder; ends it after a minute. */
export function runFile(file: string, args: readonly string[], env: Env): Promise<Ended> {
  return new Promise((resolve) => {
    const options = {
      env: environment(env),
      cwd: projectRoot,
      timeout: patienceMs,
      maxBuffer: 16 * 1024 * 1024,
    };
    execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** `tierline <args>` on a terminal of `columns`; stdout and stderr come together there, as people see them. */
export async function onTerminal(columns: number, args: readonly string[], env: Env): Promise<string> {
  const quoted = [process.execPath, main, ...args].map((part) => `'${part}'`).join(' ');
  const command = `stty cols ${columns} rows 50; ${quoted}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: environment({ TERM: 'xterm-256color', ...env }),
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return text.replaceAll('\r\n', '\n');
}

export type Process = {
  /** What it has written so far, both outputs. */
  output: () => string;
  /** Resolves with the match once the output has it. */
  until: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** SIGTERM; resolves with its exit code. */
  stop: () => Promise<number | null>;
};

/** A program of the project that stays up, such as `./tierline run all`. */
export function startProcess(file: string, args: readonly string[], env: Env): Process {
  const child = spawn(file, args, {
    env: environment(env),
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let hasEnded = false;
  const hear = (chunk: string): void => {
    text += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      hasEnded = true;
      resolve(code);
    });
  });
  return {
    output: () => text,
    async until(pattern) {
      for (const giveUpAt = Date.now() + patienceMs; ;) {
        const match = pattern.exec(text);
        if (match) return match;
        if (hasEnded || Date.now() > giveUpAt) throw new Error(`${pattern} did not come:\n${text}`);
        await Promise.race([ended, sleep(20)]);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
