import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Feeds, Step } from '../../../src/engine/engine.js';
import { withBfloat16Maps } from '../../../src/engine/tensorflow/bfloat16-maps.js';
import { compileStep } from '../../../src/engine/tensorflow/compile/compile.js';
import { engine, tf } from '../kernels/kernels.js';

/** The step with its maps in a precision. */
export const inPrecision = (precision: string, step: Step): Step =>
  precision === 'bfloat16' ? withBfloat16Maps(engine.backend, step) : step;

/** Expects of a compiled step, bit by bit, what it gives eagerly; returns the ops that it came to. Disposes the feeds. */
export async function opsAsEager(step: Step, feeds: readonly [Feeds, Feeds]): Promise<readonly string[]> {
  const compiled = compileStep(engine, step, [], feeds);
  const found = await compiled.run(feeds[0]);
  const expected = step(feeds[0]);
  for (const [name, values] of Object.entries(expected)) {
    expect((found[name] as Tensor).dataSync(), name).toEqual(values.dataSync());
  }
  const ops = [...compiled.origins(new Map()).values()].map(({ op }) => op);
  compiled.dispose();
  tf.dispose([found, expected, ...feeds.flatMap((feed) => Object.values(feed))]);
  return ops;
}
