/** `trust`: what is sent, what waits for a person, and what a person answers. */
import { z } from 'zod';
import { trustModes } from '../ticket.ts';
import { oneOrMany, text } from './schema-common.ts';
import { whenSchema } from './schema-routing.ts';

export const trustSchema = z
  .strictObject({
    when: whenSchema
      .extend({ tier: oneOrMany(text).exactOptional().describe('The tier of its route, or several.') })
      .describe('All of these must hold; within a list one is enough. {} matches every ticket.'),
    mode: z
      .enum(trustModes)
      .describe(
        "auto sends the answer; draft leaves the sending to people; people hands the ticket to them at once, and nothing is paid for an answer. A source's or tier's mode: draft still beats auto.",
      ),
  })
  .describe('A rule of who lets answers out.');

const checkModes = ['draft', 'people', 'off'] as const;
const check = (fallback: (typeof checkModes)[number], what: string) =>
  z.enum(checkModes).default(fallback).describe(what);

export const checksSchema = z
  .strictObject({
    empty: check('people', 'It says nothing.'),
    language: check('draft', "It is clearly in another language than the ticket's."),
    placeholders: check(
      'draft',
      'Something of a template or of the model is left in it, such as [Your name].',
    ),
    links: check('draft', 'A link or e-mail address in it stands neither in the ticket nor in the material.'),
    amounts: check('draft', 'A price or percentage in it stands neither in the ticket nor in the material.'),
    promises: check(
      'draft',
      'It promises a refund, something free, a guarantee or a deadline that the material does not know of.',
    ),
    promptLeak: check('people', 'It tells what the model was told.'),
    secrets: check('people', 'A key, a card number or a bank account that nobody gave is in it.'),
  })
  .describe(
    'What a reply must pass before it leaves. draft: where it fails, a person looks at it first; people: nobody sees it, and people get the ticket; off: not looked at.',
  );
