/** `tierline classify` and `tierline explain`: what would become of a text. Changes nothing, calls nobody. */
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { readEnvironment } from '../environment.ts';
import { loadConfiguration } from './context.ts';
import { withExample } from './example.ts';
import { explainText } from './explain-text.ts';
import type { Explained, ModelEstimate } from './explain-text.ts';
import { factLines } from './facts.ts';
import type { Fact } from './facts.ts';
import { countText, usdText } from './format.ts';
import { note, print, printJson, printTable, suggestNext } from './output.ts';
import type { Cell } from './table.ts';
import { requireName, usageError } from './usage.ts';

type Options = { json?: boolean; source?: string; lane: string };

export function addExplainCommands(program: Command): void {
  const classify = program
    .command('classify')
    .description('the labels of a text by the local classifier; calls nobody')
    .argument('<text>', 'what a customer wrote; - reads it from stdin')
    .option('--json', 'as JSON')
    .action(async (given: string, options: { json?: boolean }) => {
      const { config } = loadConfiguration(classify, readEnvironment(process.env));
      const text = await textOf(given);
      const { classification } = await explainText(config, { text, source: null, lane: 'live' });
      if (options.json) return printJson(classification);
      print(...factLines(labelFacts(classification)));
      tellAboutModels(config.classifier.models);
      suggestNext([
        `explain ${JSON.stringify(given.slice(0, 40))}`,
        'the route it would take, and what it would cost',
      ]);
    });
  withExample(classify, 'tierline classify "Where is my order 5531?"', 'tierline classify - < mail.txt');

  const explain = program
    .command('explain')
    .description(
      'the route that a text would take, its chain of models, and what each would cost; calls nobody',
    )
    .argument('<text>', 'what a customer wrote; - reads it from stdin')
    .option('--source <name>', 'as if it came from this source')
    .option('--lane <lane>', 'live or backlog', 'live')
    .option('--json', 'as JSON')
    .action(async (given: string, options: Options) => {
      const { config } = loadConfiguration(explain, readEnvironment(process.env));
      if (options.source !== undefined) requireName('source', options.source, Object.keys(config.sources));
      requireName('lane', options.lane, ['live', 'backlog']);
      const text = await textOf(given);
      const lane = options.lane === 'backlog' ? 'backlog' : 'live';
      const explained = await explainText(config, { text, source: options.source ?? null, lane });
      if (options.json) return printJson(explained);
      printExplained(explained);
      tellAboutModels(config.classifier.models);
      suggestNext(['doctor', 'tries every configured model'], ['costs', 'what was really spent']);
    });
  withExample(
    explain,
    'tierline explain "我要退款"',
    'tierline explain --source shop-api "My lawyer will write to you"',
  );
}

async function textOf(given: string): Promise<string> {
  const text = given === '-' ? await readAll(process.stdin) : given;
  if (text.trim() === '') throw usageError('The text is empty. Give what a customer wrote, in quotes.');
  return text;
}

function tellAboutModels(classifierModels: readonly string[]): void {
  if (classifierModels.length === 0) return;
  note(
    `\nThese labels are the local classifier's. A running system asks ${classifierModels[0]} where they are not sure.`,
  );
}

function labelFacts(labels: Explained['classification']): Fact[] {
  return [
    ['query type', `${labels.queryType}, confidence ${labels.confidence} by ${labels.decidedBy}`],
    ['language', labels.language],
    ['complexity', String(labels.complexity)],
    ['flags', labels.flags.length === 0 ? 'none' : labels.flags.join(', ')],
    ['tier', labels.tier],
  ];
}

const fates = {
  auto: 'sent to the customer',
  draft: 'a draft for people',
  people: 'none: handed to people at once',
};

function printExplained({
  classification,
  route,
  mode,
  modeBy,
  destination,
  models,
  usable,
  reply,
}: Explained): void {
  const facts: Fact[] = [
    ...labelFacts(classification),
    ['route', route.rule === null ? 'no route matches: the chain of the tier' : `routes[${route.rule}]`],
    [
      'answer',
      `${fates[mode]}${modeBy === null ? '' : ` (${modeBy})`}, by destination ${destination ?? 'none'}`,
    ],
  ];
  print(...factLines(facts));
  print('');
  printTable(
    [
      'chain',
      { head: 'model', shrinks: true },
      { head: 'tokens in', align: 'right' },
      { head: 'cost of a reply', align: 'right' },
      { head: '', shrinks: true },
      { head: 'provider', optional: true },
    ],
    models.map((one) => modelRow(one, usable[0] ?? null)),
  );
  note(
    usable.length === 0
      ? '\nNone of these can be used now: the ticket would be handed to people.'
      : `\nA reply is taken to be ${reply.outputTokens} tokens long, and nothing to be cached yet.`,
  );
}

function modelRow(one: ModelEstimate, first: string | null): Cell[] {
  const state = one.name === first ? 'answers first' : one.isUsable ? 'then' : one.whyNot;
  return [
    { text: one.name, style: one.isUsable ? null : 'dim' },
    one.model,
    one.inputTokens === null ? '' : countText(one.inputTokens),
    one.nanoUsd === null ? { text: 'unknown', style: 'yellow' } : usdText(one.nanoUsd),
    { text: state, style: one.name === first ? 'green' : 'dim' },
    one.provider,
  ];
}
