/** `tierline sources`: where tickets come from, and stopping and resuming the answering of a source. */
import type { Command } from 'commander';
import { readPauses, setPaused } from '../../shared/source-pauses.ts';
import { readSources } from '../../shared/status/sources.ts';
import type { SourceStatus } from '../../shared/status/sources.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { ageText, countText } from './format.ts';
import { note, printJson, printTable, suggestNext } from './output.ts';
import type { Cell } from './table.ts';
import { requireName } from './usage.ts';

export function addSourcesCommands(program: Command): void {
  const sources = program
    .command('sources')
    .description('where tickets come from, which sources are paused, and what of them was left alone')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withApp(sources, async (app) => {
        const found = await readSources(app);
        if (options.json) return printJson({ sources: found });
        if (found.length === 0) return note('There is no source in the configuration.');
        printSources(found, app.now());
        const paused = found.find(({ pausedSince }) => pausedSince !== null);
        if (paused) suggestNext([`sources resume ${paused.source}`, 'answers it again']);
        else suggestNext(['tickets --source <name>', 'the tickets of one']);
      }),
    );
  withExample(sources, 'tierline sources', 'tierline sources pause shop-api');
  addPause(sources, 'pause');
  addPause(sources, 'resume');
}

function printSources(sources: readonly SourceStatus[], now: number): void {
  printTable(
    [
      'source',
      { head: 'platform', optional: true },
      { head: 'destination', optional: true },
      'mode',
      'state',
      { head: 'open', align: 'right' },
      { head: 'left alone in 7 d', shrinks: true },
    ],
    sources.map((one): Cell[] => [
      one.source,
      one.platform ?? 'not configured',
      one.destination ?? '',
      one.mode ?? (one.platform === null ? '' : 'by tier'),
      one.pausedSince === null ? 'answered' : { text: pausedText(one, now), style: 'yellow' },
      one.open === null ? '' : countText(one.open),
      Object.entries(one.leftAlone)
        .map(([reason, count]) => `${countText(count)} ${reason}`)
        .join(', '),
    ]),
  );
  if (sources.some(({ open }) => open === null)) {
    note(
      '\nThere are too many open tickets to count them by source: tierline queues says how many there are.',
    );
  }
}

function pausedText({ pausedSince, kept }: SourceStatus, now: number): string {
  const since = ageText(Math.max(0, now - Date.parse(pausedSince ?? '')));
  return `paused for ${since}, ${countText(kept)} kept`;
}

function addPause(sources: Command, verb: 'pause' | 'resume'): void {
  const isPause = verb === 'pause';
  const command = sources
    .command(verb)
    .description(
      isPause
        ? 'stops answering a source: its tickets are taken in and kept, and nothing is delivered meanwhile'
        : 'answers a source again: what was kept goes on within half a minute',
    )
    .argument('<source>', 'its name in the configuration')
    .action((source: string) =>
      withApp(command, async (app) => {
        const { paused } = await readPauses(app);
        const configured = Object.keys(app.runtime().config.sources);
        // One that was taken out while it was paused may still have tickets.
        requireName('source', source, [...new Set([...configured, ...paused.keys()])]);
        const { changed, sinceMs } = await setPaused(app, source, isPause);
        // The option belongs to `sources`, which takes it wherever it stands.
        if (command.optsWithGlobals<{ json?: boolean }>().json) {
          const pausedSince = isPause && sinceMs !== null ? new Date(sinceMs).toISOString() : null;
          return printJson({ source, paused: isPause, pausedSince, changed });
        }
        note(isPause ? pausedNote(source, changed) : resumedNote(source, changed));
        if (isPause) suggestNext([`sources resume ${source}`, 'answers it again']);
        else suggestNext(['sources', 'how all of them stand']);
      }),
    );
  withExample(command, `tierline sources ${verb} shop-api`);
}

const pausedNote = (source: string, changed: boolean): string =>
  changed
    ? `${source} is paused. Its tickets are taken in and kept; every process knows within 5 s. The time does not count against their deadlines.`
    : `${source} is paused already.`;

const resumedNote = (source: string, changed: boolean): string =>
  changed
    ? `${source} is answered again. What was kept goes on within half a minute.`
    : `${source} is not paused.`;
