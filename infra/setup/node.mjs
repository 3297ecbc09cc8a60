import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { runQuietly } from './run.mjs';
import { SetupError, withProgress } from './say.mjs';

/** Node runs TypeScript without a flag from here on. */
const needed = [22, 19];
const platform = `${process.platform}-${process.arch}`;

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

function fetchedPaths(root) {
  const folder = path.join(root, '.tierline', 'node');
  return {
    folder,
    node: path.join(folder, 'node_modules', 'node', 'bin', 'node'),
    npm: path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    stamp: path.join(folder, 'ready'),
  };
}

/** A Node that can run the code, and the npm that goes with it: the one running this, or one fetched before. */
export function findNode(root) {
  if (isNewEnough(process.versions.node)) return { path: process.execPath, npm: ['npm'] };
  const fetched = fetchedPaths(root);
  // The stamp is written last, so half a download is never taken for a Node; nor is one for another kind of machine.
  if (!existsSync(fetched.stamp) || readFileSync(fetched.stamp, 'utf8') !== platform) return null;
  return existsSync(fetched.node) ? { path: fetched.node, npm: [fetched.node, fetched.npm] } : null;
}

/**
 * The npm package `node` carries the platform's binary. npm comes along, because a distribution's own npm may run on
 * nothing but the distribution's own Node.
 */
export async function fetchNode(root) {
  const fetched = fetchedPaths(root);
  mkdirSync(fetched.folder, { recursive: true });
  // npm 12 runs an install script only where it is allowed by name, and this one puts the binary in its place.
  writeFileSync(
    path.join(fetched.folder, 'package.json'),
    `${JSON.stringify({ private: true, allowScripts: { node: true } })}\n`,
  );
  await withProgress(
    `this is Node ${process.versions.node}; fetching Node 24 from npm into .tierline/node`,
    async () => {
      const args = [
        'install',
        '--prefix',
        fetched.folder,
        '--ignore-scripts=false',
        '--no-audit',
        '--no-fund',
      ];
      const { isOk, output } = await runQuietly('npm', [...args, '--loglevel=error', 'node@24', 'npm@11'], {
        cwd: root,
      });
      if (!isOk) {
        throw new SetupError(
          `npm could not fetch Node 24:\n${output}\n` +
            `Check that the npm registry can be reached (npm ping), or install Node ${needed.join('.')} or newer; then run the command again.`,
        );
      }
    },
  );
  const version = versionOf(fetched.node);
  if (version === null || !isNewEnough(version)) {
    throw new SetupError(
      `the Node that npm fetched does not run on this machine (${platform}). Install Node ${needed.join('.')} or newer and run the command again.`,
    );
  }
  writeFileSync(fetched.stamp, platform);
  return findNode(root);
}

function versionOf(node) {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
