/** A model server that classifies at once and answers only when it is told to, so that a test decides what happens during a call. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { openAiWire } from '../fakes/provider-wire.ts';
import type { TimedCall } from './limits.ts';
import { markersIn } from './messages.ts';

export type HeldProvider = {
  url: string;
  calls: TimedCall[];
  /** Answers for one ticket that were asked for so far, given or held. */
  asked: (marker: string) => number;
  /** Sends the answers that are held for these tickets. */
  release: (markers: readonly string[]) => void;
  /** The same, and from now on they are answered at once. */
  free: (markers: readonly string[]) => void;
  /** From now on every answer is given at once. */
  releaseAll: () => void;
  close: () => Promise<void>;
};

const labels = JSON.stringify({ queryType: 'shipping', complexity: 0.1, language: 'en' });
const usage = { input: 512, output: 120 };

/** Each answer's text is its own. `ownMarker` says which of a prompt's messages the ticket's own is; the others it speaks for. */
export async function startHeldProvider(ownMarker: (markers: string[]) => string): Promise<HeldProvider> {
  const calls: TimedCall[] = [];
  const held: { marker: string; give: () => void }[] = [];
  let isOpen = false;
  const freed = new Set<string>();
  const answer = (response: ServerResponse, body: string, process: string): void => {
    const requestId = `req_held_${calls.length + 1}`;
    const isAnswer = !body.includes('"response_format"');
    const markers = markersIn(body);
    const marker = ownMarker(markers);
    const text = isAnswer ? `Held reply ${calls.length + 1}.` : labels;
    const purpose = isAnswer ? 'answer' : 'classify';
    const seen = { requestId, purpose, marker, markers, text } as const;
    const call: TimedCall = { ...seen, model: 'small-1', process, arrivedAt: Date.now(), endedAt: null };
    calls.push(call);
    response.once('close', () => (call.endedAt = Date.now()));
    const give = (): void => {
      const wire = openAiWire({ text, usage }, 'small-1');
      const type = isAnswer ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type, 'x-request-id': requestId });
      response.end(isAnswer ? [...wire.before, ...wire.pieces, ...wire.after].join('') : wire.json);
    };
    if (isAnswer && !isOpen && !freed.has(marker)) held.push({ marker, give });
    else give();
  };
  const release = (isMeant: (marker: string) => boolean): void => {
    for (const { marker, give } of held.splice(0)) {
      if (isMeant(marker)) give();
      else held.push({ marker, give });
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const process = String(request.headers['x-process'] ?? '');
      answer(response, Buffer.concat(chunks).toString('utf8'), process);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    calls,
    asked: (marker) => calls.filter((call) => call.purpose === 'answer' && call.marker === marker).length,
    release: (markers) => release((marker) => markers.includes(marker)),
    free(markers) {
      for (const marker of markers) freed.add(marker);
      release((marker) => markers.includes(marker));
    },
    releaseAll() {
      isOpen = true;
      release(() => true);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
