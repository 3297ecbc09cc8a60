/** Model servers with moods: healthy mostly, and for a while as a provider is that fails. Every answer's text is its own. */
import { startProvider } from '../fakes/provider.ts';
import type { Behaviour, ProviderRequest } from '../fakes/provider.ts';
import type { TimedCall } from './limits.ts';
import { markersIn } from './messages.ts';
import type { Message } from './messages.ts';
import type { Random } from './random.ts';

/** What a provider does to its calls; `share` of them while the mood lasts. `isServed`: work was done, which may be billed. */
type Mood = { share: number; isServed: boolean; behave: (random: Random) => Behaviour };

const refusal = (status: number, type: string, message: string): Behaviour => ({
  status,
  error: { type, message },
});

export const moods = {
  'rate limit': {
    share: 0.7,
    isServed: false,
    behave: () => ({
      ...refusal(429, 'rate_limit_exceeded', 'Too many requests.'),
      headers: { 'retry-after': '1' },
    }),
  },
  'server errors': {
    share: 0.6,
    isServed: false,
    behave: () => refusal(500, 'server_error', 'It failed.'),
  },
  stall: { share: 0.4, isServed: true, behave: () => ({ stallAfterChunks: 2, stallAfterBytes: 40 }) },
  cut: { share: 0.5, isServed: true, behave: () => ({ cutAfterChunks: 2, cutAfterBytes: 40 }) },
  slow: { share: 0.6, isServed: true, behave: (random) => ({ delayMs: random.between(1000, 3500) }) },
  silence: { share: 0.4, isServed: false, behave: () => ({ hang: true }) },
  nonsense: { share: 0.5, isServed: false, behave: () => ({ html: true }) },
  outage: { share: 1, isServed: false, behave: () => ({ resetBeforeHeaders: true }) },
} satisfies Record<string, Mood>;
export type MoodName = keyof typeof moods;

export type MoodyProvider = {
  url: string;
  calls: TimedCall[];
  /** null: healthy. */
  be: (mood: MoodName | null) => void;
  close: () => Promise<void>;
};

/** The newest message of a prompt is the ticket's own; it speaks for the others. */
export function ownMarkerOf(messages: ReadonlyMap<string, Message>): (markers: string[]) => string {
  const at = (marker: string): number => messages.get(marker)?.createdAtMs ?? 0;
  return (markers) => markers.toSorted((a, b) => at(b) - at(a))[0] ?? '';
}

const healthyFailures = 0.02;

export async function startMoodyProvider(
  name: string,
  random: Random,
  ownMarker: (markers: string[]) => string,
): Promise<MoodyProvider> {
  const calls: TimedCall[] = [];
  let present: MoodName | null = null;
  const answer = (request: ProviderRequest): Behaviour => {
    const mood: Mood | null = present === null ? null : moods[present];
    const hit = mood !== null && random.chance(mood.share) ? mood : null;
    const isRefused = hit === null && random.chance(healthyFailures);
    const requestId = `req_${name}_${request.number}`;
    const purpose = 'response_format' in request.body ? 'classify' : 'answer';
    const text = purpose === 'classify' ? labels(random) : `Reply ${request.number} of ${name}.`;
    const isServed = hit?.isServed ?? !isRefused;
    log(calls, request, { requestId, purpose, text: isServed ? text : null, ownMarker });
    const usage = { input: random.between(100, 900), output: random.between(10, 200) };
    const healthy = {
      delayMs: random.between(200, 800),
      headers: { 'x-request-id': requestId },
      text,
      usage,
    };
    if (isRefused) return { ...healthy, ...refusal(503, 'server_error', 'Try again.') };
    if (hit === null) return healthy;
    const behaviour = hit.behave(random);
    return { ...healthy, ...behaviour, headers: { ...healthy.headers, ...behaviour.headers } };
  };
  const provider = await startProvider({ behave: answer, record: false });
  return {
    url: provider.url,
    calls,
    be: (mood) => void (present = mood),
    close: provider.close,
  };
}

function log(
  calls: TimedCall[],
  request: ProviderRequest,
  seen: Pick<TimedCall, 'requestId' | 'purpose' | 'text'> & { ownMarker: (markers: string[]) => string },
): void {
  const { ownMarker, ...rest } = seen;
  const markers = markersIn(JSON.stringify(request.body));
  const call: TimedCall = {
    ...rest,
    marker: ownMarker(markers),
    markers,
    model: request.model,
    process: String(request.headers['x-process'] ?? ''),
    arrivedAt: Date.now(),
    endedAt: null,
  };
  calls.push(call);
  void request.ended.then(() => (call.endedAt = Date.now()));
}

function labels(random: Random): string {
  const queryType = random.pick(['refund', 'shipping', 'troubleshooting']);
  return JSON.stringify({ queryType, complexity: Math.round(random.next() * 100) / 100, language: 'en' });
}
