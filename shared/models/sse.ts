/**
 * Server-sent events out of bytes that may be cut anywhere, https://html.spec.whatwg.org/multipage/server-sent-events.html
 * (only `event` and `data`, which is what the model APIs use). Several times cheaper than the SDKs' own streams.
 */

export type SseParser = {
  push: (chunk: Uint8Array) => void;
  /** The stream is over: a last event without its blank line counts, half a line does not. */
  end: () => void;
};

const newline = 0x0a;

/** Calls `onEvent` for every event that has data; `event` is '' where the stream names none. */
export function createSseParser(onEvent: (event: string, data: string) => void): SseParser {
  // Bytes are decoded up to a line break only, which never lies inside a character.
  let pending: Uint8Array[] = [];
  let isFirst = true;
  let event = '';
  let data: string | null = null;

  function line(text: string): void {
    if (text === '') {
      if (data !== null) onEvent(event, data);
      event = '';
      data = null;
    } else if (text.startsWith('data:')) {
      const value = text.slice(text[5] === ' ' ? 6 : 5);
      data = data === null ? value : `${data}\n${value}`;
    } else if (text.startsWith('event:')) {
      event = text.slice(text[6] === ' ' ? 7 : 6);
    }
  }

  function lines(bytes: Uint8Array): void {
    let text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    if (isFirst && text.startsWith('\uFEFF')) text = text.slice(1);
    isFirst = false;
    const parts = text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
    // What follows the last line break is no line yet.
    for (let index = 0; index < parts.length - 1; index += 1) line(parts[index] ?? '');
  }

  return {
    push: (chunk) => {
      const end = chunk.lastIndexOf(newline) + 1;
      if (end === 0) {
        pending.push(chunk);
        return;
      }
      const complete = chunk.subarray(0, end);
      lines(pending.length === 0 ? complete : Buffer.concat([...pending, complete]));
      pending = end < chunk.length ? [chunk.subarray(end)] : [];
    },
    end: () => {
      lines(Buffer.concat(pending));
      line('');
    },
  };
}
