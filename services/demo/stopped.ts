/** Somebody pressed Ctrl-C, or told the process to end. Not an error of ours. */
export class Stopped extends Error {
  readonly signal: NodeJS.Signals;
  constructor(signal: NodeJS.Signals) {
    super(signal);
    this.signal = signal;
  }
}
