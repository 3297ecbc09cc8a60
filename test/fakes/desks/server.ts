/** A simulator behind real HTTP, with the faults that APIs have: limits, errors, replies that get lost after the write. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { DeskCall, DeskSimulator } from './simulator.ts';

/** `lost_reply`: the work is done, and the connection breaks before the answer. */
type DeskFault = 'rate_limited' | 'unavailable' | 'lost_reply';

export type DeskServer = {
  url: string;
  calls: DeskCall[];
  /** The next call that is one of these fails so; several of them in their order. */
  fail: (isMeant: (call: DeskCall) => boolean, fault: DeskFault) => void;
};

export async function openDeskServer(
  t: TestContext,
  simulator: Pick<DeskSimulator, 'answer'>,
): Promise<DeskServer> {
  const calls: DeskCall[] = [];
  const faults: { isMeant: (call: DeskCall) => boolean; fault: DeskFault }[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await readCall(request);
    calls.push(call);
    const index = faults.findIndex(({ isMeant }) => isMeant(call));
    const [found] = index === -1 ? [] : faults.splice(index, 1);
    if (found?.fault === 'rate_limited') {
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    }
    if (found?.fault === 'unavailable') {
      response.writeHead(503).end();
      return;
    }
    const { status, json, headers = {} } = simulator.answer(call);
    if (found?.fault === 'lost_reply') {
      request.socket.destroy();
      return;
    }
    const body = json === undefined ? '' : JSON.stringify(json);
    response
      .writeHead(status, { ...(body === '' ? {} : { 'content-type': 'application/json' }), ...headers })
      .end(body);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fail: (isMeant, fault) => faults.push({ isMeant, fault }),
  };
}

async function readCall(request: IncomingMessage): Promise<DeskCall> {
  const raw = await text(request);
  const url = new URL(request.url ?? '/', 'http://desk');
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers as Record<string, string | undefined>,
    json: raw === '' ? null : (JSON.parse(raw) as unknown),
  };
}
