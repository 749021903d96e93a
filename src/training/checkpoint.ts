import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ops } from '../engine/ops.js';
import { syncFolder } from '../files/whole.js';
import { ignoreAbsent } from '../records/write.js';
import { openSafetensors, type SafetensorsFile, WeightsError, writeSafetensors } from '../weights/safetensors.js';
import { type Progress, progressSchema } from './progress.js';
import type { TrainingState } from './state.js';

/** Changes with what a checkpoint holds: one of another version is not taken up. */
const schema = 'ablate/checkpoint/3';

/**
 * Newest first. `next` is whole before it takes the place of `state`, which then is `previous`: at every moment one of
 * them can be gone on from, and two where one turns out to be damaged.
 */
const names = { next: 'next.safetensors', state: 'state.safetensors', previous: 'previous.safetensors' } as const;

const folderOf = (directory: string): string => join(directory, 'checkpoint');

/** Writes all variables and the progress as one file with a checksum of them all; the one before stays beside it. */
export async function saveCheckpoint(
  directory: string,
  state: TrainingState,
  progress: Progress,
  hash: string,
): Promise<void> {
  const folder = folderOf(directory);
  await mkdir(folder, { recursive: true });
  const tensors = await Promise.all(
    [...state.all].map(async ([name, variable]) => {
      const values = (await variable.data()) as Float32Array;
      return { name, shape: variable.shape, dtype: 'F32', values: () => values } as const;
    }),
  );
  const text = JSON.stringify(progress);
  const sum = checksum(hash, text);
  for (const { name, values } of tensors) sum.add(name, values());
  await writeSafetensors(join(folder, names.next), tensors, { schema, hash, progress: text, sha256: sum.digest() });
  await rename(join(folder, names.state), join(folder, names.previous)).catch(ignoreAbsent);
  await rename(join(folder, names.next), join(folder, names.state));
  await syncFolder(folder);
}

export interface Resumption {
  readonly hash: string;
  /** Steps of the whole run: a checkpoint is of one before the last. */
  readonly totalSteps: number;
  /** metrics.jsonl as it is: a checkpoint that counts on more, or on half a line, would leave a hole. */
  readonly metrics: Uint8Array;
}

/**
 * Fills the variables from the newest whole checkpoint of the same run; returns its progress and why newer ones were
 * refused, or null where there is none. A file is read and checked to its last byte before any variable is touched; one
 * that is refused is removed, so that it cannot push a good one out.
 */
export async function loadCheckpoint(
  ops: Ops,
  directory: string,
  state: TrainingState,
  run: Resumption,
): Promise<{ readonly progress: Progress | null; readonly refused: readonly string[] }> {
  const folder = folderOf(directory);
  const present = await readdir(folder).catch((): string[] => []);
  const refused: string[] = [];
  for (const name of Object.values(names).filter((one) => present.includes(one))) {
    const path = join(folder, name);
    try {
      const found = await readChecked(path, state, run);
      if (!found) continue;
      for (const [own, variable] of state.all) {
        const values = found.values.get(own) as Float32Array;
        ops.tf.tidy(() => variable.assign(ops.tf.tensor(values, variable.shape)));
      }
      return { progress: found.progress, refused };
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error;
      refused.push(error.message);
      await rm(path, { recursive: true, force: true });
    }
  }
  return { progress: null, refused };
}

/** The step that the newest checkpoint says it holds, 0 where there is none: looked at, not checked. */
export async function savedStep(directory: string): Promise<number> {
  const folder = folderOf(directory);
  const present = await readdir(folder).catch((): string[] => []);
  for (const name of Object.values(names).filter((one) => present.includes(one))) {
    try {
      const file = await openSafetensors(join(folder, name));
      await file.close();
      return progressSchema.parse(JSON.parse(file.metadata.progress ?? '')).step;
    } catch {
      // Damaged: the start that follows refuses it and says so.
    }
  }
  return 0;
}

interface Checked {
  readonly progress: Progress;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** All of a checkpoint, or null where it is another run's. Throws a `WeightsError` that says what is wrong with it. */
async function readChecked(path: string, state: TrainingState, run: Resumption): Promise<Checked | null> {
  const file = await openSafetensors(path);
  try {
    const { metadata } = file;
    if (metadata.schema !== schema || metadata.hash !== run.hash) return null;
    const progress = progressOf(file, run);
    const values = new Map<string, Float32Array>();
    const sum = checksum(run.hash, metadata.progress as string);
    for (const [name, { shape }] of state.all) {
      const entry = file.entries.get(name);
      if (entry && String(entry.shape) !== String(shape))
        throw new WeightsError(`${path}: "${name}" has the shape [${entry.shape}], expected [${shape}]`);
      const read = await file.readFloat32(name);
      sum.add(name, read);
      values.set(name, read);
    }
    if (sum.digest() !== metadata.sha256)
      throw new WeightsError(`${path}: its content does not have the checksum that was written with it`);
    return { progress, values };
  } finally {
    await file.close();
  }
}

function progressOf({ path, metadata }: SafetensorsFile, { totalSteps, metrics }: Resumption): Progress {
  const wrong = (what: string) => new WeightsError(`${path}: its progress ${what}`);
  let json: unknown;
  try {
    json = JSON.parse(metadata.progress ?? '');
  } catch {
    throw wrong('is no JSON');
  }
  const parsed = progressSchema.safeParse(json);
  if (!parsed.success) throw wrong(`is damaged at ${parsed.error.issues[0]?.path.join('.') || 'its root'}`);
  const { step, metricsBytes: counted } = parsed.data;
  if (step >= totalSteps) throw wrong(`says step ${step} of ${totalSteps}`);
  if (counted > metrics.length) throw wrong(`counts on ${counted} bytes of metrics.jsonl, which has ${metrics.length}`);
  if (counted > 0 && metrics[counted - 1] !== lineEnd)
    throw wrong(`counts on ${counted} bytes of metrics.jsonl, where no line ends`);
  return parsed.data;
}

const lineEnd = '\n'.charCodeAt(0);

/** Over the run, the progress and every variable with its name. */
function checksum(hash: string, progress: string) {
  const sum = createHash('sha256').update(`${hash}\n${progress}\n`);
  return {
    add: (name: string, values: Float32Array): void => {
      sum.update(`${name}\n`).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
    digest: () => sum.digest('hex'),
  };
}

/** Removes a run's checkpoints, and says whether there was anything; a finished run needs them no longer. */
export async function removeCheckpoint(directory: string): Promise<boolean> {
  const there = existsSync(folderOf(directory));
  await rm(folderOf(directory), { recursive: true, force: true });
  return there;
}
