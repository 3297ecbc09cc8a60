/**
 * Where processes say that they run, all under one hash tag. `seen` and `info`: when each was last heard of, and what it
 * is. `versions`: when each version of the configuration was last in use; `config:<version>` is what it says. `tiers`: when
 * each tier was last in a configuration. `reload`: how often all of them were asked to read their files again.
 */
export const processesBase = (prefix: string): string => `{${prefix}:processes}:`;

export const shownKey = (prefix: string, version: string): string =>
  `${processesBase(prefix)}config:${version}`;

export const reloadKey = (prefix: string): string => `${processesBase(prefix)}reload`;

/** How often a process says so. */
export const heartbeatMs = 5000;
/** One that missed a beat may have been killed: nobody is warned of it or refused for it. */
export const freshSeconds = 1.4 * (heartbeatMs / 1000);
/** A process that was not heard of for longer is gone. */
export const lifeMs = 3 * heartbeatMs;
