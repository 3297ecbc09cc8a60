/** One dead letter, and all of them with their content, over HTTP; and who may ask a console without a token. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { openScene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

async function open(t: TestContext) {
  const scene = await openScene(t, world, () => ({ status: 400, error: { message: 'no' } }));
  const system = await scene.start({
    classifier: undefined,
    tiers: { simple: { models: ['small'], onDead: 'hold' } },
  });
  const { ticketId } = (await system.post({ externalId: 'T-1', body: 'Where is it?' })).body;
  await system.untilEnd(ticketId);
  return { scene, system, ticketId, at: (where: string) => `${system.consoleUrl}/api/dead-letters${where}` };
}

test('one dead letter is shown with its cause, its trace, and whether it can be put back', async (t) => {
  const { system, ticketId, at } = await open(t);
  const response = await fetch(at(`/${ticketId}`));
  assert.equal(response.status, 200);
  const shown = (await response.json()) as Record<string, Record<string, unknown>>;
  assert.deepEqual(
    [shown['cause'], shown['state'], shown['tier'], shown['replay']?.['kind']],
    ['bad_request', 'dead', 'simple', 'replayed'],
  );
  assert.deepEqual(shown['trace']?.['timeline'], (await system.trace(ticketId)).timeline);
  for (const unknown of ['t_000000000000000000000000', 'nothing']) {
    const missing = await fetch(at(`/${unknown}`));
    assert.equal(missing.status, 404);
    assert.match(((await missing.json()) as { error: string }).error, /no dead letter/);
  }
});

test('all of them are taken out as JSON lines, with what the customers wrote', async (t) => {
  const { system, ticketId, at } = await open(t);
  const { ticketId: other } = (await system.post({ externalId: 'T-2', body: 'And mine?' })).body;
  await system.untilEnd(other);
  const read = async (query: string): Promise<[string, string][]> => {
    const response = await fetch(at(`/export${query}`));
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /application\/x-ndjson/);
    const lines = (await response.text()).split('\n').slice(0, -1);
    return lines.map((line) => {
      const one = JSON.parse(line) as { ticketId: string; ticket: { body: string } };
      return [one.ticketId, one.ticket.body];
    });
  };
  const all = [
    [other, 'And mine?'],
    [ticketId, 'Where is it?'],
  ];
  assert.deepEqual(await read(''), all);
  assert.deepEqual(await read('?cause=bad_request&limit=1'), [all[0]]);
  assert.deepEqual(await read('?cause=deadline'), []);
  assert.equal((await fetch(at('/export?limit=0'))).status, 422);
});

test('a console without a token answers to this machine’s own names only, whatever name leads to it', async (t) => {
  const { system, ticketId, scene } = await open(t);
  const { port } = new URL(system.consoleUrl!);
  const ask = (method: string, path: string, host: string, body = ''): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { host, 'content-type': 'application/json', origin: `http://${host}` };
      const asked = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  // The page of a stranger whose name was made to lead here, as a browser sends it.
  const stranger = `rebound.example:${port}`;
  assert.equal(await ask('GET', '/api/dead-letters/export', stranger), 403);
  assert.equal(await ask('POST', '/api/dead-letters/drop', stranger, JSON.stringify({ filter: {} })), 403);
  assert.equal(await ask('POST', '/api/breakers/small', stranger, '{"state":"open"}'), 403);
  assert.equal((await scene.record(ticketId))['st'], 'dead');
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'localhost:9000']) {
    assert.equal(await ask('GET', '/api/dead-letters', host), 200, host);
  }
  assert.equal(await ask('GET', '/livez', stranger), 200);
});
