import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './say.mjs';

const pollMs = 100;
const unreadableForMs = 10_000;

/** The start time in /proc tells a process from a later one that was given the same number. */
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[19];
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Who holds a turn: a pid while its process lives, null once it is over, undefined where the file is gone. */
function ownerOf(file) {
  try {
    const [pid, start] = readFileSync(file, 'utf8').split(' ');
    if (pid === 'done') return null;
    // Created, but not written yet; whoever made it may also have died just there.
    if (pid === '') return Date.now() - statSync(file).mtimeMs > unreadableForMs ? null : 0;
    return isAlive(Number(pid)) && startOf(pid) === start ? Number(pid) : null;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function take(file) {
  try {
    writeFileSync(file, `${process.pid} ${startOf(process.pid)}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Waits until this process is alone with the folder's set-up; resolves with the function that lets the next one in.
 * The lock is a folder of numbered turns. The newest number counts; the next one is taken by creating its file, which
 * exactly one process can do, and only once the owner before it is done or dead. Numbers never come back, so a late
 * reader cannot remove a lock that somebody else has taken over meanwhile.
 */
export async function acquireLock(folder) {
  mkdirSync(folder, { recursive: true });
  let hasSaidSo = false;
  for (;;) {
    const turns = readdirSync(folder)
      .map(Number)
      .sort((a, b) => a - b);
    const newest = turns.at(-1) ?? 0;
    const owner = newest === 0 ? null : ownerOf(path.join(folder, String(newest)));
    if (owner === undefined) continue;
    const mine = path.join(folder, String(newest + 1));
    if (owner === null && take(mine)) {
      for (const turn of turns) rmSync(path.join(folder, String(turn)), { force: true });
      return () => writeFileSync(mine, 'done');
    }
    if (owner !== null && !hasSaidSo)
      say(`another set-up is at work in this folder (process ${owner}); waiting for it`);
    hasSaidSo ||= owner !== null;
    await sleep(pollMs);
  }
}
