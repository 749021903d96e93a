import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { buildModel } from '../../src/architecture/build.js';
import { forward } from '../../src/architecture/forward.js';
import type { Model } from '../../src/architecture/model.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import type { Ops } from '../../src/engine/ops.js';
import { applySteps, createCatalogue } from '../../src/roadmap/catalogue.js';
import { uniform } from '../fixtures/networks/uniform.js';
import { paperRoad, rowsUpTo, stepCall } from '../fixtures/paper/road.js';

interface Stored {
  readonly at: number;
  readonly shape: readonly number[];
}
export interface RoadFixture {
  readonly name: string;
  readonly loss: number;
  readonly evaluation: number;
  readonly training: number;
  readonly gradients: Readonly<Record<string, Stored>>;
  readonly statistics: Readonly<Record<string, Stored>>;
}

const folder = new URL('../fixtures/networks/', import.meta.url);
export const fixtures: readonly RoadFixture[] = JSON.parse(readFileSync(new URL('road.json', folder), 'utf8'));
const bytes = gunzipSync(readFileSync(new URL('road.bin.gz', folder)));
const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

const catalogue = createCatalogue();
/** The fixture's small networks do without the steps that change recipe and depths. */
const order = [...paperRoad.slice(paperRoad.indexOf('patchify-stem')), 'layer-scale'];

/** The fixture's network by the road's own steps: at 1/16 of the width and a few blocks, 64x64, five classes. */
export function roadModel(name: string, resolution = 64, depths = [2, 1, 1, 1]): Model {
  const base = {
    ...(namedNetwork('resnet-50', { resolution, classes: 5, widthScale: 1 / 16 }) as ConvNetwork),
    depths,
  };
  const names = name === 'resnet-50' ? [] : name === 'grouped-conv' ? ['patchify-stem', name] : rowsUpTo(name, order);
  const steps = names.map((step) =>
    step === 'grouped-conv' ? { id: 'depthwise-conv', options: { groups: 2 } } : stepCall(step),
  );
  return buildModel(applySteps(base, steps, catalogue));
}

/** How far `found` is from the fixture, relative to the fixture's largest value, or to `floor` where that is larger. */
export function distance(found: Float32Array, at: number, floor: number): number {
  let most = 0;
  let worst = 0;
  for (let index = 0; index < found.length; index++) {
    const expected = numbers[at + index] as number;
    most = Math.max(most, Math.abs(expected));
    worst = Math.max(worst, Math.abs((found[index] as number) - expected));
  }
  return worst / Math.max(most, floor);
}

function largest(at: number, shape: readonly number[]): number {
  const length = shape.reduce((product, side) => product * side, 1);
  return numbers.subarray(at, at + length).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** A parameter's values by its name alone, as `set_weights` in road.py. */
export function valuesOf(name: string, shape: readonly number[]): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const bound = Math.sqrt(3 / shape.slice(0, -1).reduce((product, side) => product * side, 1));
  if (shape.length > 1) return uniform(name, length, -bound, bound);
  if (name.endsWith('running_var')) return uniform(name, length, 0.5, 1.5);
  if (name.endsWith('weight')) return uniform(name, length, 0.8, 1.2);
  if (name.endsWith('gamma')) return uniform(name, length, 0.3, 0.7);
  return uniform(name, length, -0.2, 0.2);
}

/** Runs a fixture's network on an engine: distances of logits, gradients and running statistics, by name. */
export async function measure(ops: Ops, fixture: RoadFixture): Promise<{ name: string; distance: number }[]> {
  const { tf } = ops;
  const model = roadModel(fixture.name);
  const pending: { name: string; tensor: Tensor; at: number }[] = [];
  // Some gradients are exactly 0 (a bias before a batch norm): their rounding is held to the network's other gradients.
  const gradients = Object.values(fixture.gradients).map(({ at, shape }) => largest(at, shape));
  const floor = 0.01 * Math.max(...gradients);
  const check = (name: string, tensor: Tensor, at: number) =>
    pending.push({ name, tensor: tf.keep(tf.clone(tensor)), at });
  tf.tidy(() => {
    const variables = new Map<string, Variable>();
    for (const { name, shape, trainable } of model.parameters) {
      variables.set(name, tf.variable(tf.tensor(valuesOf(name, shape), [...shape]), trainable));
    }
    const pictures = tf.tensor(uniform('pictures', 3 * 64 * 64 * 3, -1, 1), [3, 64, 64, 3]);
    const raw = tf.tensor2d(uniform('targets', 15, 0, 1), [3, 5]);
    const targets = tf.div(raw, tf.sum(raw, 1, true)) as typeof raw;
    const updates = new Map<string, Tensor>();
    const pass = (training: boolean) => ({
      ops,
      training,
      variable: (name: string) => variables.get(name) as Tensor,
      update: (name: string, value: Tensor) => updates.set(name, tf.keep(value)),
      keep: (): Tensor1D | undefined => undefined,
    });
    check('evaluation', forward(model, pictures, pass(false)), fixture.evaluation);
    check('training', forward(model, pictures, pass(true)), fixture.training);
    for (const value of updates.values()) value.dispose();
    updates.clear();
    const trainable = [...variables].filter(([, variable]) => variable.trainable);
    const { grads } = tf.variableGrads(
      () => ops.softmaxCrossEntropy(forward(model, pictures, pass(true)), targets).asScalar(),
      trainable.map(([, variable]) => variable),
    );
    if (trainable.length !== Object.keys(fixture.gradients).length)
      throw new Error(`${fixture.name}: other parameters than the fixture`);
    for (const [name, variable] of trainable)
      check(name, grads[variable.name] as Tensor, (fixture.gradients[name] as Stored).at);
    for (const [name, { at }] of Object.entries(fixture.statistics)) check(name, updates.get(name) as Tensor, at);
    for (const value of updates.values()) value.dispose();
    for (const variable of variables.values()) variable.dispose();
  });
  const found: { name: string; distance: number }[] = [];
  for (const { name, tensor, at } of pending) {
    found.push({ name, distance: distance((await tensor.data()) as Float32Array, at, floor) });
    tensor.dispose();
  }
  return found;
}
