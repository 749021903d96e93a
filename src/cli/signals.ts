const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The exit code of a program that was told to end and can go on; cli/errors.ts has them all, and loads more than this. */
const interrupted = 75;

const leave = (): void => process.exit(interrupted);

/** Where a signal finds nothing to save; without this, it would look like a crash. Runs are watched once they begin. */
export function endBeforeRuns(): void {
  for (const name of signals) process.on(name, leave);
}

/** Sooner than this after the first, a second signal is the same one by another way: npm passes Ctrl-C on. */
const impatienceMilliseconds = 2000;

export interface SignalOptions {
  /** Told at the first signal. */
  readonly onFirst: () => void;
  /** Whether a person at a terminal started the program. */
  readonly atTerminal?: boolean;
}

export interface SignalWatch {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  /** Listens no more. */
  release(): void;
}

/**
 * The first Ctrl-C, SIGTERM or closed terminal asks for a saved end. Only a second Ctrl-C, some seconds later and from a
 * terminal, ends at once: a scheduler's signals come several times, and nobody is impatient there.
 */
export function watchSignals({
  onFirst,
  atTerminal = process.stdin.isTTY || process.stderr.isTTY,
}: SignalOptions): SignalWatch {
  const stop = new AbortController();
  const kill = new AbortController();
  let firstAt = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (!stop.signal.aborted) {
      stop.abort();
      onFirst();
      firstAt = Date.now();
    } else if (name === 'SIGINT' && atTerminal && Date.now() - firstAt >= impatienceMilliseconds) kill.abort();
  };
  for (const name of signals) {
    process.on(name, onSignal);
    process.off(name, leave);
  }
  // A terminal that was closed takes no more text; the runs are saved all the same.
  process.stderr.on('error', () => {});
  const release = (): void => {
    for (const name of signals) process.off(name, onSignal);
  };
  return { stop: stop.signal, kill: kill.signal, release };
}
