/** Models behind the Anthropic Messages API, Anthropic's own or compatible. Only importer of @anthropic-ai/sdk. */
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import type { OutboundHttp } from '../outbound/fetch-over-undici.ts';
import type { ChatModel, ChatRequest, ModelSettings, ProviderSettings } from './chat.ts';
import { createHttpModel } from './http-model.ts';
import type { StatusError, StreamReader } from './http-model.ts';
import { asRecord, asString, parseJson } from './json.ts';
import type { JsonRecord } from './json.ts';
import { outputLimit } from './output-limit.ts';
import { systemContent } from './prompt-cache.ts';
import { emptyReading, finishOf, textOf } from './reading.ts';
import type { Reading } from './reading.ts';
import { withoutEnvironment } from './sdk-environment.ts';
import { jsonInstruction } from './structured.ts';
import { anthropicUsage } from './usage.ts';

export function createAnthropicModel(settings: ModelSettings, http: OutboundHttp): ChatModel {
  const client = createClient(settings, http);
  return createHttpModel(settings, {
    body: requestBody,
    // The raw response: the SDK's own stream costs twice as much, and hides how an answer ended.
    send: (body, call) => {
      const fetchOptions = { call, redirect: 'error' as const };
      return client.post('/v1/messages', { body, fetchOptions }).asResponse();
    },
    statusErrorOf,
    readJson,
    startStream,
  });
}

function createClient(settings: ModelSettings, http: OutboundHttp): Anthropic {
  const { provider } = settings;
  return withoutEnvironment('ANTHROPIC_', () => {
    return new Anthropic({
      apiKey: provider.apiKey ?? 'none',
      webhookKey: null,
      // The SDK adds /v1 itself; other providers' documents often show it as part of the base URL.
      baseURL: provider.baseUrl.replace(/\/v1\/?$/, ''),
      defaultHeaders: { ...authHeaders(provider), ...provider.headers },
      fetch: http.fetch,
      maxRetries: 0,
      // Our own bounds are shorter and also cover the body.
      timeout: settings.timeoutMs + 60_000,
      logLevel: 'off',
      openTelemetry: false,
    });
  });
}

/**
 * Anthropic itself takes the key as a bearer token, in the version of the API that the SDK names. Compatible servers
 * know the older version and look for the key in one place or the other, so they get it in both.
 */
function authHeaders(provider: ProviderSettings): Record<string, string | null> {
  const { apiKey, keyHeader } = provider;
  if (apiKey === null) return { authorization: null };
  if (keyHeader !== 'authorization') return { authorization: null, [keyHeader]: apiKey };
  if (new URL(provider.baseUrl).hostname === 'api.anthropic.com') return {};
  return { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
}

function requestBody(request: ChatRequest, settings: ModelSettings): JsonRecord {
  const { json } = request;
  const hasSchema = settings.structured === 'json_schema';
  const isInPrompt = json !== undefined && !hasSchema;
  const system = isInPrompt ? request.system + jsonInstruction(json.schema) : request.system;
  return {
    ...settings.params,
    model: settings.model,
    max_tokens: outputLimit(request, settings),
    system: systemContent(system, request, settings),
    messages: [{ role: 'user', content: request.user }],
    ...(json !== undefined && hasSchema
      ? {
          output_config: {
            // Where it says how long to think.
            ...asRecord(settings.params['output_config']),
            format: { type: 'json_schema', schema: json.schema },
          },
        }
      : {}),
    ...(request.stream ? { stream: true } : {}),
  };
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
  const base = { ...emptyReading(), usage: anthropicUsage(body['usage']), servedModel: servedModel(body) };
  if (!Array.isArray(body['content'])) {
    return { ...base, finish: 'bad_response', detail: 'the response has no content' };
  }
  return { ...base, text: textOf(body['content']), finish: finishOf(body['stop_reason']) };
}

function startStream(): StreamReader {
  const reading = emptyReading();
  let isDone = false;
  const usage: JsonRecord = {};
  const readers: Record<string, (data: JsonRecord) => void> = {
    message_start: ({ message }) => {
      const start = asRecord(message);
      if (start === null) return;
      reading.servedModel = servedModel(start);
      Object.assign(usage, counted(start['usage']));
      // What it counts at the start is not what will be billed.
      delete usage['output_tokens'];
    },
    content_block_delta: ({ delta }) => {
      const change = asRecord(delta);
      if (change?.['type'] === 'text_delta') reading.text += asString(change['text']) ?? '';
    },
    message_delta: (data) => {
      Object.assign(usage, counted(data['usage']));
      reading.finish = finishOf(asRecord(data['delta'])?.['stop_reason']) ?? reading.finish;
    },
    message_stop: () => {
      isDone = true;
    },
    error: (data) => {
      reading.error = data;
      isDone = true;
    },
  };
  return {
    onEvent: (event, data) => {
      if (isDone || event === 'ping') return;
      const value = asRecord(parseJson(data));
      if (value === null) {
        Object.assign(reading, { finish: 'bad_response', detail: 'an event is not a JSON object' });
        isDone = true;
        return;
      }
      const isError = asRecord(value['error']) !== null;
      const type = isError ? 'error' : (asString(value['type']) ?? event);
      if (Object.hasOwn(readers, type)) readers[type]?.(value);
    },
    isDone: () => isDone,
    reading: () => {
      reading.usage = anthropicUsage(usage);
      return reading;
    },
  };
}

/** Without nulls: an event that leaves a count out does not take back an earlier one. */
function counted(usage: unknown): JsonRecord {
  return Object.fromEntries(Object.entries(asRecord(usage) ?? {}).filter(([, value]) => value !== null));
}

function servedModel(body: JsonRecord): string | null {
  return asString(body['model']) || null;
}
