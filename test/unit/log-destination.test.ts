import assert from 'node:assert/strict';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { createLogDestination } from '../../services/results/destinations/log.ts';

const now = () => Date.parse('2026-11-22T10:00:00Z');
const signal = new AbortController().signal;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-destination-'));
});
after(() => rm(folder, { recursive: true }));

const bodyOf = (text: string) =>
  JSON.stringify({
    type: 'ticket.reply',
    timestamp: '2026-11-22T09:59:59.000Z',
    data: { text, metadata: { a: [1] } },
  });
const delivery = (webhookId: string, attempt = 0, text = 'Hello') => ({
  webhookId,
  attempt,
  mayHaveArrived: false,
  isStillOurs: () => Promise.resolve(true),
  body: bodyOf(text),
});
const delivered = { kind: 'delivered', status: null };

async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return text.split('\n').filter((line) => line !== '');
}

/** One per line; undefined for a line that has none. Fails where a line is not JSON. */
async function idsOf(path: string): Promise<(string | undefined)[]> {
  const lineSchema = z.object({ webhookId: z.string().optional() });
  return (await linesOf(path)).map((line) => lineSchema.parse(JSON.parse(line)).webhookId);
}

/** A destination that is closed when the test is over. */
async function withLog(path: string, use: (log: ReturnType<typeof createLogDestination>) => Promise<void>) {
  const log = createLogDestination({ name: 'file', path }, now);
  try {
    await use(log);
  } finally {
    await log.close();
  }
}

test('a reply becomes one line with its id, the time and the stored fields; folders are made', async () => {
  const path = join(folder, 'new', 'deeper', 'replies.jsonl');
  await withLog(path, async (log) => {
    assert.deepEqual([log.name, log.type], ['file', 'log']);
    assert.deepEqual(await log.deliver(delivery('msg_t_1_1', 0, 'a\nb'), signal), delivered);
  });
  const expected =
    '{"webhookId":"msg_t_1_1","at":"2026-11-22T10:00:00.000Z","type":"ticket.reply","timestamp":"2026-11-22T09:59:59.000Z",' +
    '"data":{"text":"a\\nb","metadata":{"a":[1]}}}\n';
  assert.equal(await readFile(path, 'utf8'), expected);
  // Replies are nobody else's business.
  assert.equal((await stat(path)).mode & 0o077, 0);
});

test('what stands in the file already is kept', async () => {
  const path = join(folder, 'kept.jsonl');
  await writeFile(path, '{"old":true}\n');
  await withLog(path, async (log) => void (await log.deliver(delivery('msg_1_1'), signal)));
  assert.equal((await linesOf(path)).length, 2);
});

test('a repeated delivery writes no second line, in the same process or the next', async () => {
  const path = join(folder, 'repeated.jsonl');
  await withLog(path, async (log) => {
    await log.deliver(delivery('msg_1_1'), signal);
    await log.deliver(delivery('msg_2_1'), signal);
    assert.deepEqual(await log.deliver(delivery('msg_1_1', 1), signal), delivered);
  });
  await withLog(path, async (log) => {
    assert.deepEqual(await log.deliver(delivery('msg_2_1', 1), signal), delivered);
    // A crash between the line and the record leaves the number of the attempt where it was.
    assert.deepEqual(await log.deliver(delivery('msg_1_1', 0), signal), delivered);
    await log.deliver(delivery('msg_1_2'), signal);
  });
  assert.deepEqual(await idsOf(path), ['msg_1_1', 'msg_2_1', 'msg_1_2']);
});

test('a line that another process wrote meanwhile counts as well', async () => {
  const path = join(folder, 'shared.jsonl');
  await withLog(path, async (one) => {
    await withLog(path, async (two) => {
      await one.deliver(delivery('msg_1_1'), signal);
      await two.deliver(delivery('msg_2_1'), signal);
      await one.deliver(delivery('msg_2_1', 1), signal);
      await two.deliver(delivery('msg_1_1', 1), signal);
    });
  });
  assert.deepEqual(await idsOf(path), ['msg_1_1', 'msg_2_1']);
});

test('deliveries at the same time become whole lines, one each', async () => {
  const path = join(folder, 'parallel.jsonl');
  const ids = Array.from({ length: 200 }, (_, index) => `msg_${index}_1`);
  await withLog(path, async (one) => {
    await withLog(path, async (two) => {
      await Promise.all(ids.map((id, index) => (index % 2 === 0 ? one : two).deliver(delivery(id), signal)));
      await Promise.all(ids.map((id) => one.deliver(delivery(id), signal)));
    });
  });
  const written = await idsOf(path);
  assert.equal(written.length, ids.length);
  assert.deepEqual(new Set(written), new Set(ids));
});

test('a line that was cut off is closed, and its reply written again', async () => {
  const path = join(folder, 'cut.jsonl');
  await withLog(path, async (log) => void (await log.deliver(delivery('msg_1_1'), signal)));
  const whole = await readFile(path, 'utf8');
  await appendFile(path, whole.replace('msg_1_1', 'msg_2_1').slice(0, 40));
  await withLog(path, async (log) => {
    await log.deliver(delivery('msg_2_1', 1), signal);
    await log.deliver(delivery('msg_2_1', 2), signal);
  });
  const lines = await linesOf(path);
  assert.equal(lines.length, 3);
  assert.equal(lines[2], lines[0]?.replace('msg_1_1', 'msg_2_1'));
});

test('a line that lacks only its end counts, and the next one does not run into it', async () => {
  const path = join(folder, 'unended.jsonl');
  await withLog(path, async (log) => void (await log.deliver(delivery('msg_1_1'), signal)));
  await truncate(path, (await stat(path)).size - 1);
  await withLog(path, async (log) => {
    await log.deliver(delivery('msg_1_1', 1), signal);
    await log.deliver(delivery('msg_2_1'), signal);
  });
  assert.deepEqual(await idsOf(path), ['msg_1_1', 'msg_2_1']);
});

test('the id in a reply’s text is not taken for a delivery of it', async () => {
  const path = join(folder, 'quoted.jsonl');
  await withLog(path, async (log) => {
    await log.deliver(delivery('msg_1_1', 0, '{"webhookId":"msg_2_1"}'), signal);
    await log.deliver(delivery('msg_2_1', 1), signal);
  });
  assert.deepEqual(await idsOf(path), ['msg_1_1', 'msg_2_1']);
});

test('only the last 4 MiB are searched', async () => {
  const path = join(folder, 'long.jsonl');
  const filler = `${JSON.stringify({ filler: 'x'.repeat(1000) })}\n`;
  await withLog(path, async (log) => {
    await log.deliver(delivery('msg_1_1'), signal);
    await appendFile(path, filler.repeat(3000));
    await log.deliver(delivery('msg_1_1', 1), signal);
    assert.equal((await idsOf(path)).filter((id) => id === 'msg_1_1').length, 1);
    await appendFile(path, filler.repeat(2000));
    // Far behind by now: to be written twice is what the bound costs.
    await log.deliver(delivery('msg_1_1', 2), signal);
  });
  assert.equal((await idsOf(path)).filter((id) => id === 'msg_1_1').length, 2);
});

test('a file that is moved, deleted or emptied is followed by a new beginning', async () => {
  const path = join(folder, 'rotated.jsonl');
  await withLog(path, async (log) => {
    await log.deliver(delivery('msg_1_1'), signal);
    await rename(path, `${path}.1`);
    await log.deliver(delivery('msg_2_1'), signal);
    assert.deepEqual(await idsOf(path), ['msg_2_1']);
    await rm(path);
    await log.deliver(delivery('msg_3_1'), signal);
    assert.deepEqual(await idsOf(path), ['msg_3_1']);
    await log.deliver(delivery('msg_4_1'), signal);
    await truncate(path, 0);
    await log.deliver(delivery('msg_5_1'), signal);
    await log.deliver(delivery('msg_3_1', 1), signal);
  });
  assert.deepEqual(await idsOf(path), ['msg_5_1', 'msg_3_1']);
  assert.deepEqual(await idsOf(`${path}.1`), ['msg_1_1']);
});

test('a full disk is worth another attempt, and says so', async () => {
  await withLog('/dev/full', async (log) => {
    const outcome = await log.deliver(delivery('msg_1_1'), signal);
    assert.deepEqual(outcome, {
      kind: 'retry',
      status: null,
      retryAfterMs: null,
      provablyUnsent: false,
      reason: 'the disk is full',
    });
  });
});

test('a path that cannot be written is worth another attempt, and works once it is mended', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  const path = join(file, 'replies.jsonl');
  await withLog(path, async (log) => {
    const outcome = await log.deliver(delivery('msg_1_1'), signal);
    assert.ok(outcome.kind === 'retry' && outcome.provablyUnsent);
    assert.equal(outcome.reason, 'a part of the path of the log file is not a folder');
    await rm(file);
    assert.deepEqual(await log.deliver(delivery('msg_1_1', 1), signal), delivered);
  });
  assert.deepEqual(await idsOf(path), ['msg_1_1']);
});

test('a folder in the file’s place is worth another attempt, also after lines were written', async () => {
  const path = join(folder, 'becomes-a-folder');
  await withLog(path, async (log) => {
    await log.deliver(delivery('msg_1_1'), signal);
    await rename(path, `${path}.away`);
    await mkdir(path);
    for (const attempt of [0, 1]) {
      const outcome = await log.deliver(delivery('msg_2_1', attempt), signal);
      assert.ok(outcome.kind === 'retry');
      assert.equal(outcome.reason, 'the path of the log file is a folder');
    }
    await rm(path, { recursive: true });
    await rename(`${path}.away`, path);
    assert.deepEqual(await log.deliver(delivery('msg_2_1', 2), signal), delivered);
  });
  assert.deepEqual(await idsOf(path), ['msg_1_1', 'msg_2_1']);
});

test(
  'a folder without the right to write is worth another attempt',
  { skip: process.getuid?.() === 0 },
  async () => {
    const locked = join(folder, 'locked');
    await mkdir(locked, { mode: 0o500 });
    await withLog(join(locked, 'replies.jsonl'), async (log) => {
      const outcome = await log.deliver(delivery('msg_1_1'), signal);
      assert.ok(outcome.kind === 'retry');
      assert.equal(outcome.reason, 'the log file or its folder is not writable');
    });
    await chmod(locked, 0o700);
  },
);

test('a stored body that is no reply can never succeed, and its text is not repeated', async () => {
  const path = join(folder, 'bad.jsonl');
  await withLog(path, async (log) => {
    for (const body of ['SECRET', '[]', '{}', '{"type":"ticket.reply"}']) {
      const outcome = await log.deliver(
        {
          webhookId: 'msg_1_1',
          attempt: 0,
          body,
          mayHaveArrived: false,
          isStillOurs: () => Promise.resolve(true),
        },
        signal,
      );
      assert.deepEqual(outcome, { kind: 'rejected', status: null, reason: 'the stored body is not a reply' });
    }
  });
});

test('a delivery that was called off is not written', async () => {
  const path = join(folder, 'called-off.jsonl');
  await withLog(path, async (log) => {
    const outcome = await log.deliver(delivery('msg_1_1'), AbortSignal.abort());
    assert.ok(outcome.kind === 'retry' && outcome.provablyUnsent);
  });
  await assert.rejects(stat(path), { code: 'ENOENT' });
});
