import { fileURLToPath } from 'node:url';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import { countCost } from '../../src/cost/count.js';
import type { Ops } from '../../src/engine/ops.js';
import { openEngine } from '../../src/engine/open.js';
import { createReferenceOps } from '../../src/engine/reference/ops.js';
import { loadPlugins } from '../../src/experiment/plugins.js';
import { predict } from '../../src/inference/predict.js';
import type { ParameterSpec } from '../../src/layers/layer.js';
import { applySteps, type Catalogue } from '../../src/roadmap/catalogue.js';
import { fromForeign, type Layout, toForeign } from '../../src/weights/layout.js';
import { foreignName } from '../../src/weights/naming/index.js';
import { uniform } from '../fixtures/networks/uniform.js';
import { distance, type Fixture, first, fixtures, largestGradient, logitsOf } from '../inference/timm.js';

const size = { resolution: 64, classes: 7 };
const plugins = [
  {
    step: 'squeeze-excitation',
    equals: 'se-resnet-50',
    base: { ...(namedNetwork('resnet-50', size) as ConvNetwork), depths: [1, 1, 1, 1] },
    rename: (name: string) => name.replace('reduce', 'fc1').replace('expand', 'fc2'),
  },
  {
    step: 'global-response-norm',
    equals: 'convnext-v2',
    base: withoutLayerScale({
      ...(namedNetwork('convnext-tiny', { ...size, widthScale: 1 / 16 }) as ConvNetwork),
      depths: [2, 1, 2, 1],
    }),
    rename: (name: string) => name.replace('grn', 'mlp.grn').replace('gamma', 'weight').replace('beta', 'bias'),
  },
  {
    step: 'blur',
    equals: 'resnetblur-50',
    base: { ...(namedNetwork('resnet-50', size) as ConvNetwork), depths: [1, 1, 1, 1] },
    rename: (name: string) => name,
  },
] as const;

function withoutLayerScale(network: ConvNetwork): ConvNetwork {
  return { ...network, block: { ...network.block, layerScale: null } };
}

let catalogue: Catalogue;
const engines = new Map<string, Ops>();
beforeAll(async () => {
  const paths = plugins.map(({ step }) => `../../examples/plugins/${step}.ts`);
  const loaded = await loadPlugins(paths, fileURLToPath(import.meta.url));
  expect(loaded.problems).toEqual([]);
  catalogue = loaded.catalogue;
  const { ops } = await openEngine({ device: 'cpu', eager: true });
  engines.set('tensorflow', ops);
  engines.set('reference', createReferenceOps(ops.tf));
});

describe.each(plugins)('$step', ({ step, equals, base, rename }) => {
  const fixture = fixtures[equals] as Fixture;
  const walk = (network: ConvNetwork) =>
    applySteps(network, [{ id: step, options: catalogue.get(step)?.options.parse({}) as object as never }], catalogue);

  /** A parameter's name and layout in timm: the plug-in's own, else as in the network without it. */
  const timm = (spec: ParameterSpec): { name: string; layout: Layout } => {
    const own = /^stages\.(\d)\.blocks\.(\d)\.(?:.*\.)?((?:se|grn)\..*)$/.exec(spec.name);
    if (!own) return foreignName(spec, base, 'timm');
    const [, stage, block, rest] = own as unknown as [string, string, string, string];
    const above = base.stem === 'resnet' ? `layer${Number(stage) + 1}.${block}` : `stages.${stage}.blocks.${block}`;
    return { name: `${above}.${rename(rest)}`, layout: spec.shape.length === 2 ? 'linear' : 'same' };
  };

  it('counts the parameters of timm’s network', () => {
    const name = base.stem === 'resnet' ? 'resnet-50' : 'convnext-tiny';
    const plain = namedNetwork(name) as ConvNetwork;
    const { params } = countCost(buildModel(walk(name === 'resnet-50' ? plain : withoutLayerScale(plain))));
    expect(params).toBe(fixture.params);
  });

  it.each(['tensorflow', 'reference'])('gives timm’s logits and gradients on %s', (engine) => {
    const ops = engines.get(engine) as Ops;
    const { tf } = ops;
    const model = buildModel(walk(base));
    const specs = new Map(model.parameters.map((spec) => [spec.name, spec]));
    const weights = new Map(
      model.parameters.map((spec) => {
        const { name, layout } = timm(spec);
        const values = fromForeign(first(name, fixture.weights[name] as number[]), spec.shape, layout);
        return [spec.name, tf.variable(tf.tensor(values, [...spec.shape]), spec.trainable)] as const;
      }),
    );
    expect(weights.size).toBe(Object.keys(fixture.weights).length);
    const pictures = tf.transpose(tf.tensor(uniform('pictures', 3 * 3 * 64 * 64, -1, 1), [3, 3, 64, 64]), [0, 2, 3, 1]);
    const targets = tf.oneHot(tf.tensor1d([5, 0, 3], 'int32'), 7).toFloat() as Tensor2D;
    const { logits, loss, gradients } = predict({ ops, model, weights, pictures, targets, training: true });
    const right = logitsOf(fixture.train);
    const most = Math.max(...right.map(Math.abs));
    const apart = logits.dataSync().map((value, at) => Math.abs(value - (right[at] as number)));
    expect(Math.max(...apart) / most).toBeLessThan(1e-4);
    expect(loss?.dataSync()[0]).toBeCloseTo(fixture.train.loss, 4);
    const floor = 1e-3 * largestGradient(fixture.train);
    const far = [...gradients].map(([own, tensor]: [string, Tensor]) => {
      const spec = specs.get(own) as ParameterSpec;
      const { name, layout } = timm(spec);
      const found = toForeign(tensor.dataSync() as Float32Array, spec.shape, layout);
      return [name, distance(found, fixture.train.gradients[name] as number, floor)] as const;
    });
    expect(far.length).toBe(Object.keys(fixture.train.gradients).length);
    expect(far.filter(([, one]) => !(one < 1e-3))).toEqual([]);
  });
});
