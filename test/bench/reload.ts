/** How long a change of the configuration takes to reach every process: written in place, renamed into place, by a swapped link. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../shared/config/load.ts';
import { testConfig } from '../fakes/system.ts';
import { median, startChild, withRedis } from './world.ts';
import type { Child } from './world.ts';

const wholeSystem = fileURLToPath(new URL('whole-system.ts', import.meta.url));
const lookEveryMs = 10;
const giveUpMs = 60_000;

export async function benchReload(options: { rounds: number; processes: number }): Promise<object> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-bench-'));
  try {
    const publish = await mount(folder);
    return await withRedis('no', async (_, url) => {
      const children = await Promise.all(
        Array.from({ length: options.processes }, () => startChild(wholeSystem, [url, publish.file])),
      );
      try {
        const times: number[] = [];
        for (let round = 0; round < options.rounds; round += 1)
          times.push(await measure(children, publish, round));
        return {
          processes: options.processes,
          rounds: options.rounds,
          medianMs: Math.round(median(times)),
          slowestMs: Math.round(Math.max(...times)),
        };
      } finally {
        await Promise.all(children.map((child) => child.stop()));
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Published = { file: string; ways: ((text: string) => Promise<void>)[] };

/** The file is a link through a link to a folder, as a mounted ConfigMap has it. */
async function mount(folder: string): Promise<Published> {
  const file = path.join(folder, 'tierline.yaml');
  let versions = 0;
  const swap = async (text: string): Promise<void> => {
    const name = `..version-${(versions += 1)}`;
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'tierline.yaml'), text);
    await symlink(name, path.join(folder, '..data_tmp'));
    await rename(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
  };
  await swap(configText(0));
  await symlink('..data/tierline.yaml', file);
  const inPlace = (text: string): Promise<void> => writeFile(file, text);
  const byRename = async (text: string): Promise<void> => {
    const target = path.join(folder, '..data', 'tierline.yaml');
    await writeFile(`${target}.tmp`, text);
    await rename(`${target}.tmp`, target);
  };
  return { file, ways: [swap, inPlace, byRename] };
}

async function measure(children: Child[], { file, ways }: Published, round: number): Promise<number> {
  // Not always at the same moment of the processes' seconds.
  await sleep((round * 370) % 1000);
  const from = performance.now();
  await ways[round % ways.length]!(configText(round + 1));
  const loaded = loadConfig({ file, env: {} });
  if (loaded.kind === 'invalid') throw new Error('the configuration of the benchmark is not valid');
  for (const child of children) {
    while ((await child.ask<string>('version')) !== loaded.version) {
      if (performance.now() - from > giveUpMs) throw new Error('a process did not take the configuration up');
      await sleep(lookEveryMs);
    }
  }
  return performance.now() - from;
}

/** A line more in every round. */
function configText(round: number): string {
  const config = testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl: 'http://127.0.0.1:9' });
  const models: Record<string, unknown> = { ...(config['models'] as object) };
  for (let i = 1; i <= round; i += 1) models[`added-${i}`] = { provider: 'fake', model: `added-${i}` };
  return JSON.stringify({ ...config, models }, null, 2);
}
