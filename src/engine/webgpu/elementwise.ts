import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Activation, Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { Programs } from './program.js';

type Tf = typeof import('@tensorflow/tfjs-core');

export interface Elementwise extends Pick<Ops, 'activation' | 'residual'> {
  /** activation(x + bias) over the last axis, either of them left out. */
  biasActivation(x: Tensor, bias: Tensor1D | null | undefined, kind: Activation | null | undefined): Tensor;
}

/** Phi by the upper tail of Abramowitz and Stegun 7.1.26, within 1e-7, which keeps its relative accuracy for x < 0. */
const cumulative = `
  fn cumulative(x : f32, density : f32) -> f32 {
    let t = 1.0 / (1.0 + 0.23164189 * abs(x));
    let tail = ((((0.5307027145 * t - 0.7265760135) * t + 0.7107068705) * t - 0.142248368) * t + 0.127414796) * t * density;
    return select(1.0 - tail, tail, x < 0.0);
  }`;

/** Activations, biases and residual connections, one program each way. */
export function createElementwise(tf: Tf, { run, columnSums }: Programs): Elementwise {
  const gelu = gradient(
    tf,
    (x: Tensor) =>
      run({
        name: 'gelu',
        inputs: { x },
        shape: x.shape,
        functions: cumulative,
        body: 'let v = x[index]; result[index] = v * cumulative(v, exp(-0.5 * v * v));',
      }),
    (x) => [x],
    (dy, [x]) => [
      run({
        name: 'geluGradient',
        inputs: { x: x as Tensor, dy },
        shape: dy.shape,
        functions: cumulative,
        body: `
          let v = x[index];
          let density = exp(-0.5 * v * v);
          result[index] = dy[index] * (cumulative(v, density) + 0.39894228 * v * density);`,
      }),
    ],
  );

  const relu = gradient(
    tf,
    (x: Tensor) => tf.relu(x),
    (_, y) => [y],
    (dy, [y]) => [
      run({
        name: 'reluGradient',
        inputs: { y: y as Tensor, dy },
        shape: dy.shape,
        body: 'result[index] = select(0.0, dy[index], y[index] > 0.0);',
      }),
    ],
  );

  const bias = gradient(
    tf,
    (x: Tensor, b: Tensor) => tf.add(x, b),
    () => [],
    (dy) => {
      const columns = dy.shape.at(-1) as number;
      return [
        dy,
        columnSums({ name: 'biasGradient', inputs: { dy }, rows: dy.size / columns, columns, value: 'dy[at]' }),
      ];
    },
  );

  const activation = (x: Tensor, kind: Activation): Tensor => (kind === 'relu' ? relu(x) : gelu(x));

  return {
    activation,

    biasActivation(x, b, kind) {
      const y = b ? bias(x, b) : x;
      return kind ? activation(y, kind) : y;
    },

    residual(shortcut, branch, { gamma, keep, activation: kind }) {
      const columns = branch.shape.at(-1) as number;
      const rows = branch.size / columns;
      const sizes = { columns, sample: branch.size / (branch.shape[0] as number) };
      const scale = `${gamma ? ' * gamma[index % uniforms.columns]' : ''}${keep ? ' * keep[index / uniforms.sample]' : ''}`;
      const kindOf = `${gamma ? ' scaled' : ''}${keep ? ' dropped' : ''}`;
      const factors = (scale: Tensor | undefined) => ({ ...(scale && { gamma: scale }), ...(keep && { keep }) });
      const added = gradient(
        tf,
        (a: Tensor, b: Tensor, ...given: Tensor[]) =>
          run({
            name: `residual${kindOf}`,
            inputs: { a, b, ...factors(given[0]) },
            shape: b.shape,
            sizes,
            body: `result[index] = a[index] + b[index]${scale};`,
          }),
        (_, b, ...rest) => [...(gamma ? [b, rest[0] as Tensor] : []), ...(keep ? [keep] : [])],
        (dy, kept) => {
          if (!gamma && !keep) return [dy, dy];
          const [b, given] = gamma ? (kept as [Tensor, Tensor]) : [undefined, undefined];
          const dbranch = run({
            name: `branchGradient${kindOf}`,
            inputs: { dy, ...factors(given) },
            shape: dy.shape,
            sizes,
            body: `result[index] = dy[index]${scale};`,
          });
          if (!b) return [dy, dbranch];
          const dgamma = columnSums({
            name: `layerScaleGradient${keep ? ' dropped' : ''}`,
            inputs: { dy, b, ...(keep && { keep }) },
            rows,
            columns,
            sizes: { sample: sizes.sample },
            value: `dy[at] * b[at]${keep ? ' * keep[at / uniforms.sample]' : ''}`,
          });
          return [dy, dbranch, dgamma];
        },
      )(shortcut, branch, ...(gamma ? [gamma] : []));
      return kind ? activation(added, kind) : added;
    },
  };
}
