import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runQuietly } from './run.mjs';
import { SetupError, withProgress } from './say.mjs';

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function fingerprint(lockfile) {
  return `${createHash('sha256').update(lockfile).digest('hex')} ${process.platform}-${process.arch}\n`;
}

function stampPath(root) {
  return path.join(root, 'node_modules', '.tierline-setup');
}

/** npm's own note of what it put into node_modules; written last, so it stands only where an install came to its end. */
function isInstalledByNpm(root, lockfile) {
  const note = readIfThere(path.join(root, 'node_modules', '.package-lock.json'));
  if (note === null) return false;
  const wanted = JSON.parse(lockfile).packages;
  const present = JSON.parse(note).packages;
  const isSame = (name) => wanted[name]?.version === present[name]?.version;
  const isNeeded = (name) => name !== '' && !wanted[name].optional;
  return Object.keys(wanted).filter(isNeeded).every(isSame) && Object.keys(present).every(isSame);
}

/** True where node_modules holds what the lockfile says, put there by this set-up or by npm itself. */
export function areDependenciesInstalled(root) {
  const lockfile = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  if (readIfThere(stampPath(root)) === fingerprint(lockfile)) return true;
  if (!isInstalledByNpm(root, lockfile)) return false;
  try {
    writeFileSync(stampPath(root), fingerprint(lockfile));
  } catch {
    // A folder that only its owner may write: looking closely once more next time does no harm.
  }
  return true;
}

/** Brings node_modules to what the lockfile says; no package's own install script is run. */
export async function installDependencies(root, node) {
  await withProgress('installing what package-lock.json lists (npm ci)', async () => {
    const [command, ...first] = node.npm;
    // A global NODE_ENV=production would leave out what the tests and checks need.
    const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { isOk, output } = await runQuietly(command, [...first, ...args], { cwd: root });
    if (!isOk) {
      throw new SetupError(
        `npm ci failed:\n${output}\nCheck that the npm registry can be reached (npm ping) and that this folder can be written; then run the command again.`,
      );
    }
  });
  writeFileSync(stampPath(root), fingerprint(readFileSync(path.join(root, 'package-lock.json'), 'utf8')));
}
