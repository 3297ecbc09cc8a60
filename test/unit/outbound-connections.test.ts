/** Calls to one host never wait for one another: a call that waits here would look like a provider that is slow. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';

const calls = 300;

test('as many calls go out at once as are made', { timeout: 30_000 }, async (t) => {
  const waiting: ServerResponse[] = [];
  // Answers nobody before all are there.
  const server = createServer((_request, response) => {
    waiting.push(response);
    if (waiting.length === calls) for (const one of waiting) one.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = createOutboundHttp();
  t.after(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const signal = AbortSignal.timeout(20_000);
  const answers = await Promise.all(
    Array.from({ length: calls }, async () => (await http.fetch(url, { signal })).text()),
  );
  assert.deepEqual(new Set(answers), new Set(['ok']));
});
