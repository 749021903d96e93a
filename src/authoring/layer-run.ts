import type { Tensor } from '@tensorflow/tfjs-core';
import { runUnderContract } from '../architecture/layer-contract.js';
import type { Feeds, Outputs, Step } from '../engine/engine.js';
import type { Ops } from '../engine/ops.js';
import { createGenerator } from '../random/generator.js';
import { withoutChance } from '../training/chance.js';
import { drawValues } from '../training/draws.js';
import { initialValues } from '../training/initialise.js';
import type { LayerTarget } from './targets.js';

/** Values that a layer is run on; the same on every engine. */
export interface LayerValues {
  readonly samples: number;
  /** `[samples, ...input]`. */
  readonly x: Float32Array;
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly draws: Readonly<Record<string, Float32Array>>;
  /** What the output's gradient is: `[samples, ...output]`. */
  readonly dy: Float32Array;
}

const area = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/**
 * Normal numbers for the map and the gradient; parameters as they start, moved a little, so that a gamma of 0 hides nothing.
 * @param pass decides the draws.
 */
export function layerValues(
  { path, input, plan, parameters, draws }: LayerTarget,
  samples: number,
  pass = 0,
): LayerValues {
  const normal = (name: string, length: number): Float32Array => {
    const generator = createGenerator(0, `check-step/${name}`);
    return new Float32Array(length).map(() => generator.normal());
  };
  const moved = (spec: LayerTarget['parameters'][number]): Float32Array => {
    const start = initialValues(spec, 0);
    const noise = normal(spec.name, start.length);
    return spec.trainable ? start.map((value, at) => value + 0.1 * (noise[at] as number)) : start;
  };
  return {
    samples,
    x: normal('x', samples * area(input)),
    parameters: Object.fromEntries(parameters.map((spec) => [spec.name, moved(spec)])),
    draws: Object.fromEntries(
      draws.map((spec) => [spec.name, drawValues({ ...spec, name: `${path}.${spec.name}` }, samples, 0, pass)]),
    ),
    dy: normal('dy', samples * area(plan.output)),
  };
}

/** Feeds of a layer's step: `x`, `dy`, `p/NAME`, `d/NAME`. The caller disposes of them. */
export function layerFeeds({ tf }: Ops, { input, plan, parameters, draws }: LayerTarget, values: LayerValues): Feeds {
  const { samples } = values;
  const tensor = (given: Float32Array, shape: readonly number[]): Tensor =>
    tf.tensor(given.slice(), [...shape], 'float32');
  return {
    x: tensor(values.x, [samples, ...input]),
    dy: tensor(values.dy, [samples, ...plan.output]),
    ...Object.fromEntries(
      parameters.map(({ name, shape }) => [`p/${name}`, tensor(values.parameters[name] as Float32Array, shape)]),
    ),
    ...Object.fromEntries(
      draws.map(({ name, shape, per }) => [
        `d/${name}`,
        tensor(values.draws[name] as Float32Array, per === 'batch' ? shape : [samples, ...shape]),
      ]),
    ),
  };
}

/** One forward pass. @param updates told the running statistics' next values. */
export function runForward(
  ops: Ops,
  { leaf, plan }: LayerTarget,
  feeds: Feeds,
  training: boolean,
  updates: (name: string, value: Tensor) => void = () => {},
): Tensor {
  return runUnderContract(
    leaf,
    plan,
    feeds['x'] as Tensor,
    {
      ops,
      training,
      parameter: (name) => feeds[`p/${name}`] as Tensor,
      update: updates,
      draw: (name) => feeds[`d/${name}`] as Tensor,
    },
    null,
  );
}

/** The layer in evaluation: gives `y`. */
export const evaluationOf =
  (ops: Ops, target: LayerTarget): Step =>
  (feeds) => ({ y: ops.tf.clone(withoutChance(() => runForward(ops, target, feeds, false))) });

/** The layer in training: `y`, its gradients `g/x` and `g/NAME`, next statistics `u/NAME`. */
export function trainingOf(ops: Ops, target: LayerTarget): Step {
  const { tf } = ops;
  const trained = target.parameters.filter(({ trainable }) => trainable).map(({ name }) => `p/${name}`);
  return (feeds) => {
    const updates: Record<string, Tensor> = {};
    const inputs = ['x', ...trained];
    const f = (...given: Tensor[]): Tensor =>
      runForward(
        ops,
        target,
        { ...feeds, ...Object.fromEntries(inputs.map((name, at) => [name, given[at] as Tensor])) },
        true,
        (name, value) => {
          updates[name] = tf.keep(tf.clone(value));
        },
      );
    const { value, grads } = withoutChance(() =>
      tf.valueAndGrads(f)(
        inputs.map((name) => feeds[name] as Tensor),
        feeds['dy'] as Tensor,
      ),
    );
    const next = Object.entries(updates).map(([name, kept]) => {
      const copy = tf.clone(kept);
      kept.dispose();
      return [`u/${name}`, copy] as const;
    });
    const slopes = inputs.map((name, at) => [`g/${name.replace(/^p\//, '')}`, tf.clone(grads[at] as Tensor)] as const);
    return { y: tf.clone(value), ...Object.fromEntries(slopes), ...Object.fromEntries(next) } as Outputs;
  };
}

/** A step whose map and output's gradient are stored as bfloat16, as a kernel of ours gives them: it adds 0 to each. */
export const inBfloat16 =
  ({ tf, residual }: Ops, step: Step): Step =>
  (feeds) => {
    const stored = (x: Tensor): Tensor => residual(tf.zerosLike(x) as never, x as never, {});
    return step({ ...feeds, x: stored(feeds['x'] as Tensor), dy: stored(feeds['dy'] as Tensor) });
  };

const bits = new DataView(new ArrayBuffer(4));

/** The nearest bfloat16, ties to even. */
export function toBfloat16(value: number): number {
  bits.setFloat32(0, value);
  const raw = bits.getUint32(0);
  bits.setUint32(0, ((raw + 0x7fff + ((raw >>> 16) & 1)) & 0xffff0000) >>> 0);
  return bits.getFloat32(0);
}
