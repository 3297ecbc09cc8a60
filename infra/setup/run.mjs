import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { Interrupted, SetupError } from './say.mjs';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const echoMs = 500;
const excerptLines = 8;

/** The code a shell would report: the child's own, or 128 + the number of the signal that ended it. */
export function exitCodeOf({ code, signal }) {
  return signal === null ? code : 128 + constants.signals[signal];
}

/**
 * Passes signals on to the child, so that stopping this process stops the work; remembers the last one. Two things would
 * make one wish to stop look like two, of which the second means "at once": a terminal's Ctrl-C or hang-up already reaches
 * every process in the foreground, and npm repeats to its scripts what they may have been sent along with it.
 */
function forwardSignals(child) {
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const lastAt = new Map();
  let received = null;
  const handlers = forwarded.map((signal) => {
    const handler = () => {
      const isEcho = Date.now() - (lastAt.get(signal) ?? 0) < echoMs;
      lastAt.set(signal, Date.now());
      received = signal;
      if (!isEcho && !(hasTerminal && signal !== 'SIGTERM')) child.kill(signal);
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  return {
    received: () => received,
    stop: () => handlers.forEach(([signal, handler]) => process.off(signal, handler)),
  };
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    const signals = forwardSignals(child);
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => {
      signals.stop();
      reject(
        error.code === 'ENOENT'
          ? new SetupError(`${command} was not found; is it installed and on the PATH?`)
          : error,
      );
    });
    child.on('close', (code, signal) => {
      signals.stop();
      resolve({ code, signal, received: signals.received(), output: Buffer.concat(output).toString() });
    });
  });
}

/** Runs the job that was asked for on this terminal and resolves with its exit code. */
export async function runJob(command, args, { cwd, env }) {
  return exitCodeOf(await run(command, args, { cwd, env, stdio: 'inherit' }));
}

/** The beginning and the end: npm says first what went wrong, apt-get says it last. */
function excerpt(output) {
  const lines = output.trim().split('\n');
  if (lines.length <= 2 * excerptLines) return lines.join('\n');
  return [...lines.slice(0, excerptLines), '…', ...lines.slice(-excerptLines)].join('\n');
}

/** Runs a tool without showing what it says; where it fails, `output` is what is worth showing of it. */
export async function runQuietly(command, args, { cwd, env } = {}) {
  const ended = await run(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (ended.received !== null) throw new Interrupted(ended.received);
  return { isOk: ended.code === 0, output: excerpt(ended.output) };
}
