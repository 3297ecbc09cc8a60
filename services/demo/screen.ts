/** Where the show is shown: redrawn in place on a terminal, line by line in a pipe, and hardly at all with `--json`. */
import { styleText } from 'node:util';
import type { Snapshot } from './observe.ts';
import { frameOf, plainLine, toldLine } from './view.ts';
import type { Paint, Told } from './view.ts';

export type Screen = {
  /** How often it wants to know how things stand, ms. */
  everyMs: number;
  show: (snapshot: Snapshot) => void;
  tell: (told: Told) => void;
  /** Leaves the last frame where it is and gives the cursor back. May be called twice. */
  end: () => void;
};

type Out = NodeJS.WriteStream;

export const paintFor =
  (out: Out): Paint =>
  (style, text) =>
    styleText(style, text, { stream: out });

const noPaint: Paint = (_style, text) => text;

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const clearLine = '\u001B[K';
const clearBelow = '\u001B[J';
const up = (lines: number): string => (lines === 0 ? '' : `\u001B[${lines}A`);

const leastColumns = 60;
const leastRows = 20;

/** A terminal that is too small for a frame would show a mess. */
export const canRedraw = (out: Out): boolean =>
  out.isTTY && (out.columns || 80) >= leastColumns && (out.rows || 24) >= leastRows;

export function liveScreen(out: Out): Screen {
  const told: Told[] = [];
  let drawn = 0;
  let latest: Snapshot | null = null;
  let ended = false;
  const draw = (): void => {
    if (latest === null || ended) return;
    const frame = frameOf(latest, told, {
      columns: out.columns || 80,
      rows: out.rows || 24,
      paint: paintFor(out),
    });
    // One write per frame, over the old one: nothing flickers.
    const lines = frame.map((line) => `${line}${clearLine}\n`).join('');
    out.write(`${hideCursor}${up(drawn)}\r${lines}${clearBelow}`);
    drawn = frame.length;
  };
  return {
    everyMs: 200,
    show(snapshot) {
      latest = snapshot;
      draw();
    },
    tell(one) {
      told.push(one);
      draw();
    },
    end() {
      if (!ended && drawn > 0) out.write(showCursor);
      ended = true;
    },
  };
}

/** For pipes and logs. */
export function plainScreen(out: Out): Screen {
  return {
    everyMs: 2000,
    show: (snapshot) => void out.write(`${plainLine(snapshot)}\n`),
    tell: (told) => void out.write(`${toldLine(told, noPaint).trim()}\n`),
    end: () => undefined,
  };
}

/** For `--json`: what happens is told on a terminal's stderr, so that a person who waits knows why. */
export function quietScreen(err: Out): Screen {
  return {
    everyMs: 1000,
    show: () => undefined,
    tell: (told) => void (err.isTTY && err.write(`${toldLine(told, paintFor(err))}\n`)),
    end: () => undefined,
  };
}
