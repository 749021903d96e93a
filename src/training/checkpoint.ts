import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ops } from '../engine/ops.js';
import { openSafetensors, writeSafetensors } from '../weights/safetensors.js';
import type { TrainingState } from './state.js';

/** Where a run stands besides its variables: all chance is drawn by step number, so the number is enough. */
export interface Progress {
  /** Optimizer steps done. */
  readonly step: number;
  /** Bytes of metrics.jsonl that belong to these steps; what follows is written again. */
  readonly metricsBytes: number;
  /** The last training line: its step, the seconds of training until then, and the sum of losses since. */
  readonly line: { readonly step: number; readonly loss: number; readonly training: number };
  readonly best: { readonly top1: number; readonly epoch: number } | null;
  /** Seconds spent so far, by kind; `waiting` is a part of training, and absent in checkpoints older than it. */
  readonly seconds: {
    readonly training: number;
    readonly evaluation: number;
    readonly startup: number;
    readonly waiting?: number;
  };
}

/** Changes with what a checkpoint holds: one of another version is not taken up. */
const schema = 'ablate/checkpoint/1';

const file = (folder: string): string => join(folder, 'checkpoint', 'state.safetensors');

/** Writes all variables and the progress as one file, whole or not at all; the one before stays until then. */
export async function saveCheckpoint(
  folder: string,
  state: TrainingState,
  progress: Progress,
  hash: string,
): Promise<void> {
  await mkdir(join(folder, 'checkpoint'), { recursive: true });
  const tensors = await Promise.all(
    [...state.all].map(async ([name, variable]) => {
      const values = (await variable.data()) as Float32Array;
      return { name, shape: variable.shape, dtype: 'F32', values: () => values } as const;
    }),
  );
  await writeSafetensors(file(folder), tensors, { schema, hash, progress: JSON.stringify(progress) });
  await syncFolder(join(folder, 'checkpoint'));
}

/**
 * Fills the variables from a checkpoint of the same run, or leaves them and returns null where there is none. Throws a
 * `WeightsError` for a damaged one, before any variable is touched.
 */
export async function loadCheckpoint(
  ops: Ops,
  folder: string,
  state: TrainingState,
  hash: string,
): Promise<Progress | null> {
  const present = await readdir(join(folder, 'checkpoint')).catch((): string[] => []);
  if (!present.includes('state.safetensors')) return null;
  const stored = await openSafetensors(file(folder));
  try {
    if (stored.metadata.schema !== schema || stored.metadata.hash !== hash) return null;
    for (const [name, variable] of state.all) {
      const values = await stored.readFloat32(name);
      ops.tf.tidy(() => variable.assign(ops.tf.tensor(values, variable.shape)));
    }
    return JSON.parse(stored.metadata.progress as string) as Progress;
  } finally {
    await stored.close();
  }
}

/** A finished run needs its checkpoint no longer. */
export async function removeCheckpoint(folder: string): Promise<void> {
  await rm(join(folder, 'checkpoint'), { recursive: true, force: true });
}

/** A rename is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
