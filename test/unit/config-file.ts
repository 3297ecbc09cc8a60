/** Configurations in a folder of their own, for the tests of shared/config. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadConfig, type LoadedConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';

export const webhookSecret = `whsec_${Buffer.from('a secret of 24 bytes ...').toString('base64')}`;

/** The least that a configuration needs. */
export const minimal = `providers:
  openai: { preset: openai, apiKey: "\${env:OPENAI_API_KEY}" }
models:
  small: { provider: openai, model: gpt-6-luna }
  large: { provider: openai, model: gpt-6.1-sol }
tiers:
  simple: { models: [small] }
  complex: { models: [large] }
destinations:
  file: { type: log, path: replies.jsonl }
`;

/** A folder that the test's end removes. */
export function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tierline-config-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

type Options = { env?: Record<string, string>; name?: string; folder?: string };

export function load(
  context: TestContext,
  text: string,
  options: Options = {},
): ReturnType<typeof loadConfig> {
  const file = join(options.folder ?? folderFor(context), options.name ?? 'tierline.yaml');
  writeFileSync(file, text);
  return loadConfig({ file, env: options.env ?? {} });
}

export function loadValid(context: TestContext, text: string, options: Options = {}): LoadedConfig {
  const result = load(context, text, options);
  assert.equal(
    result.kind,
    'loaded',
    result.kind === 'invalid' ? result.problems.map(formatProblem).join('\n') : '',
  );
  if (result.kind !== 'loaded') throw new Error('unreachable');
  return result;
}

/** The problems as they are shown, without the folder in front of the file. */
export function problemsOf(context: TestContext, text: string, options: Options = {}): string[] {
  const folder = folderFor(context);
  const result = load(context, text, { ...options, folder });
  if (result.kind === 'loaded') return [];
  return result.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''));
}
