import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import { deskKinds } from '../../shared/helpdesks/desks.ts';
import { folderFor, load, loadValid, minimal, problemsOf, webhookSecret } from './config-file.ts';

const helpdesks = [...deskKinds.keys()].join(', ');
const hook = (rest: string): string => `${minimal}  hook: { type: webhook, ${rest} }\n`;
const both = (section: string): string => `${minimal}${section}\n`;
const secret = `secret: "\${env:SECRET}"`;
const publicUrl = 'url: "https://shop.example/hook"';
const privateMessage = (host: string, range: string): string =>
  `tierline.yaml:11:31 destinations.hook.url: ${host} is not a public address (${range}): set allowPrivateNetworks: true on this destination if that is meant`;

/** What is wrong, the file, and the first line that people see. */
const wrong: [string, string, string][] = [
  [
    'a tab',
    minimal.replace('  simple:', '\tsimple:'),
    'tierline.yaml:7:1: a tab cannot indent in YAML; use spaces',
  ],
  [
    'a duplicate key',
    minimal.replace('  large:', '  small:'),
    'tierline.yaml:5:3: the key "small" stands twice in the same place',
  ],
  [
    'a second document',
    `${minimal}---\na: 1\n`,
    'tierline.yaml:11:1: a second YAML document begins here; only one is read',
  ],
  [
    'an alias without its anchor',
    minimal.replace('[small]', '*chain'),
    'tierline.yaml:7:21: there is no anchor &chain above this alias',
  ],
  ['an empty file', '# nothing\n', 'tierline.yaml:1:1: the file is empty'],
  [
    'a file that is no map',
    'hello\n',
    'tierline.yaml:1:1: must be a map of keys and values, is the text "hello"',
  ],
  [
    'an unknown key',
    minimal.replace('models: [large]', 'modles: [large]'),
    'tierline.yaml:8:14 tiers.complex.modles: unknown key "modles". Did you mean "models"? Keys: models, concurrency, deadlineMs, backlogDeadlineMs, sloSeconds, mode, onDead, context, prompt',
  ],
  [
    'an unknown key of one type of destination',
    minimal.replace('path: ', 'paht: '),
    'tierline.yaml:10:22 destinations.file.paht: unknown key "paht". Did you mean "path"? Keys: type, path, allowPrivateNetworks',
  ],
  [
    'a missing key',
    minimal.replace(', path: replies.jsonl', ''),
    'tierline.yaml:10:9 destinations.file: missing key "path"',
  ],
  ['a missing section', minimal.replace(/tiers:[^]*(?=dest)/, ''), 'tierline.yaml:1:1: missing key "tiers"'],
  [
    'an empty section',
    minimal.replace(/tiers:[^]*(?=dest)/, 'tiers: {}\n'),
    'tierline.yaml:6:8 tiers: needs at least one tier',
  ],
  [
    'a wrong type',
    minimal.replace('[small]', 'small'),
    'tierline.yaml:7:21 tiers.simple.models: must be a list, is the text "small"',
  ],
  [
    'a fraction',
    minimal.replace('[small]', '[small], concurrency: 1.5'),
    'tierline.yaml:7:43 tiers.simple.concurrency: must be a whole number, is 1.5',
  ],
  [
    'a concurrency of nothing',
    minimal.replace('[small]', '[small], concurrency: 0'),
    'tierline.yaml:7:43 tiers.simple.concurrency: must be more than 0, is 0',
  ],
  [
    'a negative limit',
    minimal.replace('gpt-6-luna }', 'gpt-6-luna, limits: { concurrency: -1 } }'),
    'tierline.yaml:4:72 models.small.limits.concurrency: must be more than 0, is -1',
  ],
  [
    'a limit of nothing',
    minimal.replace('gpt-6-luna }', 'gpt-6-luna, limits: { tokensPerMinute: 0 } }'),
    'tierline.yaml:4:76 models.small.limits.tokensPerMinute: must be more than 0, is 0',
  ],
  [
    'a fraction of a request a minute',
    minimal.replace('gpt-6-luna }', 'gpt-6-luna, limits: { requestsPerMinute: 0.5 } }'),
    'tierline.yaml:4:78 models.small.limits.requestsPerMinute: must be a whole number, is 0.5',
  ],
  [
    'an unknown limit',
    minimal.replace('gpt-6-luna }', 'gpt-6-luna, limits: { requestPerMinute: 5 } }'),
    'tierline.yaml:4:59 models.small.limits.requestPerMinute: unknown key "requestPerMinute". Did you mean "requestsPerMinute"? Keys: requestsPerMinute, tokensPerMinute, concurrency',
  ],
  [
    'a limit of nothing for all models',
    both('defaults: { models: { limits: { concurrency: 0 } } }'),
    'tierline.yaml:11:46 defaults.models.limits.concurrency: must be more than 0, is 0',
  ],
  [
    'a breaker that no failure opens',
    minimal.replace('gpt-6-luna }', 'gpt-6-luna, breaker: { failures: 0 } }'),
    'tierline.yaml:4:70 models.small.breaker.failures: must be more than 0, is 0',
  ],
  [
    'a time-out of nothing',
    minimal.replace('gpt-6-luna }', 'gpt-6-luna, idleTimeoutMs: 0 }'),
    'tierline.yaml:4:64 models.small.idleTimeoutMs: must be more than 0, is 0',
  ],
  [
    'alerts on loopback',
    both('alerts: { webhook: "http://127.0.0.1:9/x" }'),
    'tierline.yaml:11:20 alerts.webhook: 127.0.0.1 is not a public address (loopback): set allowPrivateNetworks: true under alerts if that is meant',
  ],
  [
    'alerts to no web address',
    both('alerts: { webhook: slack }'),
    'tierline.yaml:11:20 alerts.webhook: must be a URL that begins with http:// or https://',
  ],
  [
    'alerts with a password in their address',
    both('alerts: { webhook: "https://me:hunter2@ops.example/x" }'),
    'tierline.yaml:11:20 alerts.webhook: must not contain a user name or password',
  ],
  [
    'alerts to an address that is not set',
    both('alerts: { webhook: "${env:NOT_SET}" }'),
    'tierline.yaml:11:20 alerts.webhook: the environment variable NOT_SET is not set',
  ],
  [
    'alerts without an address',
    both('alerts: { quietMs: 1000 }'),
    'tierline.yaml:11:9 alerts: missing key "webhook"',
  ],
  [
    'alerts signed with a secret of another form',
    both('alerts: { webhook: "https://ops.example/x", secret: "${env:SHORT}" }'),
    'tierline.yaml:11:53 alerts.secret: a webhook secret must have the form whsec_<base64>',
  ],
  [
    'a misspelt option of alerts',
    both('alerts: { webhok: "https://ops.example/x" }'),
    'tierline.yaml:11:11 alerts.webhok: unknown key "webhok". Did you mean "webhook"? Keys: webhook, secret, allowPrivateNetworks, quietMs, deadLetters',
  ],
  [
    'an unknown value',
    minimal.replace('[small]', '[small], onDead: handof'),
    'tierline.yaml:7:38 tiers.simple.onDead: unknown onDead "handof". Did you mean "handoff"? Allowed: handoff, hold',
  ],
  [
    'an unknown preset',
    minimal.replace('preset: openai', 'preset: opnai'),
    'tierline.yaml:2:21 providers.openai.preset: unknown preset "opnai". Did you mean "openai"? Allowed: openai, anthropic, mistral, gemini, deepseek, qwen, meta, groq, openrouter, tokenmix, litellm, portkey, portkey-self-hosted, azure, ollama, vllm',
  ],
  [
    'an unknown type of destination',
    minimal.replace('type: log', 'type: lgo'),
    'tierline.yaml:10:17 destinations.file.type: unknown type "lgo". Did you mean "log"? Allowed: webhook, log, zendesk, freshdesk, intercom, helpscout, front, gorgias, hubspot, chatwoot, zammad, freescout, email',
  ],
  [
    'an unknown model in a chain',
    minimal.replace('[small]', '[large, smal]'),
    'tierline.yaml:7:29 tiers.simple.models[1]: unknown model "smal". Did you mean "small"? Models: small, large',
  ],
  [
    'a model twice in a chain',
    minimal.replace('[small]', '[small, small]'),
    'tierline.yaml:7:29 tiers.simple.models[1]: "small" stands twice in this chain',
  ],
  [
    'an unknown provider',
    minimal.replace('provider: openai, model: gpt-6-luna', 'provider: opnai, model: gpt-6-luna'),
    'tierline.yaml:4:22 models.small.provider: unknown provider "opnai". Did you mean "openai"? Providers: openai',
  ],
  [
    'a provider without an API',
    minimal.replace('preset: openai, ', ''),
    'tierline.yaml:2:11 providers.openai: needs a preset, or an api with its baseUrl',
  ],
  [
    'a provider without an address',
    minimal.replace('preset: openai', 'preset: azure'),
    'tierline.yaml:2:11 providers.openai: missing key "baseUrl": the address of the API, such as https://RESOURCE.openai.azure.com/openai/v1',
  ],
  [
    'a model without its id',
    minimal.replace(', model: gpt-6-luna', ''),
    `tierline.yaml:4:10 models.small: missing key "model": the provider's own id of the model`,
  ],
  [
    'an unknown tier in a route',
    both('routes:\n  - { when: { language: [zh] }, tier: simpel }'),
    'tierline.yaml:12:39 routes[0].tier: unknown tier "simpel". Did you mean "simple"? Tiers: simple, complex',
  ],
  [
    'an unknown query type in a route',
    both(
      'classifier: { queryTypes: { refund: {} } }\nroutes: [{ when: { queryType: refnd }, tier: simple }]',
    ),
    'tierline.yaml:12:31 routes[0].when.queryType: unknown query type "refnd". Did you mean "refund"? Query types: refund',
  ],
  [
    'an unknown source in a route',
    both('routes: [{ when: { source: [shop] }, tier: simple }]'),
    'tierline.yaml:11:29 routes[0].when.source[0]: unknown source "shop". Sources: none',
  ],
  [
    'an unknown flag in a route',
    both('classifier: { flags: { legal: complex } }\nroutes: [{ when: { flag: leagl }, tier: simple }]'),
    'tierline.yaml:12:26 routes[0].when.flag: unknown flag "leagl". Did you mean "legal"? Flags: legal',
  ],
  [
    'a route that leads nowhere',
    both('routes: [{ when: { language: zh } }]'),
    'tierline.yaml:11:10 routes[0]: a route needs a tier, models, or both',
  ],
  [
    'a language by its name',
    both('routes: [{ when: { language: chinese }, tier: simple }]'),
    'tierline.yaml:11:30 routes[0].when.language: a language is its lower-case primary tag, such as "en" or "zh", or "und" for unknown',
  ],
  [
    'an unknown value in a list',
    both('routes: [{ when: { lane: [live, backlg] }, tier: simple }]'),
    'tierline.yaml:11:33 routes[0].when.lane[1]: unknown lane "backlg". Did you mean "backlog"? Allowed: live, backlog',
  ],
  [
    'a number where names belong',
    both('routes: [{ when: { queryType: 5 }, tier: simple }]'),
    'tierline.yaml:11:31 routes[0].when.queryType: must be one value or a list of values',
  ],
  [
    'a number for an option of names',
    minimal.replace('[small]', '[small], onDead: 5'),
    'tierline.yaml:7:38 tiers.simple.onDead: must be one of its names, is 5. Allowed: handoff, hold',
  ],
  [
    'an unknown word for a number',
    both('classifier: { local: { acceptConfidence: sure } }'),
    'tierline.yaml:11:42 classifier.local.acceptConfidence: must be "auto" or a number from 0 to 1 (1.01 = never)',
  ],
  [
    'a query type for a language by its name',
    both('classifier: { queryTypes: { refund: { tiers: { japanese: simple } } } }'),
    'tierline.yaml:11:48 classifier.queryTypes.refund.tiers.japanese: a language is its lower-case primary tag, such as "en" or "zh", or "und" for unknown',
  ],
  [
    'a bracket that is not closed',
    minimal.replace('[small]', '[small'),
    'tierline.yaml:7:28: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    'an unknown tier of a query type',
    both('classifier: { queryTypes: { refund: { tiers: { ja: complx } } } }'),
    'tierline.yaml:11:52 classifier.queryTypes.refund.tiers.ja: unknown tier "complx". Did you mean "complex"? Tiers: simple, complex',
  ],
  [
    'an unknown tier of a flag',
    both('classifier: { flags: { legal: complx } }'),
    'tierline.yaml:11:31 classifier.flags.legal: unknown tier "complx". Did you mean "complex"? Tiers: simple, complex',
  ],
  [
    'a threshold for an unknown tier',
    both('classifier: { tierThresholds: { complx: 0.5 } }'),
    'tierline.yaml:11:33 classifier.tierThresholds.complx: unknown tier "complx". Did you mean "complex"? Tiers: simple, complex',
  ],
  [
    'a threshold for the first tier',
    both('classifier: { tierThresholds: { simple: 0.5 } }'),
    'tierline.yaml:11:33 classifier.tierThresholds.simple: "simple" is the first tier: nothing is raised to it',
  ],
  [
    'thresholds that do not rise',
    `${minimal.replace('  complex:', '  middle: { models: [small] }\n  complex:')}classifier: { tierThresholds: { middle: 0.5, complex: 0.5 } }\n`,
    'tierline.yaml:12:55 classifier.tierThresholds.complex: must be more than the 0.5 of "middle", is 0.5',
  ],
  [
    'a house model that classifies',
    `${minimal.replace('models:\n', 'models:\n  home: { provider: house }\n').replace('providers:\n', 'providers:\n  house: { api: house }\n')}classifier: { models: [home] }\n`,
    'tierline.yaml:13:24 classifier.models[0]: "home" is a house model: it cannot classify',
  ],
  [
    'an unknown baseline',
    both('baseline: { model: lagre }'),
    'tierline.yaml:11:20 baseline.model: unknown model "lagre". Did you mean "large"? Models: small, large',
  ],
  [
    'a deadline that one call can outlast',
    minimal.replace('[small]', '[small], deadlineMs: 20000'),
    'tierline.yaml:7:42 tiers.simple.deadlineMs: the deadlineMs 20000 of tier "simple" is shorter than the timeoutMs 30000 of model "small"',
  ],
  [
    "a route's chain that outlasts the deadline of its tier",
    `${minimal.replace('gpt-6.1-sol', 'gpt-6.1-sol, timeoutMs: 1000000')}routes: [{ when: {}, tier: simple, models: [small, large] }]\n`,
    'tierline.yaml:11:44 routes[0].models: the deadlineMs 900000 of tier "simple" is shorter than the timeoutMs 1000000 of model "large"',
  ],
  [
    'a context file that is not there',
    minimal.replace('[small]', '[small], context: [catalogue.md]'),
    'tierline.yaml:7:40 tiers.simple.context[0]: the file catalogue.md cannot be read',
  ],
  [
    'a prompt that is not there',
    minimal.replace('[small]', '[small], prompt: prompt.md'),
    'tierline.yaml:7:38 tiers.simple.prompt: the file prompt.md cannot be read',
  ],
  [
    'a knowledge folder that is not there',
    both('knowledge: { folder: articles }'),
    'tierline.yaml:11:22 knowledge.folder: the folder articles cannot be read',
  ],
  [
    'a loopback destination',
    hook(`url: "http://127.0.0.1:9/x", ${secret}`),
    privateMessage('127.0.0.1', 'loopback'),
  ],
  [
    'a loopback destination in other digits',
    hook(`url: "http://0177.1/x", ${secret}`),
    privateMessage('127.0.0.1', 'loopback'),
  ],
  [
    'a private destination',
    hook(`url: "https://10.1.2.3/x", ${secret}`),
    privateMessage('10.1.2.3', 'private'),
  ],
  [
    'a link-local destination',
    hook(`url: "http://169.254.169.254/x", ${secret}`),
    privateMessage('169.254.169.254', 'linkLocal'),
  ],
  [
    'a destination on localhost',
    hook(`url: "http://localhost:9/x", ${secret}`),
    privateMessage('localhost', 'loopback'),
  ],
  [
    'a loopback destination in IPv6',
    hook(`url: "http://[::1]/x", ${secret}`),
    privateMessage('[::1]', 'loopback'),
  ],
  [
    'a private IPv4 address inside IPv6',
    hook(`url: "http://[::ffff:10.0.0.1]/x", ${secret}`),
    privateMessage('[::ffff:a00:1]', 'ipv4Mapped'),
  ],
  [
    'a destination that is no web address',
    hook(`url: "ftp://shop.example/x", ${secret}`),
    'tierline.yaml:11:31 destinations.hook.url: must be a URL that begins with http:// or https://',
  ],
  [
    'a destination with a password',
    hook(`url: "https://me:hunter2@shop.example/x", ${secret}`),
    'tierline.yaml:11:31 destinations.hook.url: must not contain a user name or password',
  ],
  [
    "a destination's secret that is not set",
    hook(`${publicUrl}, secret: "\${env:NOT_SET}"`),
    'tierline.yaml:11:68 destinations.hook.secret: the environment variable NOT_SET is not set',
  ],
  [
    'a destination without a secret',
    hook(publicUrl),
    'tierline.yaml:11:9 destinations.hook: missing key "secret"',
  ],
  [
    'a secret of another form',
    hook(`${publicUrl}, secret: hunter2`),
    'tierline.yaml:11:68 destinations.hook.secret: a webhook secret must have the form whsec_<base64>',
  ],
  [
    'a secret file that is not there',
    hook(`${publicUrl}, secret: "\${file:secret.txt}"`),
    'tierline.yaml:11:68 destinations.hook.secret: the file secret.txt cannot be read or is empty',
  ],
  [
    'a reference of no known kind',
    minimal.replace('path: replies.jsonl', 'path: "${HOME}/replies.jsonl"'),
    'tierline.yaml:10:28 destinations.file.path: ${HOME} is neither ${env:NAME} nor ${file:/path}',
  ],
  [
    'an unknown destination',
    both('sources: { shop: { platform: generic, destination: flie } }'),
    'tierline.yaml:11:52 sources.shop.destination: unknown destination "flie". Did you mean "file"? Destinations: file',
  ],
  [
    'a source that has to choose its destination',
    hook(`${publicUrl}, ${secret}`).concat('sources: { shop: { platform: generic } }\n'),
    'tierline.yaml:12:18 sources.shop: missing key "destination": there are several. Destinations: file, hook',
  ],
  [
    'a platform that is not available',
    both('sources: { desk: { platform: email } }'),
    `tierline.yaml:11:30 sources.desk.platform: platform "email" is not available in this version. Platforms: generic, ${helpdesks}`,
  ],
  [
    'a destination type that is not available',
    `${minimal}  desk: { type: email }\n`,
    `tierline.yaml:11:17 destinations.desk.type: destination type "email" is not available in this version. Types: webhook, log, ${helpdesks}`,
  ],
  [
    'a tier that cannot name a queue',
    minimal.replace('simple:', 'Simple:'),
    'tierline.yaml:7:3 tiers.Simple: a name here is lower-case letters, digits, _ and -, at most 31, a letter first',
  ],
  [
    'a name with a space',
    minimal.replace('  file:', '  my file:'),
    'tierline.yaml:10:3 destinations["my file"]: a name here is letters, digits, dots, _ and -, at most 63, a letter or digit first',
  ],
];

describe('a wrong configuration is refused, and the message says where and what', () => {
  for (const [what, text, expected] of wrong) {
    it(what, (context) => {
      const problems = problemsOf(context, text, { env: { SECRET: webhookSecret, SHORT: 'hunter2' } });
      assert.equal(problems[0], expected);
    });
  }

  it('a missing file', () => {
    const result = loadConfig({ file: 'no-such-folder/tierline.yaml', env: {} });
    assert.deepEqual(result.kind === 'invalid' && result.problems.map(formatProblem), [
      'no-such-folder/tierline.yaml:1:1: the file does not exist',
    ]);
  });

  it('a file that is not UTF-8', (context) => {
    const file = join(folderFor(context), 'tierline.yaml');
    writeFileSync(file, Buffer.from([0xc4, 0xe3, 0xba, 0xc3]));
    const result = loadConfig({ file, env: {} });
    assert.equal(result.kind === 'invalid' && result.problems[0]?.message, 'the file is not UTF-8 text');
  });

  it('JSON is located like YAML', (context) => {
    const json = JSON.stringify(
      {
        providers: { openai: { preset: 'openai' } },
        models: { small: { provider: 'openai', model: 'gpt-6-luna' } },
        tiers: { simple: { models: ['smal'] } },
        destinations: { file: { type: 'log', path: 'replies.jsonl' } },
      },
      null,
      2,
    );
    assert.deepEqual(problemsOf(context, json, { name: 'tierline.json' }), [
      'tierline.json:16:9 tiers.simple.models[0]: unknown model "smal". Did you mean "small"? Models: small',
    ]);
  });

  it('a break in the grammar is told once, not again for all that follows from it', (context) => {
    assert.equal(problemsOf(context, minimal.replace('  simple:', '\tsimple:')).length, 1);
  });

  it('all problems are told at once, in the order of the file', (context) => {
    const text = minimal.replace('[small]', '[smal]').replace('[large]', '[lagre]');
    assert.deepEqual(
      problemsOf(context, text).map((line) => line.slice(0, 36)),
      ['tierline.yaml:7:22 tiers.simple.mode', 'tierline.yaml:8:23 tiers.complex.mod'],
    );
  });

  it('no message or problem holds a secret', (context) => {
    const text = hook(`${publicUrl}, secret: "\${env:SECRET}"`).replace(
      '"${env:OPENAI_API_KEY}"',
      'sk-hunter2, headers: { a: 5 }',
    );
    const result = load(context, text, { env: { SECRET: 'hunter2' } });
    assert.equal(result.kind, 'invalid');
    assert.doesNotMatch(JSON.stringify(result), /hunter2/);
    const fixed = loadValid(context, text.replace('{ a: 5 }', '{}'), { env: { SECRET: webhookSecret } });
    assert.doesNotMatch(JSON.stringify(fixed.warnings), /hunter2/);
    assert.equal(fixed.warnings[0]?.path, 'providers.openai.apiKey');
  });

  it('a value that came from outside the file is shown as its reference', (context) => {
    const text = minimal
      .replace('path: replies.jsonl', 'path: replies.jsonl, type2: "${env:A}"')
      .replace('[small]', '[small], mode: "${env:MODE}"');
    const result = load(context, text, { env: { A: 'from-outside', MODE: 'from-outside' } });
    assert.equal(result.kind, 'invalid');
    assert.match(JSON.stringify(result), /\$\{env:MODE\}/);
    assert.doesNotMatch(JSON.stringify(result), /from-outside/);
  });
});
