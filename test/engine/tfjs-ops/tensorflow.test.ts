import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Engine, Feeds } from '../../../src/engine/engine.js';
import { inLayer } from '../../../src/engine/layer-scope.js';
import { openEngine } from '../../../src/engine/open.js';
import { withBfloat16Maps } from '../../../src/engine/tensorflow/bfloat16-maps.js';
import { compileStep } from '../../../src/engine/tensorflow/compile/compile.js';
import { loadTensorflow } from '../../../src/engine/tensorflow/load.js';
import { renderTable } from '../../../scripts/ops-table.mjs';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Runner } from './measure.js';
import { holdsColumn } from './table.js';

const engine: Engine = await openEngine({ device: 'cpu', eager: true });
const loaded = loadTensorflow();
const { ops } = engine;
const { tf } = ops;

const eager: Runner = async (step, feeds) => tf.tidy(() => step(feeds()));
const compiled: Runner = async (step, feeds) => {
  const examples = [feeds(), feeds()] as const;
  try {
    const whole = compileStep(loaded, step, [], examples);
    const outputs = await whole.run(examples[0]);
    whole.dispose();
    return outputs;
  } finally {
    tf.dispose(examples.map((example) => Object.values(example)));
  }
};

describe('tfjs in a layer', () => {
  holdsColumn('eager', () => ({ tf, run: eager }));
  holdsColumn('compiled', () => ({ tf, run: compiled }));
  holdsColumn('bfloat16', () => ({
    tf,
    run: (step, feeds) => eager(withBfloat16Maps(loaded.backend, step), feeds),
    // One of our kernels, which gives bfloat16: adds 0, so that the values stay.
    asMap: (x) => (x.rank === 0 ? x : ops.residual(tf.zerosLike(x), x, {})),
  }));

  test('an op that nobody checked is refused by name', () => {
    const place = { kind: 'odd', path: 'stem.odd', definedAt: 'odd.ts:3:1' };
    const odd = () => inLayer(place, () => tf.multinomial(tf.tensor2d([[0, 0]]), 3, 1));
    expect(odd).toThrow(
      /^stem\.odd \(layer odd, .*tensorflow\.test\.ts:\d+:\d+\): Multinomial on tensorflow: it is not among the ops that were checked; instead: declare a draw/,
    );
  });

  // What TensorFlow's graph rewriting would put other kernels behind.
  test.each<[string, (x: Tensor4D) => Tensor]>([
    ['softmax', (x) => tf.softmax(x)],
    ['maxPool', (x) => tf.maxPool(x, 3, 1, 'same')],
    ['matMul', (x) => tf.matMul(x, x, false, true)],
    ['conv2d', (x) => tf.conv2d(x, tf.ones([3, 3, 16, 4]), 1, 'same')],
  ])('%s and its gradient are compiled what they are eager, bit for bit', async (_, f) => {
    const wave = (shift: number) => tf.sin(tf.range(shift, shift + 4 * 8 * 8 * 16)).reshape([4, 8, 8, 16]);
    const feeds = () => ({ x: wave(1) });
    const step = ({ x }: Feeds) => {
      const { value, grad } = tf.valueAndGrad((given: Tensor) => tf.mul(f(given as Tensor4D), 3))(x as Tensor);
      return { value: tf.clone(value), grad: tf.clone(grad) };
    };
    const [one, other] = [await eager(step, feeds), await compiled(step, feeds)];
    for (const name of ['value', 'grad']) expect(other[name]?.dataSync()).toEqual(one[name]?.dataSync());
  });

  test('docs/ops.md is what the verdicts make', () => {
    const stored = readFileSync(fileURLToPath(new URL('../../../docs/ops.md', import.meta.url)), 'utf8');
    expect(renderTable()).toBe(stored);
  });
});
