import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/problem.js';
import { ablate } from '../cli/command.js';
import { planSuite } from '../../src/experiment/plan.js';
import { type OpenedSuite, openSuite } from '../../src/experiment/suite.js';

const good = `name: bad
dataset: { name: fashion-mnist, train_limit: 640 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/4, stem_stride: 2 } }
recipe: compact
road: [gelu]
seeds: [0]
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-suite-'));
  const step = (id: string, rest: string) =>
    `import { defineStep } from 'ablate';\n\ninterface Loose { [name: string]: any }\n\nexport default defineStep({\n  id: '${id}',\n  title: 't',\n  claim: 'c',\n${rest}\n});\n`;
  writeFileSync(
    join(folder, 'writes.ts'),
    step('writes', '  apply: (network) => {\n    (network.block as Loose).kernel = 3;\n    return network;\n  },'),
  );
  writeFileSync(
    join(folder, 'even.ts'),
    step('even', '  apply: (network) => ({ ...network, block: { ...network.block, kernel: 4 } }),'),
  );
  writeFileSync(
    join(folder, 'slot.ts'),
    step(
      'slot',
      "  apply: (network) => ({\n    ...network,\n    rewrites: [\n      () => {\n        throw new Error('bang');\n      },\n    ],\n  }),",
    ),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function open(text: string, name = 'suite.yaml'): Promise<OpenedSuite> {
  const file = join(folder, name);
  writeFileSync(file, text);
  return openSuite(file);
}

/** Every problem as `line:column message`. */
async function problems(text: string): Promise<string[]> {
  const error = await open(text).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}
const warnings = async (text: string) =>
  (await open(text)).warnings.map(({ line, column, message }) => `${line}:${column} ${message}`);
const starting = (starts: readonly string[]) => starts.map((start) => expect.stringMatching(new RegExp(`^${start}`)));

describe('every mistake of a suite at once', () => {
  it('an unknown field hides no name, step, plug-in or seed', async () => {
    const text = `name: Bad Name
datset: { name: fashion-mnist }
dataset: { name: fashion-mist, train_limit: many }
network: { base: resnet-5O, scale: { resolution: 7, wdth: 1 } }
recipe: { extends: compct, drop_path: 2, optimiser: {} }
road: [geluu, { kernel-size: 8 }, gelu, gelu]
compare: [swin-q, swin-t, swin-t]
plugins: [./none.ts]
seeds: [0, 1, 1, -1]
runner: { device: tpu }
`;
    expect(await problems(text)).toEqual(
      starting([
        '1:7 use lower-case',
        '2:1 there is no field "datset"',
        '3:18 there is no dataset "fashion-mist"',
        '3:45 expected a number, found "many"',
        '4:18 there is no network "resnet-5O"',
        '4:50 expected at least 8',
        '4:53 there is no field "wdth"',
        '5:20 there is no recipe "compct"',
        '5:39 expected less than 1, found 2',
        '5:42 there is no field "optimiser"',
        '6:8 there is no step "geluu"',
        '6:30 kernel-size: expected an odd number',
        '6:41 the step gelu is on the road twice',
        '7:11 there is no network "swin-q"',
        '7:27 swin-t is there twice',
        '8:11 the plug-in ./none.ts cannot be used',
        '9:15 the seed 1 is there twice',
        '9:18 expected at least 0',
        '10:19 expected one of auto',
      ]),
    );
  });

  it('a missing recipe hides no step that fails; a wrong one no network that cannot be', async () => {
    const even = good.replace('[gelu]', '[gelu, even]').concat('plugins: [./even.ts]\n');
    expect(await problems(even.replace('recipe: compact\n', ''))).toEqual(
      starting(['1:1 the field `recipe` is missing', '4:14 the step even .*even.ts:5\\) gives no network']),
    );
    const vanishing = good
      .replace('resolution: 32, width: 1/4, stem_stride: 2', 'resolution: 8')
      .replace('compact', '{ extends: compact, drop_path: 1 }');
    expect(await problems(vanishing)).toEqual(
      starting(['3:10 convnext-tiny cannot be built', '4:40 expected less than 1, found 1']),
    );
  });

  it('a base recipe that is wrong, and one that is not there', async () => {
    const text = good.replace('[gelu]', '[nothing]').concat('base_recipe: { extends: nope, epochs: -1 }\n');
    expect(await problems(text)).toEqual(
      starting(['5:8 there is no step "nothing"', '7:25 there is no recipe "nope"', '7:39 expected more than 0']),
    );
  });
});

describe('what a plug-in does wrong stands at its entry of the road and its own line', () => {
  it.each([
    ['writes', '5:14 the step writes \\(.*/writes.ts:10\\) changes the network that it is given'],
    ['even', '5:14 the step even \\(.*/even.ts:5\\) gives no network that can be: block.kernel'],
    ['slot', '5:14 slot cannot be built: bang \\(.*/slot.ts:13\\)'],
  ])('%s', async (name, start) => {
    expect(await problems(good.replace('gelu]', `gelu, ${name}]`).concat(`plugins: [./${name}.ts]\n`))).toEqual(
      starting([start]),
    );
  });
});

describe('a recipe that cannot be run is refused', () => {
  it.each([
    ['micro_batch_size: 24', 'expected a divisor of the batch_size 64, such as 16'],
    ['ema: { decay: 1 }', 'expected less than 1, found 1'],
    ['label_smoothing: 1', 'expected less than 1'],
    ['drop_path: 1', 'expected less than 1'],
    ['optimizer: { betas: [0.9, 1] }', 'expected less than 1'],
    ['schedule: { final_learning_rate: 0.003 }', 'expected at most the peak of 0.002'],
    [
      'schedule: { final_learning_rate: 0.002 }, reference_batch: 128',
      'expected at most the peak of 0.001, which 0.002 is',
    ],
    ['schedule: { name: step, every_epochs: 1, factor: 2 }', 'expected at most 1'],
    ['optimizer: { name: sgd, learning_rate: 1, nesterov: true, momentum: 0 }', 'needs a momentum above 0'],
    ['epochs: .inf', 'expected a number, found Infinity'],
    ['epochs: .nan', 'expected a number, found NaN'],
  ])('%s', async (change, sentence) => {
    const [only, ...others] = await problems(good.replace('compact', `{ extends: compact, ${change} }`));
    expect(others).toEqual([]);
    expect(only).toMatch(/^4:/);
    expect(only).toContain(sentence);
  });
  it.each([
    'micro_batch_size: 16',
    'micro_batch_size: 128',
    'ema: { decay: 0.9999 }',
    'schedule: { final_learning_rate: 0.002 }',
  ])('but %s is not', async (change) =>
    expect((await open(good.replace('compact', `{ extends: compact, ${change} }`))).variants).toHaveLength(2),
  );
});

describe('what is hardly meant is warned of', () => {
  const road = good.replace('convnext-tiny', 'resnet-50').replace('[gelu]', '[training-recipe, gelu]');
  it.each([
    ['nothing', good.replace('gelu', 'kernel-size: 5'), []],
    [
      'a warm-up as long as the run',
      good.replace('gelu', 'kernel-size: 5').replace('compact', '{ extends: compact, epochs: 0.2 }'),
      ['4:37 the warm-up of 0.2 epochs is as long'],
    ],
    [
      'one that is written here',
      good.replace('gelu', 'kernel-size: 5').replace('compact', '{ extends: compact, schedule: { warmup_epochs: 5 } }'),
      ['4:56 the warm-up of 5 epochs'],
    ],
    [
      'a rate that never drops',
      good.replace('gelu', 'kernel-size: 5').replace('compact', '{ extends: compact-sgd, epochs: 1 }'),
      ['4:41 the rate drops every 1 epoch and the run has 1 epoch: it never drops'],
    ],
    [
      'other epochs before training-recipe',
      road.replace('compact', '{ extends: compact, epochs: 1 }'),
      ['4:9 before the step that changes the recipe, compact-sgd trains with 3 epochs instead of 1'],
    ],
    [
      'another batch',
      `${road}base_recipe: { extends: compact-sgd, batch_size: 32 }\n`,
      ['7:14 before .* batches of 32 instead of 64'],
    ],
    [
      'a base recipe that trains nothing',
      good.replace('gelu', 'kernel-size: 5').concat('base_recipe: compact-sgd\n'),
      ['7:1 no network is trained by it'],
    ],
    [
      'a field of the recipe before the step that brings its own',
      road.replace('[training-recipe, gelu]', '[recipe: { learning_rate: 0.01 }, training-recipe, gelu]'),
      [
        '5:8 behind training-recipe the recipe is as it would be without learning_rate: what training-recipe is said to bring is that reversal too; move learning_rate behind it, or write it into base_recipe',
      ],
    ],
    [
      'behind it not',
      road.replace('[training-recipe, gelu]', '[training-recipe, recipe: { learning_rate: 0.01 }, gelu]'),
      [],
    ],
    [
      'a field of a part that a later entry brings whole',
      good.replace('gelu', 'recipe: { weight_decay: 0.1 }, recipe: { optimizer: { name: sgd, learning_rate: 0.1 } }'),
      ['5:8 behind optimizer the recipe is as it would be without weight_decay: .*; move weight_decay behind it$'],
    ],
    [
      'how often and in what batches pictures are evaluated',
      good.replace('gelu', 'recipe: { evaluation.batch_size: 7 }, recipe: { evaluation.every_epochs: 2 }'),
      [
        '5:8 evaluation.batch_size-7 is trained just as convnext-tiny is: evaluation.batch_size changes nothing of the network',
        '5:46 evaluation.every_epochs-2 is trained just as evaluation.batch_size-7 is: evaluation.every_epochs changes',
      ],
    ],
    ['how the pictures are cut for evaluation is a change', good.replace('gelu', 'recipe: { crop_ratio: 0.9 }'), []],
    [
      'rates that are tuned and swept',
      good
        .replace('gelu', 'recipe: { optimizer.learning_rate: { sweep: [1e-3, 4e-3], adopt: 4e-3 } }, kernel-size: 5')
        .concat('validation: { share: 0.1 }\ntune: { learning_rate: [x0.5, x1, x2] }\n'),
      ['5:8 learning_rate-0.001 is convnext-tiny with another learning rate, and `tune` gives each of them'],
    ],
    [
      'two things of one entry',
      road
        .replace('[training-recipe, gelu]', '[recipe: { learning_rate: 0.01 }, training-recipe, gelu]')
        .concat('validation: { share: 0.1 }\ntune: { learning_rate: [x0.5, x1, x2] }\n'),
      ['5:8 learning_rate-0.01 is resnet-50 with another', '5:8 behind training-recipe the recipe is'],
    ],
    [
      'an optimizer with a rate of its own is a change',
      good
        .replace('gelu', 'recipe: { optimizer: { name: sgd, learning_rate: 0.1 } }')
        .concat('validation: { share: 0.1 }\ntune: { learning_rate: [x0.5, x1, x2] }\n'),
      [],
    ],
    [
      'rates that are chosen with seeds of the comparison',
      good
        .replace('gelu', 'kernel-size: 5')
        .replace('[0]', '[0, 1, 2]')
        .concat('validation: { share: 0.1 }\ntune: { learning_rate: [x1, x2], seeds: [2, 3, 0] }\n'),
      [
        '8:41 networks are compared with the seeds 2, 0 too: the rate that was best with a seed flatters the run of that seed; take others, such as .100.$',
      ],
    ],
  ])('%s', async (_, text, found) => expect(await warnings(text)).toEqual(starting(found)));

  it('not of the example in the README', async () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, example] = /```yaml\n(.*?)```/s.exec(readme) as unknown as [string, string];
    expect(await warnings(example)).toEqual([]);
  });
});

describe('a step that changes nothing', () => {
  const mixed = (augmentation: string, field: string) =>
    good
      .replace('compact', `{ extends: compact, augmentation: { ${augmentation} } }`)
      .replace('gelu', `recipe: { ${field} }`);
  const same = async (text: string) =>
    (await open(text)).variants.filter(({ sameAs }) => sameAs).map(({ variant, sameAs }) => [variant.name, sameAs]);
  it.each<[string, string, string[][]]>([
    ['gelu on a ConvNeXt', good, [['gelu', 'convnext-tiny']]],
    ['its own layer scale', good.replace('gelu', 'layer-scale'), [['layer-scale', 'convnext-tiny']]],
    [
      'a sweep value that it has',
      good.replace('gelu', 'kernel-size: { sweep: [5, 7], adopt: 5 }'),
      [['kernel-size-7', 'convnext-tiny']],
    ],
    [
      'the road without it',
      good.concat('strategy: leave-one-out\n'),
      [
        ['whole-road', 'convnext-tiny'],
        ['without-gelu', 'convnext-tiny'],
      ],
    ],
    [
      'a comparator that the road comes to',
      good.replace('gelu', 'kernel-size: 5').concat('compare: [convnext-t]\n'),
      [['convnext-t', 'convnext-tiny']],
    ],
    ['another recipe is a change', good.replace('convnext-tiny', 'resnet-50').replace('gelu', 'training-recipe'), []],
    [
      'the same recipe under another name is none',
      good
        .replace('convnext-tiny', 'resnet-50')
        .replace('gelu', 'training-recipe')
        .concat('base_recipe: { extends: compact, name: other }\n'),
      [['training-recipe', 'resnet-50']],
    ],
    [
      'shares of a mixing that is off',
      mixed('mixup: 0, cutmix: 0', 'mix_probability: 0.5'),
      [['mix_probability-0.5', 'convnext-tiny']],
    ],
    [
      'turns of one mixing alone',
      mixed('mixup: 0.8, cutmix: 0', 'mix_switch_probability: 0.1'),
      [['mix_switch_probability-0.1', 'convnext-tiny']],
    ],
    [
      'a strength that is never used',
      mixed('mixup: 0.8, cutmix: 1, mix_probability: 0', 'cutmix: 0.2'),
      [['cutmix-0.2', 'convnext-tiny']],
    ],
    ['turns of two are a change', mixed('mixup: 0.8, cutmix: 1', 'mix_switch_probability: 0.1'), []],
    ['a share of one is a change', mixed('mixup: 0.8, cutmix: 0', 'mix_probability: 0.5'), []],
  ])('%s', async (_, text, found) => expect(await same(text)).toEqual(found));

  it('not where two layers only have a name in common', async () => {
    const layer = (id: string, forward: string) =>
      `const ${id} = defineLayer({ kind: 'mine', outputShape: (_, input) => input, parameters: () => [], operations: () => ({}), forward: ${forward} });\n` +
      `const ${id}Step = defineStep({ id: '${id}', title: 't', claim: 'c', apply: (n) => ({ ...n, block: { ...n.block, slots: { ...n.block.slots, branchEnd: [() => leaf('x', ${id}, null)] } } }) });\n`;
    writeFileSync(
      join(folder, 'twins.ts'),
      `import { defineLayer, defineStep, leaf } from 'ablate';\n${layer('one', '(_, x) => x')}${layer('two', '(_, x, { ops }) => ops.tf.mul(x, 0)')}export default [oneStep, twoStep];\n`,
    );
    const text = good.replace('gelu', 'one, two').concat('plugins: [./twins.ts]\nstrategy: add-one\n');
    expect(await same(text)).toEqual([]);
  });

  it('is a warning that says what makes no use of it', async () => {
    expect(await warnings(mixed('mixup: 0.8, cutmix: 0', 'mix_switch_probability: 0.1'))).toEqual([
      '5:8 mix_switch_probability-0.1 changes nothing here: nothing in the recipe makes use of what it sets, so that it is convnext-tiny, and is trained once',
    ]);
  });

  it('is a warning at its entry', async () => {
    expect(await warnings(good)).toEqual([
      '5:8 gelu changes nothing here: it is the network convnext-tiny, and is trained once',
    ]);
  });
});

describe('whether a strategy leads to the whole road', () => {
  const three = good.replace('gelu', 'kernel-size: 5, layer-scale: 0.1, recipe: { mixup: 0.8 }');
  it.each<[boolean, string]>([
    [true, 'cumulative'],
    [true, 'leave-one-out'],
    [true, 'all'],
    [true, 'permutations'],
    [true, '{ name: random-orders, orders: 4 }'],
    [false, 'add-one'],
    [false, 'pairwise'],
    [false, 'factorial'],
    [true, 'mine'],
    [false, 'halves'],
  ])('%s: %s, which the plan says', async (leads, strategy) => {
    writeFileSync(
      join(folder, 'strategies.ts'),
      `import { defineStrategy } from 'ablate';
const mine = defineStrategy({ id: 'mine', about: 'a', sets: (steps) => [{ steps }] });
const halves = defineStrategy({ id: 'halves', about: 'a', sets: (steps) => [{ steps: steps.slice(0, 1) }, { steps: steps.slice(1) }] });
export default [mine, halves];
`,
    );
    const opened = await open(three.concat(`plugins: [./strategies.ts]\nstrategy: ${strategy}\n`));
    expect(planSuite(opened).record.wholeRoad).toBe(leads);
  });
});

it('takes what new-step writes, which makes no network that cannot be', async () => {
  expect(ablate(['new-step', 'wider'], { cwd: folder }).status).toBe(0);
  const text = good.replace('gelu', 'wider').concat('plugins: [./wider.ts]\n');
  expect(await warnings(text)).toEqual([]);
  for (const [value, sentence] of [
    [14, 'expected an odd number'],
    [15.5, 'expected a whole number'],
    [-1, 'expected at least 1'],
    [99, 'expected at most 63'],
  ] as const)
    expect((await problems(text.replace('[wider]', `[wider: ${value}]`))).join()).toContain(sentence);
  const bare = text.replace('convnext-tiny', 'resnet-50');
  expect(await problems(bare)).toEqual(starting(['5:8 wider needs depthwise-conv before it']));
});

describe('paths are relative to the suite', () => {
  it('the folder of the pictures, which is named where it is not there', async () => {
    mkdirSync(join(folder, 'deep'), { recursive: true });
    const text = good.replace('name: fashion-mnist,', 'name: folder, root: ../pictures,');
    writeFileSync(join(folder, 'deep', 'suite.yaml'), text);
    await expect(openSuite(join(folder, 'deep', 'suite.yaml'))).rejects.toThrow(
      `suite.yaml:2:32: there is no folder ${join(folder, 'pictures')} (relative to the suite's file)`,
    );
    mkdirSync(join(folder, 'pictures', 'train', 'shoe'), { recursive: true });
    mkdirSync(join(folder, 'pictures', 'train', 'coat'), { recursive: true });
    const { suite, variants } = await openSuite(join(folder, 'deep', 'suite.yaml'));
    expect(suite.dataset.root).toBe(join(folder, 'pictures'));
    expect(variants[0]?.spec.classes).toBe(2);
  });
});

describe('names that become folders', () => {
  it.each([
    ['a'.repeat(101), 'expected at most 100 characters'],
    ['../out', 'use lower-case'],
    ['".."', 'use lower-case'],
    ['a/b', 'use lower-case'],
  ])('%s is no name of a suite', async (name, sentence) => {
    expect((await problems(good.replace('name: bad', `name: ${name}`))).join()).toContain(sentence);
  });
  it('values of steps are made harmless, and too long ones refused', async () => {
    const text =
      "import { defineStep } from 'ablate';\nimport { z } from 'zod';\nexport default defineStep({ id: 'named', title: 't', claim: 'c', main: 'text', options: z.strictObject({ text: z.string() }), apply: (n) => ({ ...n, finalNorm: false }) });\n";
    writeFileSync(join(folder, 'named.ts'), text);
    const suite = (value: string) => good.replace('gelu', `named: "${value}"`).concat('plugins: [./named.ts]\n');
    const names = (await open(suite('../../etc/passwd'))).variants.map(({ variant }) => variant.name);
    expect(names).toEqual(['convnext-tiny', 'named-..-..-etc-passwd']);
    expect((await problems(suite('x'.repeat(300)))).join()).toContain('names of networks become folders');
  });
});
