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

    residual(shortcut, branch, { gamma, keep, activation: name }) {
      const columns = branch.shape.at(-1) as number;
      const samples = branch.shape[0] as number;
      const kind = activationNumber(name);
      const sizes = [samples, branch.size / samples / columns, columns, kind];
      const kept: Tensor[] = [];
      return gradient(
        tf,
        (a: Tensor, b: Tensor, ...scale: Tensor[]) => {
          const y = output(b.shape);
          const sum = name === 'gelu' ? output(b.shape) : null;
          if (kind) kept.push(sum ?? y);
          run('residual', a, b, scale[0] ?? null, keep ?? null, y, sum, ...sizes);
          return y;
        },
        (_, b, ...rest) => [...kept, ...(gamma ? [b, rest[0] as Tensor] : []), ...(keep ? [keep] : [])],
        (dy, saved) => {
          const of = kind ? (saved[0] as Tensor) : null;
          const [b, scale] = gamma ? (saved.slice(kind ? 1 : 0) as [Tensor, Tensor]) : [null, null];
          const dsum = kind ? output(dy.shape) : dy;
          const dbranch = gamma || keep ? output(dy.shape) : dsum;
          const dgamma = gamma ? output([columns]) : null;
          const parts = [kind ? dsum : null, dbranch === dsum ? null : dbranch, dgamma];
          if (kind || gamma || keep)
            run('residualGradient', dy, of, b, scale, keep ? (saved.at(-1) as Tensor) : null, ...parts, ...sizes);
          return [dsum, dbranch, ...(dgamma ? [dgamma] : [])];
        },
      )(shortcut, branch, ...(gamma ? [gamma] : []));
    },
  };
}
