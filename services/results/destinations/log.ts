/** Destination `log`: one JSON line per reply, appended to a file. */
import type { Stats } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Delivery, DeliveryOutcome, Destination } from './destination.ts';

/** How far back a repeated delivery is looked for. */
const tailBytes = 4 * 1024 * 1024;

const storedBodySchema = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: z.record(z.string(), z.unknown()),
});
const lineSchema = z.looseObject({ webhookId: z.string() });

/** What this process knows of the end of the file. */
type OpenFile = {
  handle: FileHandle;
  stats: Stats;
  /** Everything before this offset has been read; it is always the start of a line. */
  readTo: number;
  /** webhookId -> offset of the end of its line, in the order of the file, for the last `tailBytes`. */
  recent: Map<string, number>;
};

/**
 * The same webhookId never gets a second line within the last 4 MiB of the file, also when an earlier attempt was cut
 * off by a crash, and when several processes append to one file: what was added since the last look is read first.
 * `now` in milliseconds since 1970.
 */
export function createLogDestination(
  settings: { name: string; path: string },
  now: () => number,
): Destination {
  const { name, path } = settings;
  let file: OpenFile | null = null;
  // Looking and appending belong together, so deliveries take turns.
  let turn: Promise<unknown> = Promise.resolve();

  async function append(delivery: Delivery): Promise<DeliveryOutcome> {
    const line = lineOf(delivery, now());
    if (line === null) return { kind: 'rejected', status: null, reason: 'the stored body is not a reply' };
    let isWriting = false;
    try {
      const known = file;
      // Until it is known to be good: a failure below must not leave a closed handle behind.
      file = null;
      file = await openCurrent(known, path);
      const { endsInsideLine } = await readNewLines(file);
      if (file.recent.has(delivery.webhookId)) return { kind: 'delivered', status: null };
      // A line that a full disk or a crash has cut off is closed first, so that it cannot spoil this one.
      const bytes = Buffer.from(endsInsideLine ? `\n${line}\n` : `${line}\n`);
      isWriting = true;
      const { bytesWritten } = await file.handle.write(bytes);
      if (bytesWritten === bytes.length) return { kind: 'delivered', status: null };
      return retry('only a part of the line could be written: the disk may be full', true);
    } catch (error) {
      return retry(reasonOf(error), !isWriting);
    }
  }

  function deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const outcome = turn.then(() =>
      signal.aborted ? retry('stopped before the line was written', true) : append(delivery),
    );
    turn = outcome;
    return outcome;
  }

  async function close(): Promise<void> {
    await turn;
    const closing = file;
    file = null;
    await closing?.handle.close();
  }

  return { name, type: 'log', deliver, close };
}

function lineOf(delivery: Delivery, nowMs: number): string | null {
  try {
    const fields = storedBodySchema.parse(JSON.parse(delivery.body));
    return JSON.stringify({ webhookId: delivery.webhookId, at: new Date(nowMs).toISOString(), ...fields });
  } catch {
    return null;
  }
}

/** The open file, or a new handle where the path is no longer that file (rotated or deleted). */
async function openCurrent(file: OpenFile | null, path: string): Promise<OpenFile> {
  if (file !== null) {
    const atPath = await stat(path).catch(() => null);
    if (atPath !== null && atPath.ino === file.stats.ino && atPath.dev === file.stats.dev) return file;
    await file.handle.close();
  }
  await mkdir(dirname(path), { recursive: true });
  // Replies are private: a new file is for its owner alone.
  const handle = await open(path, 'a+', 0o600);
  try {
    const stats = await handle.stat();
    return { handle, stats, readTo: 0, recent: new Map() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads what was appended since the last call, at most the last 4 MiB, and remembers the whole lines in it. */
async function readNewLines(file: OpenFile): Promise<{ endsInsideLine: boolean }> {
  const { handle, stats, recent } = file;
  // Pipes and devices have no past to read.
  if (!stats.isFile()) return { endsInsideLine: false };
  const { size } = await handle.stat();
  if (size < file.readTo) {
    // Somebody emptied the file.
    file.readTo = 0;
    recent.clear();
  }
  const start = Math.max(file.readTo, size - tailBytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
  const text = buffer.subarray(0, bytesRead);
  let lineStart = 0;
  for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, lineStart)) {
    const webhookId = webhookIdOfLine(text.toString('utf8', lineStart, end));
    if (webhookId !== null) recent.set(webhookId, start + end);
    lineStart = end + 1;
  }
  const rest = text.toString('utf8', lineStart);
  const webhookId = webhookIdOfLine(rest);
  // Whole but for its line end: it counts.
  if (webhookId !== null) recent.set(webhookId, start + bytesRead);
  file.readTo = start + lineStart;
  for (const [id, end] of recent) {
    if (end >= size - tailBytes) break;
    recent.delete(id);
  }
  return { endsInsideLine: rest !== '' };
}

function webhookIdOfLine(line: string): string | null {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data.webhookId : null;
  } catch {
    return null;
  }
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'the log file or its folder is not writable',
  EPERM: 'the log file or its folder is not writable',
  EROFS: 'the log file is on a read-only disk',
  EISDIR: 'the path of the log file is a folder',
  ENOTDIR: 'a part of the path of the log file is not a folder',
  EEXIST: 'a part of the path of the log file is not a folder',
};

function reasonOf(error: unknown): string {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  return reasons[code] ?? `the log file could not be written (${code})`;
}

function retry(reason: string, provablyUnsent: boolean): DeliveryOutcome {
  return { kind: 'retry', status: null, retryAfterMs: null, provablyUnsent, reason };
}
