/** Turns an article's Markdown into plain-text passages that can be quoted. */

import type { Passage } from './article.ts';

const maxPassageCharacters = 600;

/** Replaces the Markdown and HTML of one line by what a reader would see. */
function plainLine(line: string): string {
  return line
    .replace(/<[^<>]{0,500}>/g, '')
    .replace(/!\[([^[\]]{0,200})\]\([^()]{0,500}\)/g, '$1')
    .replace(/\[([^[\]]{0,200})\]\([^()]{0,500}\)/g, '$1')
    .replace(/\*\*|__|`|~~/g, '')
    .replace(/(^|[^\p{L}\p{N}*])\*([^*]{1,300})\*/gu, '$1$2')
    .replace(/\\([\\*_`#|[\]])/g, '$1')
    .trim();
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\s*\||\|\s*$/g, '')
    .split('|')
    .map(plainLine);
}

/** `| Region | Standard |` over `| EU | 3 days |` becomes `EU: Standard 3 days`. */
function plainTable(lines: string[]): string {
  const [header = '', , ...rows] = lines;
  const names = cellsOf(header);
  return rows
    .map((row) => {
      const [first = '', ...rest] = cellsOf(row);
      return `${first}: ${rest.map((cell, index) => `${names[index + 1] ?? ''} ${cell}`.trim()).join(', ')}`;
    })
    .join('\n');
}

function plainBlock(block: string): string {
  const lines = block.split('\n');
  if (lines.length > 2 && lines.every((line) => line.trimStart().startsWith('|'))) return plainTable(lines);
  const isList = lines.some((line) => /^\s*(?:[-*+]|\d{1,3}[.)])\s/.test(line));
  return lines
    .map((line) => plainLine(line.replace(/^\s*(?:>\s?)+/, '').replace(/^\s*[*+]\s/, '- ')))
    .filter((line) => line !== '')
    .join(isList ? '\n' : ' ');
}

type Section = { heading: string | null; blocks: string[] };

function sectionsOf(markdown: string): Section[] {
  const sections: Section[] = [{ heading: null, blocks: [] }];
  for (const block of markdown.replace(/<!--[\s\S]*?-->/g, '').split(/\n\s*\n/)) {
    const trimmed = block.trim();
    const heading = /^#{1,6}\s+([^\n]{1,300})/.exec(trimmed);
    if (heading !== null) sections.push({ heading: plainLine(heading[1] ?? ''), blocks: [] });
    const rest = heading === null ? trimmed : trimmed.slice(heading[0].length).trim();
    if (rest !== '') sections.at(-1)?.blocks.push(plainBlock(rest));
  }
  return sections;
}

/** Cuts an over-long paragraph at a sentence or word end, so that a quotation stays short. */
function shorten(text: string): string {
  if (text.length <= maxPassageCharacters) return text;
  const head = text.slice(0, maxPassageCharacters);
  const end = Math.max(...['. ', '。', '? ', '! ', '\n'].map((mark) => head.lastIndexOf(mark)));
  if (end > maxPassageCharacters / 3) return head.slice(0, end + 1).trim();
  const space = head.lastIndexOf(' ');
  return `${head.slice(0, space > 0 ? space : maxPassageCharacters)}…`;
}

/** A section under a heading stays together while it is short; text without a heading is quoted by paragraph. */
export function passagesOf(markdown: string): Passage[] {
  return sectionsOf(markdown.replaceAll('\r\n', '\n')).flatMap(({ heading, blocks }) => {
    const together = blocks.join('\n\n');
    const isTogether = heading !== null && together.length <= maxPassageCharacters;
    const texts = isTogether ? [together] : blocks;
    return texts.filter((text) => text !== '').map((text) => ({ heading, text: shorten(text) }));
  });
}
