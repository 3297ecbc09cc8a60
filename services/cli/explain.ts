/** `tierline classify` and `tierline explain`: what would become of a text. Changes nothing, calls nobody. */
import type { Command } from 'commander';
import { usableChain } from '../../shared/config/resolve.ts';
import type { Config } from '../../shared/config/schema.ts';
import { routeOf } from '../../shared/routing.ts';
import { ticketSchema } from '../../shared/ticket.ts';
import { readEnvironment } from '../environment.ts';
import { loadConfiguration } from './context.ts';
import { note, printJson, printTable } from './output.ts';
import { withExample } from './example.ts';

export function addExplainCommands(program: Command): void {
  const classify = program
    .command('classify')
    .description('the labels of a text by the local classifier')
    .argument('<text>')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { json?: boolean }) => {
      const { config } = loadConfiguration(classify, readEnvironment(process.env));
      const { classification } = await explain(config, text);
      if (options.json) return printJson(classification);
      printTable(
        ['label', 'value'],
        Object.entries(classification).map(([name, value]) => [name, String(value)]),
      );
    });
  withExample(classify, 'tierline classify "Where is my order 5531?"');

  const route = program
    .command('explain')
    .description('the route that a text would take, and the chain of models')
    .argument('<text>')
    .option('--source <name>', 'as if it came from this source')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { json?: boolean; source?: string }) => {
      const { config } = loadConfiguration(route, readEnvironment(process.env));
      const explained = await explain(config, text, options.source);
      if (options.json) return printJson(explained);
      const { classification: labels, route: taken, usable } = explained;
      printTable(
        ['step', 'decision'],
        [
          [
            'labels',
            `${labels.queryType}, ${labels.language}, confidence ${labels.confidence} by ${labels.decidedBy}`,
          ],
          ['tier', labels.tier],
          [
            'route',
            taken.rule === null ? 'no route matches: the chain of the tier' : `routes[${taken.rule}]`,
          ],
          ['chain', taken.chain.join(' > ')],
          [
            'usable now',
            usable.length > 0 ? usable.join(' > ') : 'none: the ticket would be handed to people',
          ],
        ],
      );
      if (config.classifier.models.length > 0)
        note('\nA running system asks the small model where the local labels are not sure.');
    });
  withExample(route, 'tierline explain "我要退款"');
}

async function explain(config: Config, text: string, source = Object.keys(config.sources)[0] ?? '') {
  const ticket = ticketSchema.parse({
    source,
    externalId: 'explained',
    conversationId: 'explained',
    messageId: null,
    createdAt: new Date().toISOString(),
    subject: '',
    body: text,
    requester: {},
    language: null,
    tags: [],
    priority: 'normal',
    lane: 'live',
    history: [],
    metadata: {},
  });
  const { conclude } = await import('../classifier/classify.ts');
  const { createLabeller } = await import('../classifier/labeller.ts');
  const labeller = await createLabeller(config);
  const classification = conclude(config, ticket, labeller.label(ticket), null);
  const route = routeOf(config, { ticket, classification });
  return { classification, route, usable: usableChain(config, route.chain) };
}
