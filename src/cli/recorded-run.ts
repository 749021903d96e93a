import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../data/error.js';
import { openDatasets } from '../data/open.js';
import { preparationOf } from '../experiment/preparation.js';
import type { RunPreparation, RunRecord } from '../records/run.js';
import { evaluationFit, type Fit } from '../inference/preparation.js';
import { initialValues } from '../training/initialise.js';
import type { LoadOptions } from '../weights/load.js';
import type { Network } from '../architecture/network.js';
import { UsageError } from './errors.js';
import type { InferenceOptions } from './inference-options.js';
import { runIn } from './network-options.js';
import { note } from './output.js';

/** A run whose network predicts or is evaluated: what it was fed and what its outputs mean. */
export interface RecordedRun {
  readonly folder: string;
  readonly record: RunRecord;
  readonly preparation: RunPreparation;
}

/**
 * A run by its folder. Older records do not say how pictures were prepared; then the run's own dataset does, where it is
 * here, and it is said; the network is the run's. Throws a `UsageError` where nobody knows.
 */
export async function recordedRun(
  folder: string,
  { network: { resolution } }: { network: Network },
): Promise<RecordedRun> {
  const record = runIn(folder);
  if (record.preparation) return { folder, record, preparation: record.preparation };
  const { dataset, recipe, network } = record.spec;
  const { test } = await openDatasets(dataset, network.classes).catch((error: Error) => {
    if (!(error instanceof DataError)) throw error;
    throw new UsageError(
      `${join(folder, 'run.json')} is of an older version and does not say how its pictures were prepared, and its dataset is not here to ask: ${error.message}`,
    );
  });
  note(
    `${join(folder, 'run.json')} does not say how its pictures were prepared: classes and colours are those of ${dataset.name} as it is here, the crop that of its recipe`,
  );
  return { folder, record, preparation: preparationOf(test, recipe, resolution) };
}

/** The fit asked for: a run's own where options do not override it, else that of the paper's code. */
export function fitAsked(
  { resize, interpolation }: InferenceOptions,
  { resolution, small, recorded }: { resolution: number; small: boolean; recorded: RunPreparation | null },
): Fit {
  if (!recorded || resize !== undefined) {
    return evaluationFit(resolution, small, interpolation ?? recorded?.interpolation, resize);
  }
  return { crop_ratio: recorded.crop_ratio, interpolation: interpolation ?? recorded.interpolation };
}

/** How the options say that a file of weights is read; what it may lack is drawn as a run of seed 0 would. */
export function loadOptions({ naming, prefix, allow, resizePositionBias }: InferenceOptions): LoadOptions {
  return { naming, prefix, allow, resizePositionBias, initial: (spec) => initialValues(spec, 0) };
}

/** The weights to use: those that are named, or those that the run kept. */
export function weightsAsked({ weights, run }: { readonly weights?: string; readonly run?: string }): string {
  if (weights !== undefined) return weights;
  if (run === undefined)
    throw new UsageError('name the weights with --weights FILE, or a run that kept its own with --run');
  runIn(run);
  const kept = join(run, 'weights.safetensors');
  if (existsSync(kept)) return kept;
  throw new UsageError(
    `${run} has no weights.safetensors: a run keeps its weights where its suite says runner: { keep_weights: true }.\nNext: name a file with --weights; or set keep_weights, move the run's folder away and run the suite again`,
  );
}
