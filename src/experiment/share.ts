import type { PlannedRun } from './plan.js';

/** How a machine is divided between runs. */
export interface Share {
  readonly parallel: number;
  /** Threads of each run. */
  readonly threads: number;
  /** Why fewer run at a time than there are cores, where memory is the reason. */
  readonly note: string | null;
}

/**
 * As many runs at a time as there are cores, one thread each: small networks keep a core busy alone, and two of them do
 * more than one with two threads. Fewer where their memory would not fit into four fifths of the machine's; one on a GPU.
 */
export function shareMachine(
  runs: readonly PlannedRun[],
  wish: number | 'auto',
  machine: { readonly cores: number; readonly memoryBytes: number; readonly gpu: boolean },
): Share {
  if (machine.gpu) return { parallel: wish === 'auto' ? 1 : wish, threads: machine.cores, note: null };
  const most = Math.max(1, Math.min(wish === 'auto' ? machine.cores : wish, runs.length));
  const largest = Math.max(0, ...runs.map(({ bytes }) => bytes + libraryBytes));
  const fitting = Math.max(1, Math.floor((0.8 * machine.memoryBytes) / Math.max(1, largest)));
  const parallel = wish === 'auto' ? Math.min(most, fitting) : most;
  const note = wish === 'auto' && fitting < most ? `${parallel} at a time: a run may need ${(largest / 2 ** 30).toFixed(1)} GiB` : null;
  return { parallel, threads: Math.max(1, Math.floor(machine.cores / parallel)), note };
}

/** What TensorFlow and Node take before the first tensor. */
const libraryBytes = 600 * 2 ** 20;
