import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadValid, minimal, problemsOf } from './config-file.ts';

const desk = (type: string, only: string): string => `${minimal}  desk:
    type: ${type}
    url: https://desk.example
    subdomain: shop
    account: "1"
    userId: "9"
    token: "a token"
sources:
  desk: { platform: ${type}, secret: "long enough", destination: desk${only} }
`;

test('a helpdesk whose tags are not known cannot be narrowed by them, and says what can', (t) => {
  assert.deepEqual(problemsOf(t, desk('zammad', ', only: { tags: [ai] }')), [
    'tierline.yaml:19:77 sources.desk.only: cannot choose by tags: Zammad’s webhooks do not tell them; let the trigger in Zammad choose the tickets',
  ]);
  loadValid(t, desk('zammad', ', only: {}'));
  loadValid(t, desk('zammad', ', share: 0.1'));
  loadValid(t, desk('chatwoot', ', only: { tags: [ai] }'));
  loadValid(t, desk('freshdesk', ', only: { tags: [ai] }'));
});
