import { beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../src/data/dataset.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';
import { modelOf } from '../../src/experiment/network.js';
import { evaluate } from '../../src/training/evaluate.js';
import { evaluationStep } from '../../src/training/steps.js';

const classes = 7;
const spec = { base: 'convnext-tiny', steps: [], resolution: 32, width: 1 / 16, stemStride: null, classes };
const model = modelOf(spec, createCatalogue());

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ device: 'cpu', eager: true });
});

/** Evaluates on pictures of right classes `labels` a network whose logits are `bias`, whatever it sees. */
async function accuracyOf(bias: readonly number[], labels: readonly number[], batchSize: number) {
  const { tf } = engine.ops;
  const weights = new Map(
    model.parameters.map(({ name, shape }) => {
      const values = name === 'head.fc.bias' ? tf.tensor([...bias]) : tf.zeros([...shape]);
      return [name, tf.variable(values)] as const;
    }),
  );
  async function* batches(): AsyncGenerator<Batch> {
    for (let start = 0; start < labels.length; start += batchSize) {
      const part = labels.slice(start, start + batchSize);
      const targets = new Float32Array(batchSize * classes);
      for (const [at, label] of part.entries()) targets[at * classes + label] = 1;
      const images = new Float32Array(batchSize * 32 * 32 * 3);
      yield { size: part.length, images, targets, labels: Int32Array.from(part) };
    }
  }
  const step = evaluationStep({ ops: engine.ops, model }, weights);
  const runnable = await engine.prepare(step, [...weights.values()], [{}, {}]);
  const found = await evaluate(engine, runnable, batches(), 32, classes);
  tf.dispose([...weights.values()]);
  return found;
}

describe('accuracy', () => {
  const bias = [0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
  const log = Math.log(bias.reduce((sum, value) => sum + Math.exp(value), 0));

  it('is that of every picture once, padding left out', async () => {
    const labels = [0, 0, 0, 1, 4, 5, 6, 6, 0, 2];
    const loss = labels.reduce((sum, label) => sum + log - (bias[label] as number), 0) / labels.length;
    for (const batchSize of [10, 4, 3, 16]) {
      const { top1, top5, loss: found } = await accuracyOf(bias, labels, batchSize);
      expect([top1, top5]).toEqual([0.4, 0.7]);
      expect(found).toBeCloseTo(loss, 6);
    }
  });

  it('of a network that says the same of all classes is none: ties are wrong', async () => {
    expect(await accuracyOf(new Array(classes).fill(0.5), [0, 3, 6], 2)).toMatchObject({ top1: 0, top5: 0 });
    // Two share the first place: neither is first, both are in the first five.
    expect(await accuracyOf([1, 1, 0, 0, -1, -2, -3], [0, 1], 2)).toMatchObject({ top1: 0, top5: 1 });
  });

  it('goes with what is said of every picture: its class, its loss, how surely; a tie names another class', async () => {
    const labels = [0, 1, 6];
    const { predictions } = await accuracyOf(bias, labels, 2);
    expect([...predictions.label]).toEqual(labels);
    expect([...predictions.predicted]).toEqual([0, 0, 0]);
    for (const [at, label] of labels.entries()) {
      expect(predictions.loss[at]).toBeCloseTo(log - (bias[label] as number), 6);
      expect(predictions.confidence[at]).toBeCloseTo(Math.exp(0.7 - log), 6);
    }
    expect([...(await accuracyOf([1, 1, 0, 0, -1, -2, -3], [0, 1, 4], 2)).predictions.predicted]).toEqual([1, 0, 0]);
    expect([...(await accuracyOf(new Array(classes).fill(0.5), [0, 3], 2)).predictions.predicted]).toEqual([1, 0]);
  });

  it('of a network that says NaN is none', async () => {
    const { top1, top5, loss } = await accuracyOf(new Array(classes).fill(Number.NaN), [0, 3, 6], 2);
    expect([top1, top5]).toEqual([0, 0]);
    expect(loss).toBeNaN();
  });
});
