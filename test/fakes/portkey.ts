/** The real Portkey gateway, as npm installs it, in a process of its own on a free port of this machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export type Portkey = { url: string; stop: () => Promise<void> };
export type PortkeyStart = { kind: 'started'; gateway: Portkey } | { kind: 'absent'; why: string };

/** `absent` where the package is not installed or its program ends by itself. */
export async function startPortkey(): Promise<PortkeyStart> {
  const program = installed();
  if (program === null) return { kind: 'absent', why: '@portkey-ai/gateway is not installed' };
  const port = await freePort();
  const child = spawn(process.execPath, [program, `--port=${port}`, '--headless'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (child.exitCode === null && child.signalCode === null) {
    if (await answers(url)) {
      const stop = async (): Promise<void> => {
        child.kill();
        await ended;
      };
      return { kind: 'started', gateway: { url, stop } };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { kind: 'absent', why: `@portkey-ai/gateway ended at its start with code ${child.exitCode}` };
}

function installed(): string | null {
  try {
    return fileURLToPath(import.meta.resolve('@portkey-ai/gateway/build/start-server.js'));
  } catch {
    return null;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

/** It takes no port 0, so a free one is looked up just before. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  server.close();
  await once(server, 'close');
  return address.port;
}
