import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDisclosure } from '../../services/tier-worker/disclosure.ts';
import { loadValid, minimal } from './config-file.ts';

const yaml = `${minimal}sources:
  plain: { platform: generic }
  told: { platform: generic, disclosure: { en: "Written by AI.", de: "Von einer KI." } }
  german: { platform: generic, disclosure: { de: "Von einer KI." } }
`;

test('the disclosure line is added once, in the language of the reply or in English, and never twice', (t) => {
  const { sources } = loadValid(t, yaml).config;
  const told = (text: string, language: string, source = 'told'): string =>
    withDisclosure(text, sources[source], language);
  assert.equal(told('Hello', 'en'), 'Hello\n\nWritten by AI.');
  assert.equal(told('Hallo\n', 'de'), 'Hallo\n\nVon einer KI.');
  assert.equal(told('Bonjour', 'fr'), 'Bonjour\n\nWritten by AI.');
  assert.equal(told('?', 'und'), '?\n\nWritten by AI.');
  assert.equal(told('?', 'constructor'), '?\n\nWritten by AI.');
  assert.equal(told(told('Hello', 'en'), 'en'), 'Hello\n\nWritten by AI.');
  assert.equal(told('Hello.\nwritten  by ai.\nBye', 'en'), 'Hello.\nwritten  by ai.\nBye');
  assert.equal(told('Hello', 'en', 'plain'), 'Hello');
  assert.equal(told('Hello', 'en', 'german'), 'Hello');
  assert.equal(told('Hello', 'en', 'gone'), 'Hello');
});

test('a disclosure without English is told, for tickets of other languages get none', (t) => {
  const { warnings } = loadValid(t, yaml);
  const told = warnings.filter(({ path }) => path.includes('disclosure'));
  assert.deepEqual(
    told.map(({ path, message }) => `${path}: ${message}`),
    ['sources.german.disclosure: has no line in en, so replies in other languages than de have none'],
  );
});
