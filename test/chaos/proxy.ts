/** A way to Redis on which things go wrong: a TCP proxy on loopback, one for each process, so that one can be hurt alone. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Line = {
  port: number;
  /** Connections that are open now. */
  connections: () => number;
  /** Ends every connection with RST, towards both sides. */
  reset: () => void;
  /**
   * From now on nothing passes, and neither side is told. `withNew`: new connections are taken, and are as silent; otherwise
   * they work. Returns how it ends: `heal` lets everything pass that was sent meanwhile, also where its sender has given up,
   * as a network does that comes back; `cut` resets what was silent.
   */
  silence: (withNew: boolean) => { heal: () => void; cut: () => void };
  /** For so long the server reads and executes, and its replies are lost; then the connections are reset. */
  loseReplies: (forMs: number) => Promise<void>;
  /** What passes takes so much longer, each way; the order stays. null: no delay. */
  delay: (delayMs: (() => number) | null) => void;
  close: () => Promise<void>;
};

/** What one side has sent, or that it has ended or was reset; `due`: when it may go on. */
type Item = { due: number; what: Buffer | 'end' | 'reset' };
type Link = { client: Socket; server: Socket; isSilent: boolean; losesReplies: boolean; drain: () => void };

/** Forwards to `serverPort` of loopback, where the server may be away at times. */
export async function openLine(serverPort: number): Promise<Line> {
  const links = new Set<Link>();
  let delayMs: (() => number) | null = null;
  let isSilentForNew = false;
  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const link: Link = {
      client,
      server,
      isSilent: isSilentForNew,
      losesReplies: false,
      drain: () => undefined,
    };
    links.add(link);
    // Where nobody listens on a port, a connection to it from the same machine may come to be one with itself, and keep it.
    server.once('connect', () => void (server.localPort === serverPort && resetAll([link])));
    const delayOf = (): number => delayMs?.() ?? 0;
    const up = pass(client, server, { delayOf, mayPass: () => !link.isSilent, isLost: () => false });
    const down = pass(server, client, {
      delayOf,
      mayPass: () => !link.isSilent,
      isLost: () => link.losesReplies,
    });
    link.drain = () => {
      up();
      down();
    };
    const forget = (): void => void (client.destroyed && server.destroyed && links.delete(link));
    client.once('close', forget);
    server.once('close', forget);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => links.size,
    reset: () => resetAll(Array.from(links)),
    silence(withNew) {
      isSilentForNew ||= withNew;
      for (const link of links) link.isSilent = true;
      const end = (): Link[] => {
        isSilentForNew = false;
        const silent = [...links].filter(({ isSilent }) => isSilent);
        for (const link of silent) link.isSilent = false;
        return silent;
      };
      return {
        heal() {
          for (const { drain } of end()) drain();
        },
        cut: () => resetAll(end()),
      };
    },
    async loseReplies(forMs) {
      const losing = Array.from(links);
      for (const link of losing) link.losesReplies = true;
      await sleep(forMs);
      resetAll(losing);
    },
    delay: (next) => void (delayMs = next),
    async close() {
      resetAll(Array.from(links));
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

/** Passes on what `from` sends, in its order, when it is due and `mayPass`. Returns what is to be called when that changes. */
function pass(
  from: Socket,
  to: Socket,
  { delayOf, mayPass, isLost }: { delayOf: () => number; mayPass: () => boolean; isLost: () => boolean },
): () => void {
  const items: Item[] = [];
  let timer: NodeJS.Timeout | null = null;
  const drain = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    while (mayPass() && items.length > 0) {
      const waitMs = items[0]!.due - Date.now();
      if (waitMs > 0) {
        timer = setTimeout(drain, waitMs);
        return;
      }
      send(to, items.shift()!.what);
    }
  };
  const take = (what: Item['what']): void => {
    const due = Math.max(items.at(-1)?.due ?? 0, Date.now() + delayOf());
    items.push({ due, what });
    drain();
  };
  from.on('data', (chunk: Buffer) => {
    if (!isLost()) take(chunk);
  });
  from.once('end', () => take('end'));
  // What went wrong is told by the close that follows.
  from.on('error', () => undefined);
  from.once('close', (hadError) => take(hadError ? 'reset' : 'end'));
  return drain;
}

function send(to: Socket, what: Item['what']): void {
  if (to.destroyed) return;
  if (what === 'reset') abort(to);
  else if (what === 'end') to.end();
  else if (to.writable) to.write(what);
}

/** A reset in the middle of an orderly end leaves Node with a handle that never closes, and a process that never exits. */
function abort(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function resetAll(links: Iterable<Link>): void {
  for (const { client, server } of links) {
    abort(client);
    abort(server);
  }
}
