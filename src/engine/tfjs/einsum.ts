import type { Tensor } from '@tensorflow/tfjs-core';
import type { OpGradient, Tf } from './register.js';

interface Equation {
  readonly operands: readonly string[];
  readonly result: string;
}

function parse(equation: string): Equation {
  const [left, result] = equation.replaceAll(' ', '').split('->') as [string, string];
  return { operands: left.split(','), result };
}

const without = (labels: string, others: string): string =>
  [...labels].filter((label) => !others.includes(label)).join('');

/** Einsum of one or two tensors: its gradient is one more einsum, of the result's gradient and the other tensor. */
export function einsumGradients(tf: Tf): OpGradient[] {
  return [
    {
      op: 'Einsum',
      inputs: 'all',
      backward: (dy, saved, { equation }) => {
        const { operands, result } = parse(equation as string);
        return Object.fromEntries(
          operands.map((labels, at) => [
            at,
            () => {
              const other = operands[1 - at];
              const x = saved[at] as Tensor;
              // What this operand alone has was summed over: each of its places gets the same.
              const alone = without(labels, result + (other ?? ''));
              const found = without(labels, alone);
              const given = other === undefined ? [dy] : [dy, saved[1 - at] as Tensor];
              const left = other === undefined ? result : `${result},${other}`;
              const slope = left === found ? dy : tf.einsum(`${left}->${found}`, ...given);
              if (alone === '') return slope;
              const kept = [...labels].map((label, axis) => (alone.includes(label) ? 1 : (x.shape[axis] as number)));
              return tf.broadcastTo(tf.reshape(slope, kept), x.shape);
            },
          ]),
        );
      },
    },
  ];
}

/** Einsum by a matrix product, for a backend that has none. */
export function composeEinsum(tf: Tf, tensors: readonly Tensor[], equation: string): Tensor {
  const { operands, result } = parse(equation);
  const needed = (at: number) => result + (operands[1 - at] ?? '');
  const summed = tensors.map((x, at) => {
    const labels = operands[at] as string;
    const axes = [...labels].flatMap((label, axis) => (needed(at).includes(label) ? [] : [axis]));
    return {
      x: axes.length > 0 ? tf.sum(x, axes) : x,
      labels: [...labels].filter((label) => needed(at).includes(label)),
    };
  });
  const order = (x: Tensor, from: readonly string[], to: readonly string[]): Tensor =>
    tf.transpose(
      x,
      to.map((label) => from.indexOf(label)),
    );
  const [a, b] = summed as [(typeof summed)[0], (typeof summed)[0] | undefined];
  if (!b) return order(a.x, a.labels, [...result]);
  const sides = new Map<string, number>();
  for (const { x, labels } of [a, b]) labels.forEach((label, at) => sides.set(label, x.shape[at] as number));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => result.includes(label));
  const contracted = shared.filter((label) => !result.includes(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const size = (labels: readonly string[]): number =>
    labels.reduce((product, label) => product * (sides.get(label) as number), 1);
  const left = tf.reshape(order(a.x, a.labels, [...batch, ...rows, ...contracted]), [
    ...[size(batch), size(rows), size(contracted)],
  ]);
  const right = tf.reshape(order(b.x, b.labels, [...batch, ...contracted, ...columns]), [
    ...[size(batch), size(contracted), size(columns)],
  ]);
  const labels = [...batch, ...rows, ...columns];
  const product = tf.reshape(
    tf.matMul(left, right),
    labels.map((label) => sides.get(label) as number),
  );
  return order(product, labels, [...result]);
}
