/** A copy of the project in which one thing is wrong: what a test must be able to notice. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

const parts = ['package.json', 'tsconfig.json', 'tierline.yaml', 'services', 'shared', 'infra'];

export type Change = { file: string; from: string; to: string };

/** Throws unless `from` stands in the file exactly once: a change that changes nothing would prove nothing. */
export async function copyProject(change: Change): Promise<{ folder: string; close: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-changed-'));
  for (const part of parts)
    await cp(path.join(projectFolder, part), path.join(folder, part), { recursive: true });
  await symlink(path.join(projectFolder, 'node_modules'), path.join(folder, 'node_modules'));
  const file = path.join(folder, change.file);
  const text = await readFile(file, 'utf8');
  const found = text.split(change.from).length - 1;
  if (found !== 1)
    throw new Error(`${change.file} contains ${JSON.stringify(change.from)} ${found} times, not once`);
  await writeFile(
    file,
    text.replace(change.from, () => change.to),
  );
  return { folder, close: () => rm(folder, { recursive: true, force: true }) };
}
