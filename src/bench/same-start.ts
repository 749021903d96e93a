import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import type { Batch } from '../data/dataset.js';
import { createGenerator } from '../random/generator.js';
import { initialValues } from '../training/initialise.js';
import { foreignTensors } from '../weights/export.js';
import { writeSafetensors } from '../weights/safetensors.js';
import type { StepTask } from './task.js';

/** Of the weights and the batch that a timed step starts from. */
export const startSeed = 0;
const smoothing = 0.1;

/** The batch that every contender trains on: normal pixels `[N, H, W, C]`, labels in turn, smoothed targets. */
export function stepBatch({ batch: size, classes }: Pick<StepTask, 'batch' | 'classes'>, model: Model): Batch {
  const generator = createGenerator(startSeed, 'bench');
  const images = new Float32Array(model.input.reduce((product, side) => product * side, size));
  for (let at = 0; at < images.length; at++) images[at] = generator.normal();
  const labels = Int32Array.from({ length: size }, (_, at) => at % classes);
  const targets = new Float32Array(size * classes).fill(smoothing / classes);
  for (const [at, label] of labels.entries()) targets[at * classes + label] = 1 - smoothing + smoothing / classes;
  return { size, images, targets, labels };
}

/**
 * Writes what PyTorch's side starts from, as safetensors in PyTorch's layouts: the weights that this program draws for
 * the step's seed, under timm's names for Swin and this project's for all others, and the batch's `images`.
 */
export async function writeStart(path: string, task: StepTask, network: Network, model: Model): Promise<void> {
  const specs = new Map(model.parameters.map((spec) => [spec.name, spec]));
  const values = (name: string): Float32Array => {
    const spec = specs.get(name);
    if (!spec) throw new Error(`${task.name}: no parameter is called "${name}"`);
    return initialValues(spec, startSeed);
  };
  const weights = foreignTensors(network, model, task.swin ? 'timm' : 'ablate', values);
  const { images } = stepBatch(task, model);
  const batch = { name: 'images', shape: [task.batch, ...model.input], dtype: 'F32', values: () => images } as const;
  await writeSafetensors(path, [...weights.filter(({ dtype }) => dtype === 'F32'), batch], {});
}
