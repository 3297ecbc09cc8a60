import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRedis } from '../../shared/redis-health.ts';
import type { RedisFacts } from '../../shared/redis-health.ts';

const fine: RedisFacts = {
  version: '7.0.15',
  appendOnly: true,
  appendOnlyWorks: true,
  evictionPolicy: 'noeviction',
  usedBytes: 10,
  maxBytes: 100,
  isReplica: false,
};

const judge = (changes: Partial<RedisFacts>): [string, string][] =>
  judgeRedis({ ...fine, ...changes }, 'cache:6379').map(({ level, check }) => [level, check]);

test('a Redis of the right kind has nothing against it, and what a managed one keeps to itself is no fault', () => {
  assert.deepEqual(judge({}), []);
  assert.deepEqual(
    judge({ appendOnly: null, appendOnlyWorks: null, evictionPolicy: null, usedBytes: null, maxBytes: null }),
    [],
  );
  assert.deepEqual(judge({ version: '6.2.0' }), []);
  assert.deepEqual(judge({ version: '8.1.1', maxBytes: 0 }), []);
});

test('what would lose tickets is refused, what weakens a promise is told', () => {
  assert.deepEqual(judge({ version: '6.0.16' }), [['refuses', 'version']]);
  assert.deepEqual(judge({ version: 'unknown' }), [['refuses', 'version']]);
  assert.deepEqual(judge({ isReplica: true }), [['refuses', 'role']]);
  assert.deepEqual(judge({ evictionPolicy: 'volatile-lru' }), [['refuses', 'eviction']]);
  assert.deepEqual(judge({ appendOnly: false, appendOnlyWorks: false }), [['unsafe', 'append-only file']]);
  assert.deepEqual(judge({ appendOnlyWorks: false }), [['unsafe', 'append-only file']]);
  assert.deepEqual(judge({ usedBytes: 86 }), [['unsafe', 'memory']]);
  assert.deepEqual(judge({ usedBytes: 85 }), []);
});

test('every finding names the place and says what to do', () => {
  const findings = judgeRedis(
    {
      ...fine,
      version: '5.0.0',
      appendOnly: false,
      evictionPolicy: 'allkeys-lru',
      isReplica: true,
      usedBytes: 99,
    },
    'cache:6379',
  );
  assert.equal(findings.length, 5);
  for (const { message, cure } of findings) {
    assert.match(message, /^Redis at cache:6379 .*\.$/);
    assert.match(cure, /^[A-Z].*\.$/);
  }
});
