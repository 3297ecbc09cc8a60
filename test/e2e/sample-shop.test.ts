/** `npm start` as shipped, without any key: every sample ticket is posted, ends, and is printed with what became of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { projectRoot } from '../fakes/command.ts';
import { apiKey, openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

type Reply = {
  type: string;
  data: { externalId: string; text: string; model: string | null; sources: { path: string }[] };
};
type Sample = { ticket: { externalId: string }; expect: { article: string | null } };

const jsonLines = async <T>(file: string): Promise<T[]> =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

/** The shipped configuration beside another replies file; its own files stay where they are. */
async function writeConfig(file: string, replies: string): Promise<void> {
  const shipped = parse(await readFile(path.join(projectRoot, 'tierline.yaml'), 'utf8'), { merge: true }) as {
    tiers: Record<string, { context?: string[]; prompt?: string }>;
  };
  const inProject = (name: string): string => path.join(projectRoot, name);
  for (const tier of Object.values(shipped.tiers)) {
    if (tier.context) tier.context = tier.context.map(inProject);
    if (tier.prompt) tier.prompt = inProject(tier.prompt);
  }
  const changed = {
    ...shipped,
    destinations: { file: { type: 'log', path: replies } },
    knowledge: { folder: inProject('infra/sample-shop/articles') },
  };
  await writeFile(file, JSON.stringify(changed));
}

test('the samples are answered from their articles or handed to people, and the end sums it up', async (t) => {
  const replies = path.join(world.folder, 'replies.jsonl');
  const config = path.join(world.folder, 'shipped.json');
  await writeConfig(config, replies);
  const child = spawn(
    process.execPath,
    [path.join(projectRoot, 'services/cli/main.ts'), 'start', '--config', config],
    {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: world.redis.url,
        TIERLINE_PREFIX: 'sample-shop',
        TIERLINE_API_KEYS: apiKey,
        INGEST_PORT: '0',
        CONSOLE_PORT: '0',
      },
    },
  );
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let said = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  while (!said.includes('Ctrl-C stops.')) {
    assert.equal(child.exitCode, null, complained);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  const samples = await jsonLines<Sample>(path.join(projectRoot, 'infra/sample-shop/tickets.jsonl'));
  const sent = await jsonLines<Reply>(replies);
  assert.equal(sent.length, samples.length, 'each ends once, with a reply or with a hand-off');
  const answered = sent.filter(({ type }) => type === 'ticket.reply');
  const numberOf = (externalId: string): string => externalId.split('-').slice(0, 2).join('-');
  const articles = new Map(
    answered.map(({ data }) => [numberOf(data.externalId), data.sources[0]?.path.split('.')[0]]),
  );
  const right = samples.filter(
    ({ ticket, expect }) => articles.get(ticket.externalId) === (expect.article ?? undefined),
  );
  assert.ok(right.length >= samples.length * 0.9, `${right.length} of ${samples.length} as expected`);
  for (const { data } of answered) assert.equal(data.model, 'house');

  const people = samples.length - answered.length;
  const block = /^(?:simple|standard|complex) +\w+ +\w{2,3} +(house|people) +\$0 {2}.+\n {4}\S/gm;
  const blocks = [...said.matchAll(block)].map(([, model]) => model);
  assert.equal(blocks.filter((model) => model === 'house').length, answered.length);
  assert.equal(blocks.filter((model) => model === 'people').length, people);
  assert.match(said, /no article answers it/);
  assert.match(said, /^query type +tickets +answered +to people +cost$/m);
  assert.ok(said.includes(`${answered.length} answered, ${people} handed to people, in `), said.slice(-600));
});
