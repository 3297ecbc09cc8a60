/** The process environment, parsed at the door. The configuration's own references are resolved in shared/config/. */
import { z } from 'zod';
import { TierlineError } from '../shared/errors.ts';
import { leaseMs } from '../shared/stages.ts';
import { rawKeysFromEnv } from './ingest/api-keys.ts';
import type { Environment } from './system.ts';

const portRule = 'must be a port, a whole number from 0 to 65535';
const port = z.coerce.number(portRule).int(portRule).min(0, portRule).max(65_535, portRule);

const leaseRule = 'must be a number of milliseconds, from 1000 to 600000';
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** An empty variable counts as not set: compose files pass on unset ones as empty. */
const schema = z.object({
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/|^\//, 'must begin with redis:// or rediss://, as in redis://127.0.0.1:6379')
    .optional(),
  TIERLINE_CONFIG: z.string().optional(),
  TIERLINE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
    .default('tierline'),
  TIERLINE_LEASE_MS: z.coerce
    .number(leaseRule)
    .int(leaseRule)
    .min(1000, leaseRule)
    .max(600_000, leaseRule)
    .default(leaseMs),
  INGEST_HOST: z.string().default('127.0.0.1'),
  INGEST_PORT: port.default(8080),
  CONSOLE_HOST: z.string().default('127.0.0.1'),
  CONSOLE_PORT: port.default(8081),
  CONSOLE_TOKEN: z.string().optional(),
  HEALTH_PORT: port.optional(),
  TIERLINE_API_KEYS: z.string().optional(),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).optional(),
});

export type ProcessEnvironment = Environment & {
  redisUrl: string | null;
  configFile: string | null;
  logLevel: string | null;
};

/** What is shown of a wrong value; those that may hold a password are not. */
const shownCharacters = 40;

function describe({ path, message }: z.core.$ZodIssue, given: NodeJS.ProcessEnv): string {
  const name = path.join('.');
  const is = name === 'REDIS_URL' ? '' : `, is ${JSON.stringify(given[name]?.slice(0, shownCharacters))}`;
  return `${name} ${message}${is}.`;
}

/** @throws TierlineError `bad_environment`, naming every variable that does not fit. */
export function readEnvironment(env: NodeJS.ProcessEnv): ProcessEnvironment {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => describe(issue, given));
    throw new TierlineError('bad_environment', `The environment does not fit. ${problems.join('\n')}`);
  }
  const values = parsed.data;
  return {
    redisUrl: values.REDIS_URL ?? null,
    configFile: values.TIERLINE_CONFIG ?? null,
    logLevel: values.LOG_LEVEL ?? null,
    prefix: values.TIERLINE_PREFIX,
    leaseMs: values.TIERLINE_LEASE_MS,
    ingest: { host: values.INGEST_HOST, port: values.INGEST_PORT },
    console: {
      host: values.CONSOLE_HOST,
      port: values.CONSOLE_PORT,
      token: values.CONSOLE_TOKEN ?? null,
    },
    healthPort: values.HEALTH_PORT ?? null,
    apiKeys: rawKeysFromEnv(values.TIERLINE_API_KEYS),
  };
}
