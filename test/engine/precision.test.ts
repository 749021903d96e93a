import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import { type Engine, EnvironmentError } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { withBfloat16Maps } from '../../src/engine/tensorflow/bfloat16-maps.js';
import { traceStep } from '../../src/engine/tensorflow/compile/trace.js';
import { openTensorflow } from '../../src/engine/tensorflow/engine.js';
import { loadKernels } from '../../src/engine/tensorflow/kernels.js';
import { loadTensorflow } from '../../src/engine/tensorflow/load.js';
import { createTensorflowOps } from '../../src/engine/tensorflow/ops/ops.js';
import { type PrecisionFacts, resolvePrecision } from '../../src/engine/tensorflow/precision.js';
import { createState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';
import { trainingStep } from '../../src/training/steps.js';
import { uniform } from '../fixtures/networks/uniform.js';

const compact = (name: string) =>
  buildModel(namedNetwork(name, { resolution: 32, classes: 4, widthScale: 1 / 4, stemStride: 2 }) as Network);
const model = compact('convnext-tiny');
const recipe = recipeSchema.parse({
  name: 'precision',
  epochs: 1,
  batch_size: 8,
  optimizer: { name: 'adamw', learning_rate: 1e-3 },
  schedule: { name: 'constant' },
});
const targets = new Float32Array(32);
for (let at = 0; at < 8; at++) targets[at * 4 + (at % 4)] = 1;
const batch = { size: 8, images: uniform('precision', 8 * 32 * 32 * 3, -1, 1), targets, labels: new Int32Array(8) };

async function losses(engine: Engine): Promise<number[]> {
  const state = createState(engine.ops, model, recipe, 0);
  const stepper = await createStepper({ engine, model, recipe, state, seed: 0 });
  const found: number[] = [];
  for (let step = 0; step < 20; step++) found.push(await stepper.step(async () => batch, step, 1e-3));
  stepper.dispose();
  state.dispose();
  return found;
}

describe('precision', () => {
  let single: number[];
  beforeAll(async () => {
    single = await losses(openTensorflow({ device: 'cpu' }));
  });

  it('auto trains within bfloat16 rounding of float32, and says what it came to', async () => {
    const engine = openTensorflow({ device: 'cpu', precision: 'auto' });
    const mixed = await losses(engine);
    // bfloat16 has 8 bits: 0.4 percent a product, less in the sum; the float32 losses themselves fall by a factor.
    expect(Math.abs((mixed[0] as number) / (single[0] as number) - 1)).toBeLessThan(0.01);
    expect(Math.abs((mixed[19] as number) - (single[19] as number))).toBeLessThan(0.1 * (single[0] as number));
    // Where the CPU multiplies bfloat16 the numbers must differ, else the record would say what did not happen.
    if (engine.description.precision === 'bfloat16') expect(mixed).not.toEqual(single);
    else expect(mixed).toEqual(single);
  });

  it('a compiled step gives what an eager one gives, bit for bit', async () => {
    const eager = await losses(openTensorflow({ device: 'cpu', precision: 'auto', eager: true }));
    expect(await losses(openTensorflow({ device: 'cpu', precision: 'auto' }))).toEqual(eager);
  });

  it('bfloat16x3 trains within a thousandth of float32, compiled as eager, where the CPU multiplies bfloat16', async () => {
    const open = (eager: boolean) => openTensorflow({ device: 'cpu', precision: 'bfloat16x3', eager });
    if (!loadKernels(loadTensorflow({ device: 'cpu' }))?.multipliesBfloat16) {
      expect(() => open(false)).toThrow('precision bfloat16x3 cannot be had');
      return;
    }
    expect(open(false).description.precision).toBe('bfloat16x3');
    const found = await losses(open(false));
    expect(await losses(open(true))).toEqual(found);
    expect(found).not.toEqual(single);
    for (const [step, loss] of found.entries())
      expect(Math.abs(loss / single[step]! - 1), `step ${step}`).toBeLessThan(1e-3);
  });

  it.each(['convnext-tiny', 'resnet-50', 'swin-tiny'])(
    '%s: maps stay bfloat16 from the pictures to the pool',
    (name) => {
      const loaded = loadTensorflow({ device: 'cpu' });
      const ops = createTensorflowOps(loaded, loadKernels(loaded), 'bfloat16');
      const { tf } = ops;
      const network = compact(name);
      const state = createState(ops, network, recipe, 0);
      const step = withBfloat16Maps(loaded.backend, trainingStep({ ops, model: network, recipe, state }));
      const feeds = { images: tf.zeros([2, 32, 32, 3]), targets: tf.ones([2, 4]), hyper: tf.zeros([8]) };
      const { nodes, outputs } = traceStep(loaded, step, feeds, [...state.all.values()], null);
      const casts = nodes.flatMap((node) => (node.kind === 'operation' && node.op === 'Cast' ? node.inputs : []));
      const maps = casts.map(({ shape }) => shape).filter((shape) => shape.length === 4 && shape[1]! * shape[2]! > 1);
      expect(new Set(maps.map(String))).toEqual(new Set(['2,32,32,3']));
      expect(outputs.map(({ value }) => value.dtype)).toEqual([loaded.backend.binding.TF_FLOAT]);
      tf.dispose(feeds);
      state.dispose();
    },
  );

  it('asked for by name where it cannot be had is an error with the next step', async () => {
    const resolve = (facts: PrecisionFacts) => () => resolvePrecision('bfloat16', facts);
    const old = { instructionSet: 'x86-64-v3', multipliesBfloat16: false };
    expect(resolve({ gpu: true, kernels: null })).toThrow('GPUs');
    expect(resolve({ gpu: false, kernels: null })).toThrow('ablate setup');
    expect(resolve({ gpu: false, kernels: old })).toThrow('x86-64-v3');
    expect(resolve({ gpu: false, kernels: old })).toThrow(EnvironmentError);
    expect(resolvePrecision('auto', { gpu: false, kernels: old })).toBe('float32');
    for (const precision of ['bfloat16', 'bfloat16x3'] as const)
      await expect(openEngine({ device: 'wasm', precision })).rejects.toThrow('float32 or auto');
  });
});
