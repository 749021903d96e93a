import { expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import { layerGroups, parameterGroups } from '../../src/training/optimizer.js';
import { foreignTensors } from '../../src/weights/export.js';

const model = (name: string) => buildModel(namedNetwork(name) as Network);

/** The paper's fine-tuning code on its own names: "divide [3, 3, 27, 3] layers into 12 groups", then norm and head. */
function authorsGroup(name: string): number {
  const [part, stage, block] = name.split('.');
  if (part === 'downsample_layers') return [0, 2, 3, 12][Number(stage)] as number;
  if (part !== 'stages') return 13;
  return stage === '2' ? 3 + Math.floor(Number(block) / 3) : ([1, 2, 3, 12][Number(stage)] as number);
}

it.each(['convnext-small', 'convnext-base'])('%s is grouped for layer-wise decay as its authors group it', (name) => {
  const network = namedNetwork(name) as Network;
  const built = model(name);
  const theirs = foreignTensors(network, built, 'convnext', () => new Float32Array()).map((tensor) => tensor.name);
  const ours = layerGroups(built.parameters);
  expect(built.parameters.map((spec, at) => [spec.name, ours[at]])).toEqual(
    built.parameters.map((spec, at) => [spec.name, authorsGroup(theirs[at] as string)]),
  );
});

it('gives the head the full rate and every group below it a share less', () => {
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 1,
    batch_size: 1,
    optimizer: { name: 'adamw', learning_rate: 1, weight_decay: 0.1 },
    schedule: { name: 'constant' },
    layer_decay: 0.8,
  });
  const { parameters } = model('convnext-base');
  const groups = new Map(parameterGroups(parameters, recipe).map((group, at) => [parameters[at]?.name, group]));
  expect(groups.get('head.fc.weight')).toEqual({ weightDecay: 0.1, learningRateScale: 1 });
  expect(groups.get('head.norm.bias')).toEqual({ weightDecay: 0, learningRateScale: 1 });
  expect(groups.get('stem.conv.weight')?.learningRateScale).toBeCloseTo(0.8 ** 13, 12);
  expect(groups.get('stages.3.downsample.conv.weight')?.learningRateScale).toBeCloseTo(0.8, 12);
});

it('leaves blocks of shallower networks no gaps between groups', () => {
  for (const name of ['convnext-tiny', 'resnet-50', 'swin-tiny', 'convnext-isotropic-small']) {
    const groups = layerGroups(model(name).parameters);
    expect([...new Set(groups)]).toEqual(Array.from({ length: Math.max(...groups) + 1 }, (_, at) => at));
  }
});
