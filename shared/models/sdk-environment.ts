/** Keeps the SDKs' own environment variables out: tierline.yaml alone decides where tickets and keys go. */

/**
 * Runs `create` with every variable that begins with `prefix` hidden. The SDKs read their variables (organisation,
 * project, custom headers, log level…) when a client is constructed, and not all of them can be overridden by options.
 */
export function withoutEnvironment<T>(prefix: string, create: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith(prefix));
  for (const [name] of hidden) delete process.env[name];
  try {
    return create();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}
