/** Names whose addresses change, other spellings of private addresses, and redirects to them: refused when connecting. */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { after, before, describe, mock, test } from 'node:test';
import { createDestinationAgent, sendRequest } from '../../shared/outbound/guarded-connect.ts';
import type { SendOutcome } from '../../shared/outbound/guarded-connect.ts';
import { refusedRange } from '../../shared/outbound/public-address.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';

type Answered = (error: null, addresses: LookupAddress[]) => void;

let receiver: Provider;
/** What the name resolves to, one answer for each time that it is asked for; the last one stays. */
let answers: string[][] = [];
let asked = 0;
/** Addresses that a connection was begun to. */
const dialled: string[] = [];

before(async () => {
  receiver = await startProvider({ behave: { body: 'ok', contentType: 'text/plain' } });
  mock.method(dns, 'lookup', (_name: string, _options: object, callback: Answered) => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    const addresses: LookupAddress[] = answer.map((address) => ({ address, family: net.isIP(address) }));
    setImmediate(() => callback(null, addresses));
  });
  syncBuiltinESMExports();
});
after(async () => {
  mock.restoreAll();
  syncBuiltinESMExports();
  await receiver.close();
});

/** To a name that resolves to these; the connection itself is only made to the receiver of this test. */
async function sendTo(resolved: string[][], allowPrivateNetworks = false): Promise<SendOutcome> {
  answers = resolved;
  asked = 0;
  const agent = createDestinationAgent({ allowPrivateNetworks, connections: 1, connectTimeoutMs: 2000 });
  try {
    return await sendRequest({
      agent,
      url: `http://shop.example:${new URL(receiver.url).port}/hook`,
      method: 'POST',
      headers: {},
      body: '{}',
      timeoutMs: 1000,
      maxResponseBytes: 1000,
    });
  } finally {
    await agent.destroy();
  }
}

const isRefused = (outcome: SendOutcome): void => {
  assert.equal(outcome.kind, 'not_sent');
  assert.match(outcome.kind === 'not_sent' ? outcome.reason : '', /not on the public internet/);
};

describe('a name', () => {
  test('that resolves to the receiver is sent to where private networks are allowed, so that the others prove something', async () => {
    const count = receiver.requests.length;
    assert.equal((await sendTo([['127.0.0.1']], true)).kind, 'response');
    assert.equal(receiver.requests.length, count + 1);
  });

  test('is refused where one of its addresses is private, whichever of them it is', async () => {
    const count = receiver.requests.length;
    for (const resolved of [
      ['127.0.0.1'],
      ['93.184.215.14', '127.0.0.1'],
      ['127.0.0.1', '93.184.215.14'],
      ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', '::1'],
      ['::ffff:127.0.0.1'],
      ['64:ff9b::7f00:1'],
      ['169.254.169.254'],
    ]) {
      isRefused(await sendTo([resolved]));
    }
    assert.equal(receiver.requests.length, count);
  });

  test('that changes its mind is asked once for a connection, and what was looked at is what is dialled', async (t) => {
    const count = receiver.requests.length;
    // Where the connection would be made is looked at, and then refused: no test may reach out.
    const connect = t.mock.method(net, 'connect', (options: net.TcpNetConnectOpts) => {
      const socket = new net.Socket();
      options.lookup?.('shop.example', {}, (error, address) => {
        dialled.push(error === null ? JSON.stringify(address) : error.message);
        setImmediate(() =>
          socket.destroy(error ?? Object.assign(new Error('stopped'), { code: 'ECONNREFUSED' })),
        );
      });
      return socket;
    });
    assert.equal((await sendTo([['93.184.215.14'], ['127.0.0.1']])).kind, 'not_sent');
    assert.equal(connect.mock.callCount(), 1);
    assert.deepEqual([asked, dialled], [1, ['"93.184.215.14"']]);
    // The next connection asks again, and is refused for what the name says then.
    isRefused(await sendTo([['127.0.0.1']]));
    assert.equal(receiver.requests.length, count);
  });
});

describe('an address', () => {
  const refused: Record<string, string[]> = {
    'shared address space of carriers (CGNAT)': ['100.64.0.1', '100.127.255.254'],
    'metadata services': [
      '169.254.169.254',
      '169.254.170.2',
      '192.0.0.192',
      '100.100.100.200',
      'fd00:ec2::254',
    ],
    'private and unique local': ['10.255.255.255', '172.31.255.255', '192.168.255.255', 'fc00::1', 'fdff::1'],
    'IPv4 in IPv6': ['::ffff:10.0.0.1', '::ffff:0:10.0.0.1', '::10.0.0.1', '::ffff:8.8.8.8'],
    'translated (NAT64, 6to4, Teredo)': [
      '64:ff9b::a00:1',
      '64:ff9b:1::a00:1',
      '2002:a00:1::1',
      '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    ],
    'link-local and site-local': ['fe80::1', 'febf::1', 'fec0::1'],
    'of documentation and tests': ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '2001:db8::1'],
    'of nobody': ['0.0.0.0', '::', '240.0.0.1', '255.255.255.255', '224.0.0.1', 'ff0e::1', '5f00::1'],
  };
  for (const [what, addresses] of Object.entries(refused)) {
    test(`is refused: ${what}`, () => {
      for (const address of addresses) assert.notEqual(refusedRange(address), null, address);
    });
  }
});

test('odd spellings of one address in a url are the address: nothing is sent', async () => {
  const agent = createDestinationAgent({
    allowPrivateNetworks: false,
    connections: 1,
    connectTimeoutMs: 2000,
  });
  const { port } = new URL(receiver.url);
  const count = receiver.requests.length;
  for (const host of [
    '0x7f.1',
    '0x7f.0x0.0x0.0x1',
    '017700000001',
    '127.0.1',
    '%31%32%37.0.0.1',
    '127。0。0。1',
    'ⓛocalhost.',
    '8.8.8.8@127.0.0.1',
    '[::ffff:0x7f.1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
  ]) {
    answers = [['127.0.0.1']];
    const outcome = await sendRequest({
      agent,
      url: `http://${host}:${port}/`,
      method: 'POST',
      headers: {},
      body: '{}',
      timeoutMs: 1000,
      maxResponseBytes: 1000,
    });
    assert.equal(outcome.kind, 'not_sent', host);
  }
  assert.equal(receiver.requests.length, count);
  await agent.destroy();
});

test('a redirect to a private address is an answer, and nothing follows it', async () => {
  const inside = await startProvider({ behave: { body: 'secret', contentType: 'text/plain' } });
  receiver.behave({ status: 307, headers: { location: `${inside.url}/latest/meta-data` }, body: '' });
  const outcome = await sendTo([['127.0.0.1']], true);
  assert.deepEqual([outcome.kind, outcome.kind === 'response' && outcome.status], ['response', 307]);
  assert.equal(inside.requests.length, 0);
  await inside.close();
});
