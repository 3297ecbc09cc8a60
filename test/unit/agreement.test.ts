import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agreementOf } from '../../shared/processes/agreement.ts';
import type { ProcessInfo } from '../../shared/processes/list.ts';

const now = Date.parse('2026-11-22T10:00:00.000Z');
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

function runs(host: string, version: string, config: Partial<ProcessInfo['config']> = {}): ProcessInfo {
  return {
    id: `${host}-1-abcd`,
    host,
    pid: 1,
    roles: ['tier'],
    tiers: ['simple'],
    startedAt: ago(3600),
    shards: 1,
    ageSeconds: 1,
    config: {
      version,
      file: `/etc/${host}.yaml`,
      since: ago(3600),
      generation: 0,
      refused: null,
      taken: 0,
      refusals: 0,
      ...config,
    },
  };
}

describe('processes', () => {
  test('agree where nothing runs, and where all run one version', () => {
    assert.deepEqual(agreementOf([], now, 'tierline'), {
      version: null,
      agreed: true,
      versions: [],
      refused: null,
      message: null,
    });
    const { version, agreed, message } = agreementOf([runs('a', 'v1'), runs('b', 'v1')], now, 'tierline');
    assert.deepEqual([version, agreed, message], ['v1', true, null]);
  });

  test('that differ are told with their versions, hosts and files, and what to do', () => {
    const all = [runs('c', 'v2'), runs('a', 'v1'), runs('b', 'v1')];
    const { version, agreed, versions, message } = agreementOf(all, now, 'shop');
    assert.equal(version, 'v1');
    assert.equal(agreed, false);
    assert.deepEqual(
      versions.map((one) => [one.version, one.processes, one.hosts]),
      [
        ['v1', 2, ['a', 'b']],
        ['v2', 1, ['c']],
      ],
    );
    for (const part of ['"shop"', 'v1', 'v2', 'a, b', '/etc/c.yaml', 'TIERLINE_PREFIX', 'the same file']) {
      assert.ok(message?.includes(part), part);
    }
    assert.ok(!message?.includes('refused'));
  });

  test('are given ten seconds to agree after the newest change', () => {
    const changed = (seconds: number) => [runs('a', 'v1'), runs('b', 'v2', { since: ago(seconds) })];
    assert.equal(agreementOf(changed(9), now, 'tierline').message, null);
    assert.equal(agreementOf(changed(9), now, 'tierline').agreed, false);
    assert.notEqual(agreementOf(changed(10), now, 'tierline').message, null);
  });

  test('that refused a newer file are told by the newest refusal', () => {
    const refused = (seconds: number) => ({
      refused: { at: ago(seconds), problems: [`problem of ${seconds}`] },
    });
    const all = [runs('a', 'v1', refused(50)), runs('b', 'v2'), runs('c', 'v1', refused(40))];
    const agreement = agreementOf(all, now, 'tierline');
    assert.deepEqual(agreement.refused?.problems, ['problem of 40']);
    assert.match(agreement.message ?? '', /refused a newer file/);
  });
});
