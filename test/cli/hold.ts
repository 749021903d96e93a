import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs that wait for the test amid their work: hold-at-line.mjs says where. */
export interface Hold {
  /** For the program's environment. */
  readonly env: Record<string, string>;
  /** Until the run's start of that number waits. */
  held(start: number): Promise<void>;
  /** Lets it go on. */
  release(start: number): void;
}

/** Lets the run that gets `env` wait in each of some starts, counted from 1. */
export function holdStarts(folder: string, starts: readonly number[]): Hold {
  const place = mkdtempSync(join(folder, 'hold-'));
  const hold = (start: number) => join(place, `hold-${start}`);
  for (const start of starts) writeFileSync(hold(start), '');
  return {
    env: { ABLATE_HOLD: place, NODE_OPTIONS: `--import=${new URL('./hold-at-line.mjs', import.meta.url).href}` },
    held: async (start) => {
      for (const end = Date.now() + 120_000; !existsSync(join(place, `held-${start}`)); await sleep(20))
        if (Date.now() > end)
          throw new Error(`in two minutes the run's start ${start} did not come to its second line`);
    },
    release: (start) => rmSync(hold(start)),
  };
}
