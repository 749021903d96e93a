import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
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

  test('docs/ops.md is what the verdicts make', () => {
    const stored = readFileSync(fileURLToPath(new URL('../../../docs/ops.md', import.meta.url)), 'utf8');
    expect(renderTable()).toBe(stored);
  });
});
