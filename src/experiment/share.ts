import type { PlannedRun } from './plan.js';

/** How a machine is divided between runs. */
export interface Share {
  readonly parallel: number;
  /** Threads of each process. */
  readonly threads: number;
  /** Graphics cards, given to the runs in turn; none on a CPU. */
  readonly gpus: readonly string[];
  /** Why fewer run at a time than there are cores, or that not even one may fit, where memory is the reason. */
  readonly note: string | null;
}

export interface ShareableMachine {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly gpus: readonly string[];
  /** All runs would be on the same device, which WebGPU chooses. */
  readonly oneDevice?: boolean;
}

/**
 * As many runs at a time as there are cores, one thread each: small networks keep a core busy alone, and two of them do
 * more than one with two threads. Fewer where their memory would not fit into four fifths of the machine's. On graphics
 * cards, one run a card; on WebGPU's device, one. A number asked for is taken as it is. A run of several ranks takes a core or
 * a card for each.
 */
export function shareMachine(
  runs: readonly PlannedRun[],
  wish: number | 'auto',
  { cores, memoryBytes, gpus, oneDevice = false }: ShareableMachine,
  ranks = 1,
): Share {
  const cards = oneDevice ? 1 : gpus.length;
  const places = Math.floor((cards > 0 ? cards : cores) / ranks);
  const most = Math.max(1, Math.min(wish === 'auto' ? places : wish, runs.length));
  const largest = ranks * Math.max(1, ...runs.map(neededBytes));
  const fitting = cards > 0 ? most : Math.max(1, Math.floor((0.8 * memoryBytes) / largest));
  const parallel = wish === 'auto' ? Math.min(most, fitting) : most;
  const note =
    gpus.length === 0 && largest > memoryBytes
      ? `a run may need ${gib(largest)}, this machine has ${gib(memoryBytes)}; a smaller micro_batch_size or \`runner: { recompute: blocks }\` takes less`
      : parallel < most
        ? `${parallel} at a time: a run may need ${gib(largest)}`
        : null;
  return { parallel, threads: Math.max(1, Math.floor(cores / (parallel * ranks))), gpus, note };
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** What Node, TensorFlow and the data take before the first step. */
const libraryBytes = 800 * 2 ** 20;

/** Memory of a run's process. */
export const neededBytes = ({ bytes }: PlannedRun): number => bytes + libraryBytes;
