import type { Tensor } from '@tensorflow/tfjs-core';
import type { Activation, Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { WasmKernels } from './kernels.js';

export type Elementwise = Pick<Ops, 'activation' | 'residual'>;

/** As kernels are told what follows their result; native/wasm/kernels/activation.ts has the names. */
export const activationNumber = (kind: Activation | null | undefined): number =>
  kind === 'relu' ? 1 : kind === 'gelu' ? 2 : 0;

export function createElementwise({ tf, output, run }: WasmKernels): Elementwise {
  const gelu = gradient(
    tf,
    (x: Tensor) => {
      const y = output(x.shape);
      run('gelu', x, y, x.size);
      return y;
    },
    (x) => [x],
    (dy, [x]) => {
      const dx = output(dy.shape);
      run('geluGradient', x as Tensor, dy, dx, dy.size);
      return [dx];
    },
  );

  const relu = gradient(
    tf,
    (x: Tensor) => tf.relu(x),
    (_, y) => [y],
    (dy, [y]) => {
      const dx = output(dy.shape);
      run('reluGradient', y as Tensor, dy, dx, dy.size);
      return [dx];
    },
  );

  const activation = (x: Tensor, kind: Activation): Tensor => (kind === 'relu' ? relu(x) : gelu(x));

  return {
    activation,

    residual(shortcut, branch, { gamma, keep, activation: kind }) {
      const columns = branch.shape.at(-1) as number;
      const samples = branch.shape[0] as number;
      const sizes = [samples, branch.size / samples / columns, columns];
      const added = gradient(
        tf,
        (a: Tensor, b: Tensor, ...scale: Tensor[]) => {
          const y = output(b.shape);
          run('residual', a, b, scale[0] ?? null, keep ?? null, y, ...sizes);
          return y;
        },
        (_, b, ...rest) => [...(gamma ? [b, rest[0] as Tensor] : []), ...(keep ? [keep] : [])],
        (dy, kept) => {
          if (!gamma && !keep) return [dy, dy];
          const [b, scale] = gamma ? (kept as [Tensor, Tensor]) : [null, null];
          const dbranch = output(dy.shape);
          const dgamma = gamma ? output([columns]) : null;
          run('residualGradient', dy, b, scale, keep ? (kept.at(-1) as Tensor) : null, dbranch, dgamma, ...sizes);
          return [dy, dbranch, ...(dgamma ? [dgamma] : [])];
        },
      )(shortcut, branch, ...(gamma ? [gamma] : []));
      return kind ? activation(added, kind) : added;
    },
  };
}
