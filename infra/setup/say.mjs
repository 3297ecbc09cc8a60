/** A failure that the person at the keyboard can do something about: its message is all that is printed. */
export class SetupError extends Error {}

/** Set-up was told to stop while a tool was running. */
export class Interrupted extends Error {
  constructor(signal) {
    super(signal);
    this.signal = signal;
  }
}

/** Messages go to stderr: stdout belongs to the program that is started afterwards. */
export function say(text) {
  process.stderr.write(`tierline: ${text}\n`);
}

/** Shows one line for a piece of work: what it is, and in the end how long it took. */
export async function withProgress(text, work) {
  const startedAt = Date.now();
  process.stderr.write(`tierline: ${text} … `);
  try {
    const result = await work();
    process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
}
