/** What a tier's models are given has to fit into them; what is refused says so with file, line, numbers and cure. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { formatProblem } from '../../shared/config/problem.ts';
import { knownWindow } from '../../shared/models/context-windows.ts';
import { estimateTokensOfFile } from '../../shared/models/token-estimate.ts';
import { maxArticleTokens, maxInstructionTokens, maxTicketTokens } from '../../shared/prompt-limits.ts';
import { folderFor, load, loadValid, minimal } from './config-file.ts';

const line = '| SLB-300 | Sleeping bag Fjell 300, comfort 2 °C | 980 g | 149.00 € |\n';
const catalogue = line.repeat(300);
const ownTokens = (family: 'openai' | 'other'): number => estimateTokensOfFile(catalogue, family);

function check(context: TestContext, text: string): { problems: string[]; warnings: string[] } {
  const folder = folderFor(context);
  writeFileSync(join(folder, 'catalogue.md'), catalogue);
  writeFileSync(join(folder, 'prompt.md'), line.repeat(300));
  const result = load(context, text, { folder });
  const shown = (result.kind === 'loaded' ? result.warnings : result.problems)
    .map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''))
    .filter((message) => !message.includes('price'));
  return result.kind === 'loaded' ? { problems: [], warnings: shown } : { problems: shown, warnings: [] };
}

const withContext = minimal.replace('[small]', '[small], context: [catalogue.md]');
const window = (tokens: number, text = withContext): string =>
  text.replace('gpt-6-luna', `gpt-6-luna, contextTokens: ${tokens}`);
const articles = 'knowledge: { folder: . }\n';

describe('a model that cannot hold what its tier gives it', () => {
  const needed = ownTokens('openai') + maxInstructionTokens + maxTicketTokens + 800;

  it('stops the start, with the numbers and what to do', (context) => {
    assert.deepEqual(check(context, window(needed - 1)).problems, [
      `tierline.yaml:7:22 tiers.simple.models[0]: the prompt of tier "simple" does not fit into model "small": ` +
        `${ownTokens('openai')} tokens of context and prompt (catalogue.md), 600 of instructions, 18000 for the longest ticket ` +
        `and 800 for the answer are ${needed}, and its contextTokens are ${needed - 1}. ` +
        'Shorten the files, take the model out of this chain, or set its contextTokens if more fits into it',
    ]);
    assert.deepEqual(check(context, window(needed)), { problems: [], warnings: [] });
  });

  it('needs room for articles, a longer answer and its thinking, too', (context) => {
    const folder = window(needed) + articles.replace('.', 'articles');
    assert.match(check(context, folder).problems.join('\n'), /2000 for articles/);
    assert.equal(maxArticleTokens, 2000);
    const longer = window(needed).replace('gpt-6-luna,', 'gpt-6-luna, maxOutputTokens: 900,');
    assert.match(check(context, longer).problems[0]!, /900 for the answer/);
    const thinking = window(needed).replace('gpt-6-luna,', 'gpt-6-luna, thinkingTokens: 50,');
    assert.match(check(context, thinking).problems[0]!, /850 for the answer/);
  });

  it('is found in every route that leads to the tier, and in those that lead to any', (context) => {
    const route = (parts: string): string =>
      `${window(20_000, minimal).replace('[large]', '[large], context: [catalogue.md]')}routes:\n  - { when: { language: [zh] }, ${parts} }\n`;
    for (const parts of ['tier: complex, models: [small]', 'models: [large, small]']) {
      const { problems } = check(context, route(parts));
      assert.equal(problems.length, 1);
      assert.match(
        problems[0]!,
        /^tierline\.yaml:12:\d+ routes\[0\]\.models\[\d\]: the prompt of tier "complex" does not fit into model "small"/,
      );
    }
    assert.deepEqual(check(context, route('tier: simple, models: [small]')).problems, []);
  });

  it('of which nothing is known is refused only where its default window is surely too small', (context) => {
    const unknown = (copies: number): string =>
      withContext
        .replace('gpt-6-luna', 'mystery-1')
        .replace('[catalogue.md]', `[${Array.from({ length: copies }, () => 'catalogue.md').join(', ')}]`);
    const each = ownTokens('other');
    const fits = Math.floor((128_000 - 800 - 600 - 18_000) / each);
    assert.deepEqual(check(context, unknown(fits)), { problems: [], warnings: [] });
    const unsure = check(context, unknown(fits + 1));
    assert.deepEqual(unsure.problems, []);
    assert.match(
      unsure.warnings[0]!,
      /may not fit into model "small".*set its contextTokens \(128000 is assumed\)/,
    );
    const sure = check(context, unknown(Math.ceil((128_000 * 1.3) / each)));
    assert.match(
      sure.problems[0]!,
      /its contextTokens are 128000 \(a default, for nothing is known of this model\)\. Shorten/,
    );
  });

  it('may stand in a tier without context where it can answer ordinary tickets', (context) => {
    const small = check(context, window(8000, minimal));
    assert.deepEqual(small.problems, []);
    assert.match(
      small.warnings[0]!,
      /the longest tickets \(18000 tokens\) do not fit into the contextTokens 8000 of model "small": the next model/,
    );
    assert.match(check(context, window(2000, minimal)).problems[0]!, /1000 for an ordinary ticket/);
    const prompted = window(8000, minimal).replace('[small]', '[small], prompt: prompt.md');
    assert.match(check(context, prompted).problems[0]!, /\d+ tokens of prompt, 600 of instructions/);
  });

  it('is no house, which reads no prompt', (context) => {
    const house = withContext
      .replace('  openai:', '  house: { api: house }\n  openai:')
      .replace('provider: openai, model: gpt-6-luna', 'provider: house, contextTokens: 10');
    assert.deepEqual(check(context, house).problems, []);
  });
});

describe('the window of a model', () => {
  it('is what the file says, then what is known of the model, then 128,000', (context) => {
    const { config } = loadValid(
      context,
      minimal
        .replace('gpt-6.1-sol }', 'gpt-6.1-sol, contextTokens: 50000 }')
        .replace('  large:', '  mystery: { provider: openai, model: mystery-1 }\n  large:'),
    );
    const windows = Object.entries(config.models).map(([name, { contextTokens }]) => [name, contextTokens]);
    assert.deepEqual(Object.fromEntries(windows), { small: 922_000, mystery: 128_000, large: 50_000 });
    const defaults = loadValid(context, `${minimal}defaults: { models: { contextTokens: 9000 } }\n`);
    assert.equal(defaults.config.models['small']?.contextTokens, 9000);
  });

  it('is known by the id, with a maker’s name in front or not, with dots or dashes', () => {
    const known: [string, number | null][] = [
      ['gpt-6-luna', 922_000],
      ['openai/gpt-6.1-terra', 922_000],
      ['gpt-5.6-luna', 922_000],
      ['gpt-5-nano', 272_000],
      ['claude-haiku-5-5', 1_000_000],
      ['anthropic/claude-sonnet-5.5', 1_000_000],
      ['claude-haiku-4-5-20251001', 200_000],
      ['gemini-3.8-flash', 1_000_000],
      ['deepseek-v4-pro', 1_000_000],
      ['qwen3.8-flash', 991_000],
      ['mistral-small-2603', 262_144],
      ['meta/muse-spark-1.3', 1_048_576],
      ['my-deployment', null],
      ['', null],
    ];
    for (const [id, tokens] of known) assert.equal(knownWindow(id), tokens, id);
  });
});
