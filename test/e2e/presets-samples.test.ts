/** `npm start` posts sample tickets by itself only where that costs nothing and reaches nobody. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { projectRoot } from '../fakes/command.ts';
import { startProvider } from '../fakes/provider.ts';
import { apiKey, openWorld, webhookSecret } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const posting = /^Posting \d+ sample tickets/m;

type Case = {
  name: string;
  args: string[];
  env: Record<string, string>;
  destination: object;
  posts: boolean;
};
const file = { type: 'log', path: 'replies.jsonl' };
const hook = {
  type: 'webhook',
  url: 'http://127.0.0.1:9/hook',
  secret: webhookSecret,
  allowPrivateNetworks: true,
};

const cases: Case[] = [
  { name: 'without a key it posts them', args: [], env: {}, destination: file, posts: true },
  {
    name: 'with a key it posts none',
    args: [],
    env: { MISTRAL_API_KEY: 'k' },
    destination: file,
    posts: false,
  },
  {
    name: 'with a key and --samples it posts them',
    args: ['--samples'],
    env: { MISTRAL_API_KEY: 'k' },
    destination: file,
    posts: true,
  },
  {
    name: 'with a server of one’s own it posts none',
    args: [],
    env: { OLLAMA_BASE_URL: 'http://127.0.0.1:9' },
    destination: file,
    posts: false,
  },
  { name: 'where answers go to somebody it posts none', args: [], env: {}, destination: hook, posts: false },
];

describe('npm start', { concurrency: 2 }, () => {
  for (const [index, { name, args, env, destination, posts }] of cases.entries()) {
    test(name, async (t) => {
      const provider = await startProvider({ behave: { text: 'It left on Monday.' } });
      t.after(() => provider.close());
      const config = path.join(world.folder, `samples-${index}.json`);
      await writeFile(
        config,
        JSON.stringify({
          providers: {
            mistral: { preset: 'mistral', apiKey: '${env:MISTRAL_API_KEY}', baseUrl: `${provider.url}/v1` },
            ollama: { preset: 'ollama', baseUrl: '${env:OLLAMA_BASE_URL}' },
            house: { api: 'house' },
          },
          models: {
            small: { provider: 'mistral', model: 'mistral-small-2603' },
            own: { provider: 'ollama', model: 'gemma3:4b' },
            house: { provider: 'house' },
          },
          classifier: { queryTypes: { shipping: { examples: ['Where is my parcel?'] } } },
          tiers: { simple: { models: ['small', 'own', 'house'] } },
          sources: { shop: { platform: 'generic' } },
          destinations: { out: destination },
          knowledge: { folder: path.join(projectRoot, 'infra/sample-shop/articles') },
        }),
      );
      const child = spawn(
        process.execPath,
        [path.join(projectRoot, 'services/cli/main.ts'), 'start', ...args, '--config', config],
        {
          cwd: projectRoot,
          stdio: ['ignore', 'pipe', 'ignore'],
          env: {
            PATH: process.env['PATH'],
            REDIS_URL: world.redis.url,
            TIERLINE_PREFIX: `samples-${index}`,
            TIERLINE_API_KEYS: apiKey,
            INGEST_PORT: '0',
            CONSOLE_PORT: '0',
            ...env,
          },
        },
      );
      const exited = once(child, 'exit');
      t.after(async () => {
        child.kill('SIGKILL');
        await exited;
      });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
        for (;;) {
          const found = pattern.exec(said);
          if (found !== null) return found;
          assert.equal(child.exitCode, null, said);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const [, url] = await until(/^ingest (\S+)[^]*^curl /m);
      if (posts) {
        await until(posting);
        return;
      }
      // A ticket that was posted after the start is through: samples would have begun long before.
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ source: 'shop', externalId: 'T-1', body: 'Where is my parcel?' });
      const posted = await fetch(`${url}/v1/tickets`, { method: 'POST', headers, body });
      const { ticketId } = (await posted.json()) as { ticketId: string };
      for (let isThrough = false; !isThrough;) {
        const { timeline } = (await (await fetch(`${url}/v1/tickets/${ticketId}`, { headers })).json()) as {
          timeline: { state: string }[];
        };
        isThrough = timeline.some(({ state }) => state !== 'queued');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.doesNotMatch(said, posting);
    });
  }
});
