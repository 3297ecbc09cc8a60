/** The event-stream parser against every way of cutting bytes, and the token counts of both APIs in one shape. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { finishOf, textOf } from '../../shared/models/reading.ts';
import { createSseParser } from '../../shared/models/sse.ts';
import { anthropicUsage, openAiUsage } from '../../shared/models/usage.ts';

function parse(chunks: Uint8Array[]): [string, string][] {
  const events: [string, string][] = [];
  const parser = createSseParser((event, data) => events.push([event, data]));
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  return events;
}

function parseText(text: string): [string, string][] {
  return parse([Buffer.from(text)]);
}

describe('createSseParser', () => {
  it('reads names and data, skips comments, ids and empty events', () => {
    const text = ': ping\n\nevent: a\nid: 7\ndata: {"x":1}\n\nretry: 5\n\nevent: b\n\ndata:no space\n\n';
    assert.deepEqual(parseText(text), [
      ['a', '{"x":1}'],
      ['', 'no space'],
    ]);
  });

  it('joins data lines, and keeps the spaces after the first', () => {
    assert.deepEqual(parseText('data: one\ndata:   two\ndata\n\n'), [['', 'one\n  two']]);
  });

  it('reads all three kinds of line break and a byte order mark', () => {
    assert.deepEqual(parseText('\uFEFFdata: a\r\n\r\ndata: b\r\rdata: c\n\n'), [
      ['', 'a'],
      ['', 'b'],
      ['', 'c'],
    ]);
  });

  it('counts a last event without its blank line, but not half a line', () => {
    assert.deepEqual(parseText('data: a\n\ndata: b\n'), [
      ['', 'a'],
      ['', 'b'],
    ]);
    assert.deepEqual(parseText('data: a\n\ndata: {"hal'), [['', 'a']]);
  });

  it('gives the same events wherever the bytes are cut', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    const event = fc.tuple(fc.constantFrom('', 'delta', 'stop'), word);
    fc.assert(
      fc.property(
        fc.array(event),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat(400)),
        (events, eol, cuts) => {
          const text = events
            .map(([name, data]) => `${name === '' ? '' : `event: ${name}${eol}`}data: ${data}${eol}${eol}`)
            .join('');
          const bytes = Buffer.from(text);
          const edges = [
            0,
            ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
            bytes.length,
          ];
          const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
          assert.deepEqual(parse(chunks), events);
        },
      ),
    );
  });
});

describe('openAiUsage', () => {
  it('takes cached and written tokens as part of the input, reasoning as part of the output', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 20 },
    };
    assert.deepEqual(openAiUsage(usage), {
      inputTokens: 100,
      cachedInputTokens: 60,
      cacheWriteTokens: 30,
      outputTokens: 50,
      reasoningTokens: 20,
    });
  });

  it('counts what a total holds beyond its parts as reasoning that is billed', () => {
    const usage = openAiUsage({ prompt_tokens: 20, completion_tokens: 424, total_tokens: 1016 });
    assert.equal(usage?.outputTokens, 996);
    assert.equal(usage?.reasoningTokens, 572);
  });

  it('reads DeepSeek’s cache hits', () => {
    const usage = openAiUsage({ prompt_tokens: 20, completion_tokens: 4, prompt_cache_hit_tokens: 8 });
    assert.equal(usage?.cachedInputTokens, 8);
  });

  it('never makes a part larger than the whole', () => {
    const usage = openAiUsage({
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 99, cache_write_tokens: 99 },
      completion_tokens_details: { reasoning_tokens: 99 },
    });
    assert.deepEqual(usage, {
      inputTokens: 10,
      cachedInputTokens: 10,
      cacheWriteTokens: 0,
      outputTokens: 5,
      reasoningTokens: 5,
    });
  });

  for (const value of [
    undefined,
    null,
    {},
    { prompt_tokens: 5 },
    { prompt_tokens: -1, completion_tokens: 2 },
    'x',
  ]) {
    it(`${JSON.stringify(value)} is no usage`, () => assert.equal(openAiUsage(value), null));
  }
});

describe('anthropicUsage', () => {
  it('adds what was read from and written to the cache to the input', () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 20 },
    };
    assert.deepEqual(anthropicUsage(usage), {
      inputTokens: 100,
      cachedInputTokens: 60,
      cacheWriteTokens: 30,
      outputTokens: 50,
      reasoningTokens: 20,
    });
  });

  it('is null without what money depends on', () => {
    assert.equal(anthropicUsage({ input_tokens: 10 }), null);
    assert.equal(anthropicUsage({ output_tokens: 10 }), null);
    assert.equal(anthropicUsage({ input_tokens: 0, output_tokens: 0 }), null);
  });
});

describe('finishOf and textOf', () => {
  it('nothing said is cut, something unknown is not usable', () => {
    assert.equal(finishOf(null), null);
    assert.equal(finishOf(''), null);
    assert.equal(finishOf('STOP'), 'complete');
    assert.equal(finishOf('constructor'), 'bad_response');
  });

  it('only text counts in a list of parts', () => {
    const parts = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'a' },
      null,
      { type: 'text', text: 'b' },
    ];
    assert.equal(textOf(parts), 'ab');
    assert.equal(textOf(null), '');
  });
});
