/**
 * What one model call costs this process: CPU of the openai SDK as it comes, against our whole call with permit, breaker,
 * time bounds, guard and ledger row (opened before, settled after, in a real Redis), plain and streamed. The provider runs in a process of its own; rounds are interleaved and medians taken, so that a busy machine hits both.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { OpenAI } from 'openai';
import type { App } from '../../shared/app.ts';
import { callModel } from '../../shared/models/call.ts';
import type { CallResult } from '../../shared/models/call.ts';
import type { ChatModel, ChatRequest, ModelSettings } from '../../shared/models/chat.ts';
import { createOpenAiModel } from '../../shared/models/openai.ts';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import type { Behaviour } from '../fakes/provider.ts';
import { machineryApp } from './machinery-app.ts';
import { benchTicket } from './machinery.ts';
import { withRedis } from './world.ts';

type CallCost = { stockMicros: number; oursMicros: number; ratio: number };
export type ModelCallFigures = { plain: CallCost; streamed: CallCost };

const system = 'You answer customers of a shop. Be brief and polite, and promise nothing. '.repeat(4);
const user = 'My order 5531 has not arrived yet. Could you tell me where it is? '.repeat(24);
const maxOutputTokens = 400;
/** 18 pieces of text, 21 events in all; 1 ms apart, so that most arrive alone, as they do from a model. */
const behaviour: Behaviour = {
  text: 'Your order is on its way. '.repeat(18),
  chunkCount: 18,
  chunkDelayMs: 1,
};

export async function benchModelCall(
  options: { calls?: number; rounds?: number; concurrency?: number } = {},
): Promise<ModelCallFigures> {
  const { calls = 600, rounds = 7, concurrency = 50 } = options;
  const child = fork(new URL('../fakes/provider-process.ts', import.meta.url), [JSON.stringify(behaviour)]);
  const url = await new Promise<unknown>((resolve) => child.once('message', resolve));
  if (typeof url !== 'string') throw new Error('the provider did not start');
  const http = createOutboundHttp();
  const figures = await withRedis('no', async (_redis, redisUrl) => {
    const app = machineryApp(redisUrl);
    const subjects = callers(`${url}/v1`, http, await leasedCalls(app, concurrency));
    const measured = await measure(subjects, { calls, rounds, concurrency });
    await app.hints.close();
    app.redis.disconnect();
    return measured;
  });
  await http.close();
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
  return figures;
}

type Subjects = Record<string, () => Promise<string>>;

async function measure(
  subjects: Subjects,
  options: { calls: number; rounds: number; concurrency: number },
): Promise<ModelCallFigures> {
  const { calls, rounds, concurrency } = options;
  const costs = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, call] of Object.entries(subjects)) {
      const micros = await cpuPerCall(call, calls, concurrency);
      // The first round only warms up.
      if (round > 0) costs.get(name)?.push(micros);
    }
  }
  const cost = (stock: string, ours: string): CallCost => {
    const stockMicros = median(costs.get(stock) ?? []);
    const oursMicros = median(costs.get(ours) ?? []);
    return {
      stockMicros: Math.round(stockMicros),
      oursMicros: Math.round(oursMicros),
      ratio: Number((oursMicros / stockMicros).toFixed(3)),
    };
  };
  return { plain: cost('stockPlain', 'oursPlain'), streamed: cost('stockStreamed', 'oursStreamed') };
}

type LeasedCall = (chat: ChatModel, request: ChatRequest) => Promise<CallResult>;

/** Calls as a tier worker makes them: for tickets whose lease is held, their rows settled. */
async function leasedCalls(app: App, tickets: number): Promise<LeasedCall> {
  const claims: { ticketId: string; token: string }[] = [];
  for (let i = 0; i < tickets; i += 1) {
    const ticket = benchTicket(i, 'call');
    const identity = app.record.identify(ticket, 'message');
    await app.record.accept(ticket, identity, 'classify');
    await app.record.claim(identity.ticketId, 'classify', `token-${i}`, []);
    claims.push({ ticketId: identity.ticketId, token: `token-${i}` });
  }
  const [handle] = app.runtime().usableModels(['model']);
  const cell = { queryType: 'shipping', language: 'en', tier: 'simple' };
  const { signal } = new AbortController();
  let next = 0;
  return async (chat, request) => {
    const claim = claims[(next += 1) % claims.length]!;
    const result = await callModel(
      app,
      claim,
      { ...handle!, chat },
      { request, purpose: 'answer', cell, signal },
    );
    if (result.kind === 'answer') {
      const settled = {
        number: result.number,
        row: result.row,
        cell: { ...cell, model: 'small', purpose: 'answer' as const },
      };
      await app.record.settle(claim.ticketId, [{ ...settled, fault: null, countsTicket: true }]);
    }
    return result;
  };
}

function callers(
  baseUrl: string,
  http: ReturnType<typeof createOutboundHttp>,
  leasedCall: LeasedCall,
): Subjects {
  const stock = new OpenAI({
    apiKey: 'bench',
    baseURL: baseUrl,
    maxRetries: 0,
    organization: null,
    project: null,
  });
  const ours = createOpenAiModel(settings(baseUrl), http);
  const body = {
    model: 'small',
    messages: [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content: user },
    ],
    max_completion_tokens: maxOutputTokens,
  };
  const callOurs = async (stream: boolean): Promise<string> => {
    const result = await leasedCall(ours, { system, user, maxOutputTokens, stream });
    if (result.kind !== 'answer') throw new Error(`the call ended as ${result.kind}`);
    return result.answer.text;
  };
  return {
    stockPlain: async () => {
      const completion = await stock.chat.completions.create(body);
      return completion.choices[0]?.message.content ?? '';
    },
    oursPlain: () => callOurs(false),
    stockStreamed: async () => {
      const options = { stream: true as const, stream_options: { include_usage: true } };
      let text = '';
      for await (const chunk of await stock.chat.completions.create({ ...body, ...options })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
      return text;
    },
    oursStreamed: () => callOurs(true),
  };
}

function settings(baseUrl: string): ModelSettings {
  return {
    name: 'small',
    model: 'small',
    provider: {
      name: 'bench',
      api: 'openai',
      baseUrl,
      apiKey: 'bench',
      needsKey: true,
      headers: {},
      tokenParam: 'max_completion_tokens',
      streams: true,
      streamUsage: true,
      keyHeader: 'authorization',
      faultCodes: {},
      reportedCost: null,
    },
    maxOutputTokens,
    contextTokens: 128_000,
    thinkingTokens: 0,
    timeoutMs: 30_000,
    firstByteTimeoutMs: 10_000,
    idleTimeoutMs: 5_000,
    structured: 'json_schema',
    cache: { kind: 'none', minTokens: 0 },
    params: {},
    always: false,
  };
}

async function cpuPerCall(call: () => Promise<string>, calls: number, concurrency: number): Promise<number> {
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const text = await call();
      if (text.trim() !== behaviour.text?.trim()) throw new Error('the answer is not what the provider sent');
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const used = process.cpuUsage(before);
  return (used.user + used.system) / calls;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
