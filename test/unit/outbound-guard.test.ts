/** Destinations on private networks are refused in every spelling, and the outcome never claims more than is proved. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { createDestinationAgent, sendRequest } from '../../shared/outbound/guarded-connect.ts';
import type { SendOutcome, SendRequest } from '../../shared/outbound/guarded-connect.ts';
import { lookupPublic, refusedRange } from '../../shared/outbound/public-address.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';

let receiver: Provider;
let port: string;
const guarded = createDestinationAgent({
  allowPrivateNetworks: false,
  connections: 4,
  connectTimeoutMs: 5000,
});
const open = createDestinationAgent({ allowPrivateNetworks: true, connections: 4, connectTimeoutMs: 5000 });
before(async () => {
  receiver = await startProvider({ behave: { body: 'ok', contentType: 'text/plain' } });
  ({ port } = new URL(receiver.url));
});
afterEach(() => receiver.behave({ body: 'ok', contentType: 'text/plain' }));
after(async () => {
  await Promise.all([guarded.destroy(), open.destroy()]);
  await receiver.close();
});

function send(url: string, changes: Partial<SendRequest> = {}): Promise<SendOutcome> {
  return sendRequest({
    agent: open,
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
    timeoutMs: 10_000,
    maxResponseBytes: 1000,
    ...changes,
  });
}

describe('the guard', () => {
  const spellings = [
    '127.0.0.1',
    '127.1',
    '127.0.0.1.',
    '127.8.9.10',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0',
    '0.0.0.0',
    '[::]',
    '１２７.０.０.１',
    'localhost',
    'LOCALHOST',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
  ];
  for (const host of spellings) {
    it(`refuses ${host}, and nothing is sent`, async () => {
      const count = receiver.requests.length;
      const outcome = await send(`http://${host}:${port}/hook`, { agent: guarded });
      assert.equal(outcome.kind, 'not_sent');
      assert.match(outcome.kind === 'not_sent' ? outcome.reason : '', /not on the public internet/);
      assert.equal(receiver.requests.length, count);
    });
  }

  it('refuses the same on https', async () => {
    const outcome = await send(`https://127.0.0.1:${port}/`, { agent: guarded });
    assert.match(outcome.kind === 'not_sent' ? outcome.reason : '', /not on the public internet/);
  });

  for (const host of ['127.0.0.1', 'localhost', '2130706433']) {
    it(`lets ${host} through where private networks are allowed`, async () => {
      const outcome = await send(`http://${host}:${port}/hook`);
      assert.equal(outcome.kind, 'response', JSON.stringify(outcome));
    });
  }

  it('knows public addresses from others', () => {
    for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111'])
      assert.equal(refusedRange(address), null);
    for (const address of [
      '::ffff:8.8.8.8',
      '64:ff9b::808:808',
      '4000::1',
      '2001:db8::1',
      '192.0.2.1',
      'x',
    ]) {
      assert.notEqual(refusedRange(address), null, address);
    }
  });

  it('refuses a name by what it resolves to, asked for one address or for all', async () => {
    for (const all of [true, false]) {
      const error = await new Promise<Error | null>((resolve) => lookupPublic('localhost', { all }, resolve));
      assert.equal(error !== null && 'code' in error && error.code, 'address_refused');
    }
  });
});

describe('sendRequest', () => {
  it('sends what it is given and returns what comes', async () => {
    receiver.behave({ status: 201, body: 'stored', contentType: 'text/plain', headers: { 'x-a': 'b' } });
    const outcome = await send(`${receiver.url}/hook?x=1`, { headers: { 'x-sig': 's' } });
    assert.ok(outcome.kind === 'response');
    assert.deepEqual([outcome.status, outcome.text, outcome.isComplete], [201, 'stored', true]);
    assert.equal(outcome.headers['x-a'], 'b');
    const request = receiver.requests.at(-1);
    assert.deepEqual([request?.method, request?.path, request?.headers['x-sig']], ['POST', '/hook?x=1', 's']);
    assert.deepEqual(request?.body, { a: 1 });
  });

  it('does not follow redirects', async () => {
    const count = receiver.requests.length;
    receiver.behave({ status: 302, headers: { location: `${receiver.url}/other` }, body: '' });
    const outcome = await send(`${receiver.url}/hook`);
    assert.equal(outcome.kind === 'response' && outcome.status, 302);
    assert.equal(receiver.requests.length, count + 1);
  });

  it('a refused connection, an unknown name and an unusable url: not sent', async () => {
    const gone = await startProvider();
    await gone.close();
    assert.deepEqual(await send(gone.url), {
      kind: 'not_sent',
      reason: 'the receiver refused the connection',
    });
    assert.equal((await send('http://no-such-host.invalid/')).kind, 'not_sent');
    assert.equal((await send('ftp://127.0.0.1/')).kind, 'not_sent');
    assert.equal((await send('nonsense')).kind, 'not_sent');
    assert.equal((await send(receiver.url, { headers: { 'x-bad': 'a\nb' } })).kind, 'not_sent');
  });

  it('a connection that is never established: not sent', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    assert.ok(address !== null && typeof address === 'object');
    // TCP opens, TLS never answers.
    const outcome = await send(`https://127.0.0.1:${address.port}/`, { timeoutMs: 100 });
    assert.deepEqual(outcome, { kind: 'not_sent', reason: 'no answer within 100 ms' });
    const impatient = createDestinationAgent({
      allowPrivateNetworks: true,
      connections: 1,
      connectTimeoutMs: 50,
    });
    const second = await send(`https://127.0.0.1:${address.port}/`, { agent: impatient });
    assert.deepEqual(second, { kind: 'not_sent', reason: 'the connection was not established in time' });
    await impatient.destroy();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('a reset before the answer: unknown', async () => {
    receiver.behave({ resetBeforeHeaders: true });
    assert.equal((await send(receiver.url)).kind, 'unknown');
  });

  it('no answer in time: unknown, and the connection is closed', async () => {
    receiver.behave({ hang: true });
    const outcome = await send(receiver.url, { timeoutMs: 300 });
    assert.deepEqual(outcome, { kind: 'unknown', reason: 'no answer within 300 ms' });
    await receiver.requests.at(-1)?.ended;
    assert.equal(receiver.requests.at(-1)?.closedEarly, true);
  });

  it('cancelled after sending: unknown; cancelled before: not sent', async () => {
    const controller = new AbortController();
    receiver.behave(() => {
      setImmediate(() => controller.abort());
      return { hang: true };
    });
    const during = await send(receiver.url, { signal: controller.signal });
    assert.deepEqual(during, { kind: 'unknown', reason: 'the request was cancelled' });
    const already = await send(receiver.url, { signal: controller.signal });
    assert.deepEqual(already, { kind: 'not_sent', reason: 'the request was cancelled' });
  });

  it('an answer that is too long, or breaks off: its status counts all the same', async () => {
    receiver.behave({ body: 'x'.repeat(5000), contentType: 'text/plain' });
    const long = await send(receiver.url);
    assert.equal(long.kind === 'response' && long.status, 200);
    assert.equal(long.kind === 'response' && long.isComplete, false);
    receiver.behave({ body: 'partly', contentType: 'text/plain', shortBody: true });
    const short = await send(receiver.url);
    assert.ok(short.kind === 'response');
    assert.deepEqual([short.status, short.text, short.isComplete], [200, 'partly', false]);
  });
});
