// The image has no shell and no curl: this asks the process's own /readyz, and is healthy when it says so.
// node infra/healthcheck.mjs [port]     without one: HEALTH_PORT, else INGEST_PORT, else 8080
const port = process.argv[2] ?? process.env['HEALTH_PORT'] ?? process.env['INGEST_PORT'] ?? '8080';

const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) }).then(
  (response) => response.ok,
  () => false,
);
process.exitCode = isReady ? 0 : 1;
