/** Models behind the OpenAI Chat Completions API, which most providers and gateways speak. Only importer of openai. */
import OpenAI, { APIError } from 'openai';
import type { OutboundHttp } from '../outbound/fetch-over-undici.ts';
import type { ChatModel, ChatRequest, ModelSettings, ProviderSettings } from './chat.ts';
import { createHttpModel } from './http-model.ts';
import type { StatusError, StreamReader } from './http-model.ts';
import { asRecord, asString, parseJson } from './json.ts';
import type { JsonRecord } from './json.ts';
import { outputLimit } from './output-limit.ts';
import { cacheOptions, systemContent } from './prompt-cache.ts';
import { emptyReading, finishOf, textOf } from './reading.ts';
import type { Reading } from './reading.ts';
import { withoutEnvironment } from './sdk-environment.ts';
import { jsonInstruction } from './structured.ts';
import { openAiUsage } from './usage.ts';

export function createOpenAiModel(settings: ModelSettings, http: OutboundHttp): ChatModel {
  const client = createClient(settings, http);
  return createHttpModel(settings, {
    body: requestBody,
    // The raw response: the SDK's own stream costs twice as much, and hides how an answer ended.
    send: (body, call) => {
      const fetchOptions = { call, redirect: 'error' as const };
      return client.post('/chat/completions', { body, fetchOptions }).asResponse();
    },
    statusErrorOf,
    readJson,
    startStream,
  });
}

function createClient(settings: ModelSettings, http: OutboundHttp): OpenAI {
  const { provider } = settings;
  return withoutEnvironment('OPENAI_', () => {
    return new OpenAI({
      // The SDK insists on a key, and sends it in one header only; ours is decided by keyHeaders.
      apiKey: provider.apiKey ?? 'none',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      baseURL: provider.baseUrl,
      defaultHeaders: { ...keyHeaders(provider), ...provider.headers },
      fetch: http.fetch,
      maxRetries: 0,
      // Our own bounds are shorter and also cover the body.
      timeout: settings.timeoutMs + 60_000,
      logLevel: 'off',
    });
  });
}

/** A server that needs no key gets none. */
function keyHeaders({ apiKey, keyHeader }: ProviderSettings): Record<string, string | null> {
  if (keyHeader === 'authorization' && apiKey !== null) return {};
  return { authorization: null, ...(apiKey === null ? {} : { [keyHeader]: apiKey }) };
}

/** Strict servers refuse properties they do not know, so the body holds only what the settings ask for. */
function requestBody(request: ChatRequest, settings: ModelSettings): JsonRecord {
  const { provider } = settings;
  const { json } = request;
  const isInPrompt = json !== undefined && settings.structured !== 'json_schema';
  const system = isInPrompt ? request.system + jsonInstruction(json.schema) : request.system;
  return {
    ...cacheOptions(request, settings),
    ...settings.params,
    model: settings.model,
    messages: [
      { role: 'system', content: systemContent(system, request, settings) },
      { role: 'user', content: request.user },
    ],
    [provider.tokenParam]: outputLimit(request, settings),
    ...(json === undefined ? {} : responseFormat(json, settings.structured)),
    ...(request.stream ? { stream: true } : {}),
    ...(request.stream && provider.streamUsage ? { stream_options: { include_usage: true } } : {}),
  };
}

function responseFormat(
  json: NonNullable<ChatRequest['json']>,
  structured: ModelSettings['structured'],
): JsonRecord {
  if (structured === 'prompt') return {};
  if (structured === 'json_object') return { response_format: { type: 'json_object' } };
  const { name, schema } = json;
  return { response_format: { type: 'json_schema', json_schema: { name, schema, strict: true } } };
}

function statusErrorOf(error: unknown): StatusError | null {
  if (!hasStatus(error)) return null;
  return { status: error.status, headers: error.headers, body: error.error ?? error.message };
}

/** The SDK's error classes also stand for failures without a response. */
function hasStatus(error: unknown): error is APIError<number, Headers> {
  return error instanceof APIError && typeof error.status === 'number' && error.headers !== undefined;
}

function readJson(body: JsonRecord): Reading {
  const choice = firstChoice(body);
  const message = asRecord(choice?.['message']);
  const { usage } = body;
  const base = {
    ...emptyReading(),
    usage: openAiUsage(usage),
    rawUsage: usage,
    servedModel: servedModel(body),
  };
  // OpenRouter, where the provider behind it broke off.
  if (isError(choice?.['error'])) return { ...base, error: choice };
  if (choice === null || message === null) {
    return { ...base, finish: 'bad_response', detail: 'the response has no choices' };
  }
  const isRefused = isText(message['refusal']);
  return {
    ...base,
    text: textOf(message['content']),
    finish: isRefused ? 'refused' : finishOf(choice['finish_reason']),
  };
}

function startStream(): StreamReader {
  const reading = emptyReading();
  let usage: unknown;
  let isDone = false;
  let isRefused = false;
  const stop = (): void => {
    isDone = true;
  };
  return {
    onEvent: (event, data) => {
      if (isDone) return;
      if (data === '[DONE]') return stop();
      const chunk = chunkOf(data);
      if (chunk === null) {
        Object.assign(reading, { finish: 'bad_response', detail: 'an event is not a JSON object' });
        return stop();
      }
      if (event === 'error' || isError(chunk['error'])) {
        reading.error = chunk;
        return stop();
      }
      // Some servers report the usage so far in every chunk; the last one counts.
      usage = usageIn(chunk) ?? usage;
      reading.servedModel ??= servedModel(chunk);
      const choice = firstChoice(chunk);
      if (choice === null) return;
      const delta = asRecord(choice['delta']);
      if (delta !== null) {
        reading.text += textOf(delta['content']);
        isRefused ||= isText(delta['refusal']);
      }
      const finish = finishOf(choice['finish_reason']);
      if (finish !== null) reading.finish = isRefused ? 'refused' : finish;
    },
    isDone: () => isDone,
    reading: () => {
      reading.usage = openAiUsage(usage);
      reading.rawUsage = usage;
      return reading;
    },
  };
}

/** Google wraps its errors in a list, in streams too. */
function chunkOf(data: string): JsonRecord | null {
  const value = parseJson(data);
  return asRecord(Array.isArray(value) ? value[0] : value);
}

/** Groq has a place of its own for it. */
function usageIn(chunk: JsonRecord): unknown {
  return chunk['usage'] ?? asRecord(chunk['x_groq'])?.['usage'];
}

function firstChoice(body: JsonRecord): JsonRecord | null {
  const { choices } = body;
  return Array.isArray(choices) ? asRecord(choices[0]) : null;
}

function servedModel(body: JsonRecord): string | null {
  return asString(body['model']) || null;
}

function isError(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
