import { availableParallelism } from 'node:os';

/** Runs work when its turn has come, in the order in which it was given. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** Turns for work that keeps a core busy: as many at a time as there are cores. */
export function createTurns(width = availableParallelism()): Turns {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/**
 * Waits for all that is begun. The first failure, or `signal`, aborts what the others are given, with its own reason;
 * they have all ended when it is thrown, so that nobody writes any more into what is then cleared away.
 */
export async function together(
  signal: AbortSignal | undefined,
  begin: (ending: AbortSignal) => readonly Promise<unknown>[],
): Promise<void> {
  const failing = new AbortController();
  const ending = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  const all = begin(ending).map((one) =>
    one.catch((error: unknown) => {
      failing.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(all);
  ending.throwIfAborted();
}
