/**
 * Retrieval over a large help centre: 1,000 articles, each in four languages, made of the sentences of the sample shop's
 * articles and of words of their own; searched with the sample tickets.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Article } from '../../shared/knowledge/article.ts';
import { loadKnowledge } from '../../shared/knowledge/load-knowledge.ts';
import { retrieve } from '../../shared/knowledge/retrieve.ts';
import { percentile } from './world.ts';

const shop = new URL('../../infra/sample-shop/', import.meta.url).pathname;
const languages = ['en', 'de', 'es', 'zh'];
const sentencesPerArticle = 14;
const questionsPerArticle = 8;
const syllables = 'ba de ki lo mu na po ri su ta ve xo zi gar hen jol'.split(' ');

/** The same numbers every time (Park and Miller's minimal standard). */
function drawer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

type Stock = { sentences: string[]; questions: string[] };

function stockOf(articles: readonly Article[], language: string): Stock {
  const versions = articles.filter((article) => article.language === language);
  return {
    sentences: versions.flatMap(({ passages }) =>
      passages.flatMap(({ text }) => text.split(/(?<=[.!?。！？])/u).map((one) => one.trim())),
    ),
    questions: versions.flatMap(({ questions }) => questions.get(language) ?? []),
  };
}

function articleText(id: string, language: string, stock: Stock, draw: (below: number) => number): string {
  const own = Array.from({ length: 6 }, () =>
    Array.from({ length: 3 }, () => syllables[draw(syllables.length)]).join(''),
  );
  const pick = (from: readonly string[]): string => from[draw(from.length)] ?? '';
  const questions = Array.from(
    { length: questionsPerArticle },
    () => `${pick(stock.questions)} ${pick(own)}`,
  );
  const sentences = Array.from(
    { length: sentencesPerArticle },
    () => `${pick(stock.sentences)} ${pick(own)}`,
  );
  return [
    '---',
    `id: ${id}`,
    `title: ${JSON.stringify(`${pick(stock.questions)} ${pick(own)}`)}`,
    `language: ${language}`,
    'keywords:',
    `  ${language}: ${own.join(' ')}`,
    'questions:',
    `  ${language}:`,
    ...questions.map((question) => `    - ${JSON.stringify(question)}`),
    '---',
    sentences.slice(0, 3).join(' '),
    ...[3, 7, 11].map((from) => `\n## ${pick(own)}\n\n${sentences.slice(from, from + 4).join(' ')}`),
  ].join('\n');
}

async function writeArticles(folder: string, count: number): Promise<void> {
  const shopArticles = [...loadKnowledge(path.join(shop, 'articles')).versions.values()].flat();
  const draw = drawer(20_261_122);
  for (const language of languages) {
    const stock = stockOf(shopArticles, language);
    await mkdir(path.join(folder, language));
    for (let number = 0; number < count; number += 1) {
      const text = articleText(`a${number}`, language, stock, draw);
      await writeFile(path.join(folder, language, `a${number}.md`), text);
    }
  }
}

async function readQuestions(): Promise<{ text: string; language: string }[]> {
  const lines = (await readFile(path.join(shop, 'tickets.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { ticket, expect } = JSON.parse(line) as {
      ticket: { subject: string; body: string };
      expect: { language: string };
    };
    return { text: `${ticket.subject}\n${ticket.body}`, language: expect.language };
  });
}

export async function benchRetrieval(options: { articles: number; rounds: number }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-bench-'));
  try {
    await writeArticles(folder, options.articles);
    const questions = await readQuestions();
    const heapFrom = process.memoryUsage().heapUsed;
    const loadFrom = performance.now();
    const knowledge = loadKnowledge(folder);
    const loadMs = performance.now() - loadFrom;
    const times: number[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      for (const question of questions) {
        const from = performance.now();
        retrieve(knowledge, question, 3);
        // The first round warms up.
        if (round > 0) times.push(performance.now() - from);
      }
    }
    return {
      articles: knowledge.versions.size,
      languages: languages.length,
      questions: questions.length,
      loadMs: Math.round(loadMs),
      heapMb: Math.round((process.memoryUsage().heapUsed - heapFrom) / 1e6),
      p50Ms: Number(percentile(times, 0.5).toFixed(2)),
      p99Ms: Number(percentile(times, 0.99).toFixed(2)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
