/** The unexpected. Expected outcomes are unions; what is thrown carries a code and a text fit for strangers. */
export class TierlineError extends Error {
  readonly code: string;
  readonly isRetryable: boolean;

  /** `message` must be fit to show to anybody: no ticket text, no keys. */
  constructor(code: string, message: string, options: { isRetryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TierlineError';
    this.code = code;
    this.isRetryable = options.isRetryable ?? false;
  }
}

/** A text for logs from anything thrown; only our own messages and error codes, since others may quote what they were given. */
export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof TierlineError) return { code: error.code, message: error.message };
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    return { code, message: error.name };
  }
  return { code: 'unknown', message: 'something that is not an Error was thrown' };
}
