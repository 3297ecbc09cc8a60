import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { contentKey, parseTicketInput } from '../../services/ingest/ticket-input.ts';
import { ticketSchema } from '../../shared/ticket.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const parse = (value: unknown) => parseTicketInput(value, { nowMs });

/** The example of the contract. */
const full = {
  source: 'shop-api',
  externalId: 'T-1001',
  conversationId: 'T-1001',
  messageId: 'm-1',
  createdAt: '2026-11-22T09:59:58Z',
  subject: 'Where is my order?',
  body: 'Order 5531 has not arrived.',
  requester: { email: 'ana@example.com', name: 'Ana' },
  language: null,
  tags: [],
  priority: 'normal',
  lane: 'live',
  history: [{ role: 'customer', text: '…' }],
  metadata: {},
};
const least = { source: 'shop-api', externalId: 'T-1', body: 'Hello' };

function ticketOf(value: unknown) {
  const outcome = parse(value);
  assert.equal(outcome.kind, 'ok', JSON.stringify(outcome));
  assert.ok(outcome.kind === 'ok');
  return outcome.ticket;
}

function errorsOf(value: unknown) {
  const outcome = parse(value);
  assert.ok(outcome.kind === 'invalid', 'it was accepted');
  return outcome.errors;
}

/** Asserts that exactly one thing is wrong. */
function refused(changes: Record<string, unknown>, pointer: string, detail: string): void {
  assert.deepEqual(errorsOf({ ...full, ...changes }), [{ pointer, detail }]);
}

describe('a ticket', () => {
  test('as in the contract is stored as it was sent', () => {
    assert.deepEqual(ticketOf(full), { ...full, createdAt: '2026-11-22T09:59:58.000Z' });
  });

  test('of the three required fields gets every default', () => {
    assert.deepEqual(ticketOf(least), {
      ...least,
      conversationId: 'T-1',
      messageId: null,
      createdAt: '2026-11-22T10:00:00.000Z',
      subject: '',
      requester: {},
      language: null,
      tags: [],
      priority: 'normal',
      lane: 'live',
      history: [],
      metadata: {},
    });
  });

  test('may say null for what it does not have', () => {
    const nothing = { conversationId: null, messageId: null, createdAt: null, subject: null, language: null };
    assert.deepEqual(ticketOf({ ...least, ...nothing, requester: null }), ticketOf(least));
    assert.deepEqual(ticketOf({ ...least, requester: { email: null, name: null } }), ticketOf(least));
  });

  test('takes its source from the address where that says it', () => {
    const { source, ...rest } = full;
    const outcome = parseTicketInput(rest, { source: 'zendesk-eu', nowMs });
    assert.ok(outcome.kind === 'ok');
    assert.equal(outcome.ticket.source, 'zendesk-eu');
    assert.deepEqual(parseTicketInput({ ...rest, source }, { source, nowMs }), {
      kind: 'invalid',
      errors: [{ pointer: '/source', detail: 'source is given by the address and must not be in the body' }],
    });
  });

  test('exactly at every limit is accepted', () => {
    const ticket = ticketOf({
      source: 's'.repeat(255),
      externalId: 'e'.repeat(255),
      conversationId: 'c'.repeat(255),
      messageId: 'm'.repeat(255),
      createdAt: '2026-11-23T10:00:00.000Z',
      subject: 's'.repeat(1000),
      body: 'b'.repeat(200_000),
      requester: { email: `${'e'.repeat(316)}@a.b`, name: 'n'.repeat(255) },
      tags: Array.from({ length: 100 }, () => 't'.repeat(100)),
      history: Array.from({ length: 100 }, () => ({ role: 'agent', text: '' })),
      metadata: { x: 'x'.repeat(16 * 1024 - 8) },
    });
    assert.equal(ticketSchema.safeParse(ticket).success, true);
  });
});

describe('the error names the field and its limit', () => {
  const long = (length: number) => 'x'.repeat(length);
  const cases: [Record<string, unknown>, string, string][] = [
    [{ source: undefined }, '/source', 'source is required'],
    [{ externalId: undefined }, '/externalId', 'externalId is required'],
    [{ body: undefined }, '/body', 'body is required'],
    [{ body: null }, '/body', 'body must be a string'],
    [{ externalId: 1001 }, '/externalId', 'externalId must be a string'],
    [{ externalId: long(256) }, '/externalId', 'externalId must have at most 255 characters'],
    [{ conversationId: long(256) }, '/conversationId', 'conversationId must have at most 255 characters'],
    [{ messageId: long(256) }, '/messageId', 'messageId must have at most 255 characters'],
    [{ source: long(256) }, '/source', 'source must have at most 255 characters'],
    [{ source: ' ' }, '/source', 'source must not be blank'],
    [{ subject: long(1001) }, '/subject', 'subject must have at most 1000 characters'],
    [{ body: long(200_001) }, '/body', 'body must have at most 200000 characters'],
    [{ body: ' \n ' }, '/body', 'body must not be blank'],
    [{ requester: 'Ana' }, '/requester', 'requester must be an object'],
    [{ requester: { email: 'ana' } }, '/requester/email', 'requester.email must be an e-mail address'],
    [
      { requester: { email: `${long(320)}@a` } },
      '/requester/email',
      'requester.email must have at most 320 characters',
    ],
    [
      { requester: { name: long(256) } },
      '/requester/name',
      'requester.name must have at most 255 characters',
    ],
    [{ requester: { phone: '1' } }, '/requester/phone', 'requester.phone is not a known field'],
    [{ language: 'english' }, '/language', 'language must be a BCP 47 language tag, such as en or pt-BR'],
    [{ language: 'en-' }, '/language', 'language must be a BCP 47 language tag, such as en or pt-BR'],
    [{ tags: 'ai' }, '/tags', 'tags must be a list'],
    [{ tags: [1] }, '/tags/0', 'tags.0 must be a string'],
    [{ tags: ['ok', long(101)] }, '/tags/1', 'tags.1 must have at most 100 characters'],
    [{ tags: Array(101).fill('t') }, '/tags', 'tags must have at most 100 entries'],
    [
      { history: Array.from({ length: 101 }, () => ({ role: 'agent', text: '' })) },
      '/history',
      'history must have at most 100 entries',
    ],
    [
      { history: [{ role: 'bot', text: '' }] },
      '/history/0/role',
      'history.0.role must be one of customer, agent',
    ],
    [{ history: [{ role: 'agent' }] }, '/history/0/text', 'history.0.text is required'],
    [{ priority: 'asap' }, '/priority', 'priority must be one of low, normal, high, urgent'],
    [{ lane: 'fast' }, '/lane', 'lane must be one of live, backlog'],
    [{ metadata: [] }, '/metadata', 'metadata must be an object'],
    [{ metadata: { x: 'é'.repeat(8200) } }, '/metadata', 'metadata must take at most 16384 bytes as JSON'],
    [{ extra: 1 }, '/extra', 'extra is not a known field'],
    [{ 'a/b~c': 1 }, '/a~1b~0c', 'a/b~c is not a known field'],
  ];
  for (const [changes, pointer, detail] of cases) {
    test(`${pointer}: ${detail}`, () => refused(changes, pointer, detail));
  }

  test('at the root: a body that is no object', () => {
    for (const value of [null, [], 'text', 1, true, undefined]) {
      assert.deepEqual(errorsOf(value), [{ pointer: '', detail: 'the body must be an object' }]);
    }
  });

  test('several faults are told together, but never more than twenty', () => {
    assert.deepEqual(
      errorsOf({ source: 'a', body: 1, lane: 'x' }).map(({ pointer }) => pointer),
      ['/externalId', '/body', '/lane'],
    );
    assert.equal(errorsOf({ ...full, tags: Array(100).fill(0) }).length, 20);
    const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, 1]));
    assert.equal(errorsOf({ ...full, ...unknown }).length, 20);
  });

  test('a very long unknown key is not repeated', () => {
    refused({ ['k'.repeat(101)]: 1 }, '', 'the body has a field that is not known');
  });
});

describe('times', () => {
  const createdAt = (value: string) => ticketOf({ ...least, createdAt: value }).createdAt;

  test('with any offset are stored as UTC with milliseconds', () => {
    assert.equal(createdAt('2026-11-22T11:59:58+02:00'), '2026-11-22T09:59:58.000Z');
    assert.equal(createdAt('2026-11-22T09:59:58.1234Z'), '2026-11-22T09:59:58.123Z');
  });

  test('without an offset, of another form, or on no day of the calendar are refused', () => {
    for (const value of [
      '2026-11-22T09:59:58',
      '2026-11-22',
      'yesterday',
      '1700000000',
      '2026-02-30T00:00:00Z',
      '',
    ]) {
      refused({ createdAt: value }, '/createdAt', 'createdAt must be an ISO 8601 time with an offset');
    }
  });

  test('more than 24 hours ahead or before 1970 are refused', () => {
    const ahead = 'createdAt must not be more than 24 hours in the future';
    refused({ createdAt: '2026-11-23T10:00:00.001Z' }, '/createdAt', ahead);
    refused({ createdAt: '1969-12-31T23:59:59Z' }, '/createdAt', 'createdAt must be a time since 1970');
  });
});

test('languages are stored in their canonical form, and "und" as not known', () => {
  const language = (value: string) => ticketOf({ ...least, language: value }).language;
  assert.equal(language('EN-us'), 'en-US');
  assert.equal(language('pt_BR'), 'pt-BR');
  assert.equal(language('zh-hant-tw'), 'zh-Hant-TW');
  assert.equal(language('und'), null);
});

describe('text that stores and helpdesks cannot carry', () => {
  const bad: [string, string][] = [
    ['\0', 'the control character U+0000'],
    ['\u0007', 'the control character U+0007'],
    ['\u001f', 'the control character U+001F'],
    ['\ud800', 'an unpaired surrogate'],
    ['\udc00x', 'an unpaired surrogate'],
  ];
  const places: [string, string, (text: string) => Record<string, unknown>][] = [
    ['/body', 'body', (text) => ({ body: `a${text}b` })],
    ['/externalId', 'externalId', (text) => ({ externalId: text })],
    ['/requester/name', 'requester.name', (text) => ({ requester: { name: text } })],
    ['/tags/1', 'tags.1', (text) => ({ tags: ['x', text] })],
    ['/history/0/text', 'history.0.text', (text) => ({ history: [{ role: 'agent', text }] })],
    ['/metadata/a/0/b', 'metadata.a.0.b', (text) => ({ metadata: { a: [{ b: text }] } })],
  ];
  for (const [text, found] of bad) {
    test(`${found} is refused in every field`, () => {
      for (const [pointer, field, changes] of places) {
        const [error] = errorsOf({ ...full, ...changes(text) });
        assert.deepEqual(error, { pointer, detail: `${field} contains ${found}` });
      }
    });

    test(`${found} is refused in a key, which is not repeated`, () => {
      const detail = `metadata.a has a key that contains ${found}`;
      refused({ metadata: { a: { [`k${text}`]: 1 } } }, '/metadata/a', detail);
      assert.ok(JSON.stringify(errorsOf({ ...full, [`k${text}`]: 1 })).isWellFormed());
    });
  }

  test('tabs, line breaks, emoji and every other script are accepted', () => {
    const body = 'a\tb\r\nc 😀 退款 عربي \u007f\u0085\u2028\ufeff';
    assert.equal(ticketOf({ ...least, body }).body, body);
  });

  test('metadata that is no JSON, or too deep, is refused by callers that did not come from JSON either', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const value of [1n, Number.NaN, () => 1, Symbol('x'), cyclic]) {
      assert.match(errorsOf({ ...least, metadata: { value } })[0]?.pointer ?? '', /^\/metadata\/value/);
    }
  });
});

test('the entries of a list that is too long are not looked at', () => {
  const list = new Proxy(Array(500_000), {
    get(target, key) {
      assert.equal(key, 'length');
      return target.length;
    },
  });
  assert.deepEqual(
    errorsOf({ ...full, tags: list, history: list }).map(({ pointer }) => pointer),
    ['/tags', '/history'],
  );
});

describe('the content key', () => {
  const keyOf = (changes: object, atMs = nowMs) => {
    const outcome = parseTicketInput({ ...least, ...changes }, { nowMs: atMs });
    return outcome.kind === 'ok' ? outcome.contentKey : null;
  };

  test('is the messageId where there is one', () => {
    assert.equal(keyOf({ messageId: 'm-1' }), 'm-1');
    assert.equal(keyOf({ messageId: 'm-1', body: 'edited' }), 'm-1');
  });

  test('is the same for the same content at any later time', () => {
    assert.match(keyOf({}) ?? '', /^[0-9a-f]{32}$/);
    assert.equal(keyOf({}), keyOf({}, nowMs + 86_400_000));
    assert.equal(keyOf({}), keyOf({ subject: '', messageId: null, tags: ['x'], lane: 'backlog' }));
    const given = { createdAt: '2026-11-22T09:00:00Z' };
    assert.equal(keyOf(given), keyOf({ createdAt: '2026-11-22T10:00:00+01:00' }, nowMs + 1));
  });

  test('differs for another body, subject or time of the sender', () => {
    const keys = [
      {},
      { body: 'Hello!' },
      { subject: 'Hello', body: 'x' },
      { createdAt: '2026-11-22T09:00:00Z' },
    ];
    keys.push({ createdAt: '2026-11-22T09:00:01Z' });
    assert.equal(new Set(keys.map((changes) => keyOf(changes))).size, keys.length);
  });

  test('never confuses subject and body', () => {
    const base = { messageId: null, createdAt: '2026-11-22T09:00:00.000Z' };
    const one = contentKey({ ...base, subject: 'a', body: 'b c' }, false);
    const two = contentKey({ ...base, subject: 'a b', body: 'c' }, false);
    assert.notEqual(one, two);
  });
});

describe('whatever is sent', () => {
  const anything = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withSparseArray: true }),
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('x'.repeat(1001), '\0', '\ud800', 'live', 'customer', '2026-11-22T09:00:00Z', ''),
  );
  const fields = [...Object.keys(full), 'extra', '__proto__', 'constructor', 'toString'];
  const mutation = fc.tuple(
    fc.constantFrom(...fields),
    fc.constantFrom('', 'email', 'name', '0', 'text', 'role'),
    anything,
  );

  function mutated(mutations: [string, string, unknown][]): unknown {
    const value: Record<string, unknown> = structuredClone(full);
    for (const [field, inner, replacement] of mutations) {
      const target = Object.hasOwn(value, field) ? value[field] : undefined;
      const isInner =
        inner !== '' && typeof target === 'object' && target !== null && Object.isExtensible(target);
      Object.defineProperty(isInner && !Object.isFrozen(target) ? target : value, isInner ? inner : field, {
        value: replacement,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return value;
  }

  test('the outcome is a sound ticket, or errors that point into the body', () => {
    let accepted = 0;
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(mutations, (list) => {
        const outcome = parse(mutated(list));
        if (outcome.kind === 'ok') {
          accepted += 1;
          ticketSchema.parse(outcome.ticket);
          assert.ok(JSON.stringify(outcome.ticket).isWellFormed());
          return;
        }
        assert.ok(outcome.errors.length > 0 && outcome.errors.length <= 20);
        for (const { pointer, detail } of outcome.errors) {
          assert.match(pointer, /^(?:\/(?:[^~/]|~[01])*)*$/);
          assert.ok(pointer.isWellFormed() && detail.isWellFormed() && detail !== '');
        }
      }),
      { numRuns: 5000 },
    );
    assert.ok(accepted > 50, `only ${accepted} were accepted`);
  });

  test('no error repeats a text that was sent', () => {
    const secret = 'SECRETtext';
    const value = fc.oneof(
      fc.constant(secret),
      fc.constant(`${secret}\0`),
      fc.constant(secret.repeat(30_000)),
      fc.constant([secret]),
    );
    const changes = fc.dictionary(fc.constantFrom(...Object.keys(full)), value, { minKeys: 1, maxKeys: 4 });
    fc.assert(
      fc.property(changes, (changed) => {
        assert.doesNotMatch(
          JSON.stringify({ ...parse({ ...full, ...changed }), ticket: null, contentKey: null }),
          /SECRET/,
        );
      }),
      { numRuns: 1000 },
    );
  });
});
