/** What is on the screen while the demo runs. Pure: from a snapshot to lines of text. */
import { styleText } from 'node:util';
import type { ModelState, ProviderState, Snapshot, TierState } from './observe.ts';
import { savedPercent } from './savings.ts';
import type { Money } from './savings.ts';
import type { Tone } from './story.ts';

export type Told = { atMs: number; text: string; tone: Tone };
type Style = Parameters<typeof styleText>[0];
/** Colours where the terminal has them; the plain text elsewhere. */
export type Paint = (style: Style, text: string) => string;

/** What a frame needs beside what was told: title, bar, tiers, providers, money, and the lines between them. */
const fixedRows = 16;

export function frameOf(
  snapshot: Snapshot,
  told: readonly Told[],
  screen: { columns: number; rows: number; paint: Paint },
): string[] {
  const { columns, rows, paint } = screen;
  const room = Math.max(2, rows - fixedRows - 1);
  const width = Math.min(columns, 110);
  const lines = [
    `${paint('bold', 'Tierline demo')}  ${paint('dim', 'simulated providers, everything else is real')}   ${clock(snapshot.elapsedMs)}`,
    progress(snapshot, width, paint),
    '',
    paint('dim', ' tier       waiting  active  oldest    done  answered by (simulated)'),
    ...snapshot.tiers.map(tierLine),
    '',
    paint('dim', ' provider              served errors  breakers'),
    ...snapshot.providers.map((provider) => providerLine(provider, paint)),
    '',
    ` ${moneyLine(snapshot.money, paint)}`,
    '',
    ...told.slice(-room).map((one) => toldLine(one, paint)),
  ];
  return lines.map((line) => fit(line, width));
}

const clock = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};

function progress({ done, total }: Snapshot, width: number, paint: Paint): string {
  const text = ` ${done} of ${total} tickets`;
  const room = Math.max(10, Math.min(60, width - text.length - 2));
  const full = Math.round((room * done) / total);
  return ` ${paint('green', '█'.repeat(full))}${paint('dim', '░'.repeat(room - full))}${text}`;
}

function tierLine({ tier, waiting, active, oldestMs, done, models }: TierState): string {
  const age = oldestMs === null ? '-' : seconds(oldestMs);
  const cells = [tier.padEnd(9), pad(waiting, 8), pad(active, 7), age.padStart(7), pad(done, 7)].join(' ');
  return ` ${cells}  ${models.map(([model, count]) => `${shortName(model)} ${count}`).join(' · ')}`;
}

function providerLine({ name, isUp, served, errors, models }: ProviderState, paint: Paint): string {
  const state = isUp ? paint('green', 'up  ') : paint(['red', 'bold'], 'DOWN');
  const breakers = models.map((model) => breakerText(model, paint)).join(' · ');
  return ` ${name.padEnd(16)} ${state} ${pad(served, 6)} ${pad(errors, 6)}  ${breakers}`;
}

const shortName = (model: string): string => model.replace(/^sim-/, '');

function breakerText({ name, state, testInMs }: ModelState, paint: Paint): string {
  const short = shortName(name);
  if (state === 'closed') return `${short} ok`;
  if (state === 'half-open') return paint('yellow', `${short} on trial`);
  return paint('red', `${short} OPEN ${testInMs ? `${Math.ceil(testInMs / 1000)}s` : '…'}`);
}

function moneyLine(money: Money, paint: Paint): string {
  const percent = savedPercent(money);
  const saved = percent === null ? '' : `   saved ${paint(['green', 'bold'], `${percent} %`)} (estimate)`;
  return `spent ${paint('bold', usd(money.costNano))}   one strong model for all ${usd(money.baselineNano)}${saved}`;
}

export function toldLine({ atMs, text, tone }: Told, paint: Paint): string {
  const painted = tone === 'plain' ? text : paint(tone === 'bad' ? ['red', 'bold'] : 'green', text);
  return ` ${paint('dim', clock(atMs))}  ${painted}`;
}

/** One line for a pipe or a log. */
export function plainLine(snapshot: Snapshot): string {
  const tiers = snapshot.tiers.map(
    ({ tier, waiting, active, oldestMs }) =>
      `${tier} ${waiting} waiting ${active} active${oldestMs === null ? '' : ` oldest ${seconds(oldestMs)}`}`,
  );
  const broken = snapshot.providers.flatMap(({ models }) =>
    models.filter(({ state }) => state !== 'closed').map(({ name, state }) => `${name} ${state}`),
  );
  return [
    `${clock(snapshot.elapsedMs)}  ${snapshot.done}/${snapshot.total} done`,
    ...tiers,
    ...(broken.length > 0 ? [`breakers: ${broken.join(', ')}`] : []),
    moneyLine(snapshot.money, (_style, text) => text).replace(/ {3}/g, ', '),
  ].join(' | ');
}

/** USD with four decimals: a hundredth of a cent. */
export const usd = (nanoUsd: number): string =>
  `${nanoUsd < 0 ? '-' : ''}$${(Math.abs(nanoUsd) / 1e9).toFixed(4)}`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const pad = (value: number, width: number): string => String(value).padStart(width);

// oxlint-disable-next-line no-control-regex -- colours are control characters
const colourOrCharacter = /\u001B\[[0-9;]*m|[^]/gu;
const plainAgain = '\u001B[0m';

/** Never wider than the terminal: a line that wraps would be left behind by the next frame. Colours take no room. */
export function fit(line: string, width: number): string {
  let used = 0;
  let kept = '';
  for (const [piece] of line.matchAll(colourOrCharacter)) {
    const isColour = piece.startsWith('\u001B');
    if (!isColour && used === width)
      return `${kept.slice(0, -1)}…${kept.includes('\u001B') ? plainAgain : ''}`;
    kept += piece;
    used += isColour ? 0 : 1;
  }
  return kept;
}
