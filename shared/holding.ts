/** Something that is used by many and must not be closed under any of them. */

export type Holding = {
  /** Keeps it open; call what comes back, once, when done. */
  hold: () => () => void;
  /** Called when it closes, in the reverse order. */
  onClose: (close: () => Promise<void>) => void;
  /** Closes now, or when the last holder lets go; resolves when that is done. May be called twice. */
  close: () => Promise<void>;
};

export function createHolding(): Holding {
  const closers: (() => Promise<void>)[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let holders = 0;
  let isClosing = false;
  let isClosed = false;
  const closeIfFree = (): void => {
    if (!isClosing || isClosed || holders > 0) return;
    isClosed = true;
    closeInOrder(closers).then(resolve, reject);
  };
  return {
    hold() {
      holders += 1;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        holders -= 1;
        closeIfFree();
      };
    },
    onClose: (close) => void closers.push(close),
    close() {
      isClosing = true;
      closeIfFree();
      return promise;
    },
  };
}

async function closeInOrder(closers: (() => Promise<void>)[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}
