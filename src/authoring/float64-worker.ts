/**
 * A thread of its own, in which tfjs's float32 is float64: its plain JavaScript backend computes in JavaScript's numbers and
 * stores them in what `Float32Array` names. Evaluates a plug-in's layer there, for differences that rounding does not blur.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Tensor } from '@tensorflow/tfjs-core';
import { createReferenceOps } from '../engine/reference/ops.js';
import { loadSteps } from '../experiment/plugins.js';
import { layerFeeds, type LayerValues, runForward } from './layer-run.js';
import { targetOf } from './targets.js';

export interface Float64Task {
  readonly file: string;
  readonly step: string;
  readonly options: unknown;
  /** Which of the step's layers. */
  readonly layer: number;
  readonly values: LayerValues;
  readonly training: boolean;
  /** Changes of inputs, by `x` or a parameter's name, along which the result is differentiated. */
  readonly directions: readonly { readonly of: string; readonly by: Float32Array }[];
}

export interface Float64Result {
  readonly y: Float64Array;
  /** Along each direction the central difference of sum(y * dy). */
  readonly slopes: readonly number[];
}

/** Far above float64's rounding, far below where curvature counts. */
const reach = 1e-5;

const { file, step, options, layer, values, training, directions } = workerData as Float64Task;
(globalThis as { Float32Array: unknown }).Float32Array = Float64Array;
const require = createRequire(import.meta.url);
require('@tensorflow/tfjs');
const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
tf.env().platform!.isTypedArray = (values): values is Float32Array => ArrayBuffer.isView(values);
await tf.setBackend('cpu');
// It would tell of a faster backend at first use.
(tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
const ops = createReferenceOps(tf);
const steps = await loadSteps(file);
const target = targetOf(steps.find(({ id }) => id === step)!, options).layers[layer]!;

const wide = (given: Float32Array): Float32Array => Float64Array.from(given) as unknown as Float32Array;
const widened = (record: Readonly<Record<string, Float32Array>>) =>
  Object.fromEntries(Object.entries(record).map(([name, given]) => [name, wide(given)]));
const start: LayerValues = {
  samples: values.samples,
  x: wide(values.x),
  parameters: widened(values.parameters),
  draws: widened(values.draws),
  dy: wide(values.dy),
};

function evaluate(at: LayerValues): Float64Array {
  const y = tf.tidy(() => runForward(ops, target, layerFeeds(ops, target, at), training)) as Tensor;
  const found = Float64Array.from(y.dataSync());
  y.dispose();
  return found;
}

function moved(of: string, by: Float32Array, far: number): LayerValues {
  const along = (given: Float32Array) => given.map((value, at) => value + far * (by[at] as number));
  if (of === 'x') return { ...start, x: along(start.x) };
  return { ...start, parameters: { ...start.parameters, [of]: along(start.parameters[of] as Float32Array) } };
}

const weighted = (y: Float64Array): number => y.reduce((sum, value, at) => sum + value * (start.dy[at] as number), 0);

const result: Float64Result = {
  y: evaluate(start),
  slopes: directions.map(({ of, by }) => {
    const [ahead, behind] = [evaluate(moved(of, by, reach)), evaluate(moved(of, by, -reach))];
    // The difference first, place by place: what does not change must not drown what does.
    return weighted(ahead.map((value, at) => value - (behind[at] as number))) / (2 * reach);
  }),
};
parentPort?.postMessage(result);
