/** A model server as strict as the provider whose rules it is given: it refuses what that one refuses, in its words. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { anthropicAnswer, openAiAnswer } from './strict-provider-answers.ts';
import { flawOf, thinkingTokensOf } from './strict-provider-checks.ts';
import type { Flaw } from './strict-provider-checks.ts';
import type { Incident, Json, Refusal, StrictProvider } from './strict-provider-rules.ts';

export const strictKey = 'right-key';

export type StrictServer = {
  /** Without a path. */
  url: string;
  requests: { path: string; headers: IncomingHttpHeaders; body: Json; flaw: Flaw | null }[];
  /** What becomes of the next right request. */
  next: (what: Incident | 'errorIn200' | 'errorInStream' | 'filterFinish') => void;
  close: () => Promise<void>;
};

export async function startStrictProvider(rules: StrictProvider): Promise<StrictServer> {
  const requests: StrictServer['requests'] = [];
  let planned: Parameters<StrictServer['next']>[0] | null = null;
  const server = createServer((incoming, response) => {
    void readText(incoming).then((text) => {
      const path = incoming.url ?? '';
      const { headers } = incoming;
      const body = parse(text);
      const flaw = flawOf(rules, { path, headers, body, key: strictKey });
      requests.push({ path, headers, body, flaw });
      if (flaw !== null) return refuse(response, refusalOf(rules, flaw), flaw.param ?? '', body);
      const now = planned;
      planned = null;
      return answer(response, rules, body, now);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    next: (what) => {
      planned = what;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A flaw that the provider has no words of its own for, as far as we know: nothing may ever reach it. */
function refusalOf(rules: StrictProvider, { kind }: Flaw): Refusal {
  const refusal = kind === 'elsewhere' || kind === 'malformed' ? undefined : rules.flaws[kind];
  return (
    refusal ?? {
      status: kind === 'elsewhere' ? 404 : 400,
      body: { detail: `the test's server refuses: ${kind} {param}` },
      source: 'every provider',
      fault: kind === 'elsewhere' ? 'not_found' : 'bad_request',
    }
  );
}

function refuse(response: ServerResponse, refusal: Refusal, param: string, body: Json): void {
  const text = JSON.stringify(refusal.body)
    .replaceAll('{param}', param)
    .replaceAll('{model}', typeof body['model'] === 'string' ? body['model'] : '');
  response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers }).end(text);
}

function answer(
  response: ServerResponse,
  rules: StrictProvider,
  body: Json,
  planned: Parameters<StrictServer['next']>[0] | null,
): void {
  const isOwn = planned === 'errorIn200' || planned === 'errorInStream' || planned === 'filterFinish';
  if (planned !== null && !isOwn) {
    const incident = rules.incidents[planned];
    if (incident === undefined) throw new Error(`${rules.preset} has no ${planned}`);
    return refuse(response, incident, '', body);
  }
  if (planned === 'errorIn200') {
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify(rules.errorIn200?.body));
  }
  const said = {
    stream: body['stream'] === true,
    thinking: thinkingTokensOf(rules, body),
    isFiltered: planned === 'filterFinish',
    breaksWith: planned === 'errorInStream' ? rules.errorInStream?.data : undefined,
  };
  const text =
    rules.api === 'anthropic' ? anthropicAnswer(rules, body, said) : openAiAnswer(rules, body, said);
  response.writeHead(200, {
    'content-type': said.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-request-id': 'req_strict',
    // A stream's cost is not known when its headers are sent.
    ...(said.stream ? {} : rules.answerHeaders),
  });
  response.end(text);
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
