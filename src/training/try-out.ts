import { pluginLayers } from '../architecture/forward.js';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Batch } from '../data/dataset.js';
import type { Engine, Feeds, Outputs, Step } from '../engine/engine.js';
import { LayerFault } from '../engine/layer-scope.js';
import { pluginLine } from '../engine/source-line.js';
import { keptByLayers, notingLines } from '../engine/tfjs/tape.js';
import { batchFeeds } from './feeds.js';
import type { TrainingState } from './state.js';
import { evaluationStep, gradientStep } from './steps.js';

interface TryOutParts {
  readonly engine: Engine;
  readonly model: Model;
  readonly recipe: Recipe;
  readonly state: TrainingState;
  readonly seed: number;
}

/** Pictures of a trial: two, so that a layer that mixes up samples and channels shows. */
const samples = 2;

/**
 * Runs the layers of plug-ins once forward and backward and once in evaluation, on two pictures, before the first batch: what
 * would fail only later fails now, with its layer and line. Each pass runs twice and must give the same numbers: what
 * tracing finds in compiled steps is found so where steps run op by op. Changes no variable. A network without plug-ins
 * needs none of it.
 *
 * @throws LayerFault
 */
export async function tryOut(parts: TryOutParts): Promise<void> {
  const { engine, model, recipe, state, seed } = parts;
  if (pluginLayers(model).length === 0) return;
  const { ops } = engine;
  const feeds = batchFeeds(ops, model, recipe, exampleBatch(model, samples, 0), seed, 0);
  try {
    await twice(parts, gradientStep({ ops, model, state }), feeds, 'in training');
    const { images, targets } = feeds;
    await twice(parts, evaluationStep({ ops, model }, state.weights), { images, targets } as Feeds, 'in evaluation');
  } finally {
    ops.tf.dispose(Object.values(feeds));
  }
}

async function twice({ engine, model, state }: TryOutParts, step: Step, feeds: Feeds, when: string): Promise<void> {
  const { tf } = engine.ops;
  const variables = [...state.weights.values()];
  const noted: Step = (given) => notingLines(() => step(given));
  const prepared = await engine.prepare(noted, variables, [feeds, feeds]);
  const place = pluginLayers(model)[0]!;
  try {
    const before = tf.memory().numTensors;
    const first = await prepared.run(feeds);
    const [kept] = keptByLayers();
    if (kept?.layer) {
      throw new LayerFault(
        kept.layer,
        `keeps a tensor (tf.keep) ${when}; make it anew, or declare it`,
        pluginLine(kept),
      );
    }
    const second = await prepared.run(feeds);
    const changed = await firstDifference(first, second);
    tf.dispose([first, second].map((outputs) => Object.values(outputs)));
    if (changed !== null) {
      throw new LayerFault(
        place,
        `${changed} came out otherwise the second time ${when}, with the same pictures, weights and draws: something in a layer ` +
          'changes from call to call (a counter, a clock, chance of its own)',
      );
    }
    const left = tf.memory().numTensors - before;
    if (left > 0) throw new LayerFault(place, `${left} tensors are left over after two passes ${when}`);
  } finally {
    prepared.dispose();
  }
}

/** The first output whose values two runs do not share, bit for bit. */
async function firstDifference(first: Outputs, second: Outputs): Promise<string | null> {
  for (const [name, tensor] of Object.entries(first)) {
    const [a, b] = await Promise.all([tensor.data(), second[name]!.data()]);
    if (a.some((value, at) => !Object.is(value, b[at]))) return name === 'loss' ? 'the loss' : name;
  }
  return null;
}

/** Pictures and targets of the right shapes that differ in every value between two examples. */
export function exampleBatch(model: Model, size: number, which: 0 | 1): Batch {
  const area = model.input.reduce((product, side) => product * side, 1);
  const wave = (length: number) => new Float32Array(length).map((_, at) => Math.sin(at + 1 + which));
  return { size, images: wave(size * area), targets: wave(size * model.classes), labels: new Int32Array(size) };
}
