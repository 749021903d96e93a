import { type Predictions, readPredictions } from '../records/predictions.js';
import type { RunResult } from '../records/result.js';

/** What a run said of each test picture: read when asked for, and again where the memory was needed for something else. */
export interface RunPredictions {
  /** Null where none were kept, and where the file is damaged. */
  read(): Predictions | null;
  /** A sentence that names the file and what is wrong with it; null where nothing is. */
  damage(): string | null;
  /** Whether each picture was right, a byte a picture; null where `read` is. */
  correct(): Uint8Array | null;
}

export function runPredictions(folder: string, result: RunResult | null): RunPredictions {
  let kept: WeakRef<Predictions> | null = null;
  let bits: WeakRef<Uint8Array> | null = null;
  let none = result?.status !== 'done' || !result.predictions;
  let damage: string | null = null;
  const read = (): Predictions | null => {
    if (none || result?.status !== 'done') return null;
    const before = kept?.deref();
    if (before) return before;
    const found = readPredictions(folder, result);
    if (found.state === 'read') {
      kept = new WeakRef(found.value);
      return found.value;
    }
    none = true;
    if (found.state === 'damaged') damage = `${found.file} ${found.reason}`;
    return null;
  };
  return {
    read,
    damage: () => {
      if (!kept) read();
      return damage;
    },
    correct: () => {
      const before = bits?.deref();
      if (before) return before;
      const found = read();
      if (!found) return null;
      const right = Uint8Array.from(found.predicted, (one, at) => Number(one === found.label[at]));
      bits = new WeakRef(right);
      return right;
    },
  };
}
