/** Reads a request's body into memory, up to a limit that is asked for with every request: sources change while we run. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpProblem } from './http-problem.ts';

/** Bodies of this content type arrive as bytes. */
export function acceptBytes(server: FastifyInstance, contentType: string, maxBytes: () => number): void {
  server.addContentTypeParser(contentType, (request, payload, done) => {
    const limit = maxBytes();
    const tooLarge = (): HttpProblem =>
      new HttpProblem('too-large', `The body is larger than ${limit} bytes.`);
    if (Number(request.headers['content-length']) > limit) return done(tooLarge());
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (error: Error | null): void => {
      payload.off('data', onData).off('end', onEnd).off('error', onError);
      if (error) done(error);
      else done(null, Buffer.concat(chunks, size));
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) finish(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish(null);
    // The sender went away in the middle of it.
    const onError = (): void => finish(new HttpProblem('bad-request'));
    payload.on('data', onData).on('end', onEnd).on('error', onError);
    payload.resume();
  });
}

/** Without a content type there was no body. */
export function bodyOf(request: Pick<FastifyRequest, 'body'>): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
