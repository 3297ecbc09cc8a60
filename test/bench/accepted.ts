/** Webhooks that the intake accepts per second (verified, parsed, stored, hinted), against a bare fastify with one queue.add. */
import { createHmac } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testConfig } from '../fakes/system.ts';
import { benchBody, inParallel, median, startChild, withRedis } from './world.ts';
import type { Child } from './world.ts';

const script = new URL('webhook-servers.ts', import.meta.url).pathname;
const width = 100;
const secret = 'zendesk-signing-secret';

/** A customer's comment as Zendesk tells it. */
function zendeskEvent(id: string): { body: string; headers: Record<string, string> } {
  const now = new Date().toISOString();
  const body = JSON.stringify({
    account_id: 22129848,
    detail: {
      actor_id: '8447388090495',
      created_at: now,
      id,
      is_public: true,
      requester_id: '8447388090495',
      status: 'OPEN',
      subject: 'Where is my parcel?',
      tags: ['web'],
      via: { channel: 'web_service' },
    },
    event: {
      comment: {
        id: `c${id}`,
        body: benchBody,
        is_public: true,
        author: { id: '8447388090495', is_staff: false, name: 'Ana' },
      },
    },
    id: `event-${id}`,
    subject: `zen:ticket:${id}`,
    time: now,
    type: 'zen:event-type:ticket.comment_added',
    zendesk_event_version: '2022-11-06',
  });
  const signature = createHmac('sha256', secret).update(now).update(body).digest('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-zendesk-webhook-signature': signature,
      'x-zendesk-webhook-signature-timestamp': now,
    },
  };
}

function post(agent: Agent, url: string, event: ReturnType<typeof zendeskEvent>): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method: 'POST', agent, headers: event.headers }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 202 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(event.body);
  });
}

async function measure(server: Child, events: number, run: string): Promise<number> {
  const url = await server.ask<string>('url');
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  // Made before the clock starts: signing is the helpdesk's work.
  const made = Array.from({ length: events }, (_, i) => zendeskEvent(`${run}${i}`));
  const from = performance.now();
  await inParallel(events, width, (i) => post(agent, url, made[i]!));
  const perSecond = (events / (performance.now() - from)) * 1000;
  agent.destroy();
  return perSecond;
}

export async function benchAccepted(options: { rounds: number; events: number }) {
  return withRedis('everysec', async (_redis, redisUrl) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tierline-bench-'));
    const file = path.join(folder, 'tierline.json');
    const config = testConfig({ providerUrl: 'http://127.0.0.1:1', receiverUrl: 'http://127.0.0.1:1' });
    const sources = { desk: { platform: 'zendesk', secret, destination: 'hook' } };
    await writeFile(file, JSON.stringify({ ...config, sources }));
    const bare = await startChild(script, ['bare', redisUrl]);
    const ours = await startChild(script, ['ours', redisUrl, file]);
    const rates: { bare: number[]; ours: number[] } = { bare: [], ours: [] };
    for (let round = 0; round <= options.rounds; round += 1) {
      const one = await measure(bare, options.events, `1${round}`);
      const two = await measure(ours, options.events, `2${round}`);
      // The first round warms up.
      if (round === 0) continue;
      rates.bare.push(one);
      rates.ours.push(two);
    }
    await bare.stop();
    await ours.stop();
    await rm(folder, { recursive: true, force: true });
    return {
      bare: Math.round(median(rates.bare)),
      ours: Math.round(median(rates.ours)),
      ratio: Number(median(rates.ours.map((rate, i) => rate / rates.bare[i]!)).toFixed(2)),
    };
  });
}
