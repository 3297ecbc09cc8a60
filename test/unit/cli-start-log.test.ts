import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainLog } from '../../services/cli/start-log.ts';
import { createLog } from '../../shared/log.ts';

function watch() {
  const told: string[] = [];
  const clock = { now: 0 };
  const log = createLog(
    'warn',
    plainLog(
      (text) => told.push(text),
      () => clock.now,
    ),
  );
  return { told, clock, log };
}

const refused = { ticketId: 't_1', model: 'luna', provider: 'openai', fault: 'auth', status: 401, ms: 12 };

test('a refused key is told in words, once for many tickets, and again after ten minutes', () => {
  const { told, clock, log } = watch();
  log.error(refused, 'call.failed');
  log.error({ ...refused, ticketId: 't_2', ms: 44 }, 'call.failed');
  assert.equal(told.length, 1);
  assert.match(told[0]!, /^openai refuses the key \(HTTP 401\): model luna .*doctor/);
  clock.now = 601_000;
  log.error(refused, 'call.failed');
  assert.equal(told.length, 2);
});

test('an opened breaker is told, single failures and notes are not, and an error of ours is shown as it is', () => {
  const { told, log } = watch();
  log.warn({ ...refused, fault: 'server_error', status: 500 }, 'call.failed');
  log.warn({ ticketId: 't_1' }, 'hint.lost');
  assert.deepEqual(told, []);
  log.warn({ model: 'luna', ms: 15_000 }, 'breaker.opened');
  assert.match(told[0]!, /^model luna fails/);
  log.error({ ticketId: 't_9' }, 'stage.failed');
  assert.equal((JSON.parse(told[1]!) as { msg: string }).msg, 'stage.failed');
});
