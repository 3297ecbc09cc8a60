/** The body of a response as it arrives: read once, whole (`text`) or chunk by chunk (`each`, `for await`). */
import type { Transform } from 'node:stream';
import { TierlineError } from '../errors.ts';

export type ResponseBodyOptions = {
  decoder: Transform | null;
  maxBytes: number;
  /** Closes the connection; called when the reader leaves early or the body is too large. */
  cancel: () => void;
};

const finished: IteratorResult<Buffer, undefined> = { done: true, value: undefined };

export class ResponseBody implements AsyncIterable<Buffer> {
  readonly #options: ResponseBodyOptions;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #isOver = false;
  #error: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(options: ResponseBodyOptions) {
    this.#options = options;
    const { decoder } = options;
    if (decoder === null) return;
    decoder.on('data', (chunk: Buffer) => this.#add(chunk));
    decoder.on('end', () => this.#settle(null));
    decoder.on('error', () =>
      this.#stop(new TierlineError('bad_encoding', 'the response could not be decompressed')),
    );
  }

  push(chunk: Buffer): void {
    const { decoder } = this.#options;
    if (decoder === null) this.#add(chunk);
    else if (!this.#isOver) decoder.write(chunk);
  }

  end(): void {
    const { decoder } = this.#options;
    if (decoder === null) this.#settle(null);
    else decoder.end();
  }

  fail(error: Error): void {
    this.#options.decoder?.destroy();
    this.#settle(error);
  }

  async text(): Promise<string> {
    const whole = await this.bytes();
    return whole.toString('utf8');
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(await this.bytes()).buffer;
  }

  /** Everything, once the body has ended. Rejects where it broke off. */
  async bytes(): Promise<Buffer> {
    while (!this.#isOver) await this.#change();
    if (this.#error !== null) throw this.#error;
    return this.#take();
  }

  /** What has arrived so far, for a reader that can use a part. */
  partialText(): string {
    return this.#take().toString('utf8');
  }

  /**
   * Hands every chunk to `visit` as it arrives, cheaper than `for await`. Resolves at the end of the body, or when `visit`
   * gives false, which closes the connection; rejects where the body broke off.
   */
  each(visit: (chunk: Buffer) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const pass = (): void => {
        try {
          while (this.#chunks.length > 0) {
            if (visit(this.#take())) continue;
            this.discard();
            resolve();
            return;
          }
        } catch (error) {
          this.discard();
          reject(error);
          return;
        }
        if (!this.#isOver) this.#wake = pass;
        else if (this.#error === null) resolve();
        else reject(this.#error);
      };
      pass();
    });
  }

  /** Closes the connection where the body has not ended: nobody wants the rest. */
  discard(): void {
    if (!this.#isOver) this.#options.cancel();
  }

  /** One reader at a time. Leaving the loop early closes the connection. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    return {
      next: async () => {
        while (this.#chunks.length === 0 && !this.#isOver) await this.#change();
        if (this.#chunks.length > 0) return { done: false, value: this.#take() };
        if (this.#error !== null) throw this.#error;
        return finished;
      },
      return: async () => {
        this.discard();
        return finished;
      },
    };
  }

  #add(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#size += chunk.length;
    if (this.#size > this.#options.maxBytes) {
      this.#stop(new TierlineError('body_too_large', `the response exceeds ${this.#options.maxBytes} bytes`));
      return;
    }
    this.#chunks.push(chunk);
    this.#notify();
  }

  /** Ends the body from our side: the connection has nothing more to give that we could use. */
  #stop(error: Error): void {
    this.#options.decoder?.destroy();
    this.#settle(error);
    this.#options.cancel();
  }

  #settle(error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#notify();
  }

  #take(): Buffer {
    const [first] = this.#chunks;
    const whole = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    return whole;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
