/** Facts with their names, one below the other, as in `cost   $0.0001`. */
import { outputWidth, paint } from './output.ts';
import type { Style } from './table.ts';
import { safe, wrap } from './text.ts';

/** An empty label continues the fact above. */
export type Fact = [label: string, text: string, style?: Style | null];

const gap = 2;

/** Broken to the width of the terminal, the rest of a fact below its beginning. */
export function factLines(facts: readonly Fact[]): string[] {
  const indent = Math.max(...facts.map(([label]) => label.length)) + gap;
  return facts.flatMap(([label, text, style = null]) =>
    wrap(safe(text), outputWidth() - indent).map(
      (line, i) => paint('dim', (i === 0 ? label : '').padEnd(indent)) + paint(style, line),
    ),
  );
}
