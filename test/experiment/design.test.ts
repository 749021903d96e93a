import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigError } from '../../src/config/problem.js';
import { planSuite } from '../../src/experiment/plan.js';
import { openSuite } from '../../src/experiment/suite.js';
import { sha256 } from '../../src/records/hash.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const suiteFile = (name: string) => fileURLToPath(new URL(`../../configs/suites/${name}.yaml`, import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-design-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const suiteOf = (more: string) => `name: design
dataset: { name: fashion-mnist, train_limit: 640 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/8, stem_stride: 2 } }
${more}`;
async function open(more: string) {
  const file = join(folder, 'suite.yaml');
  writeFileSync(file, suiteOf(more));
  return openSuite(file);
}
async function problems(more: string): Promise<string[]> {
  const error = await open(more).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}
const designs = async (more: string) =>
  new Map(planSuite(await open(more)).runs.map(({ spec, design }) => [spec.variant, design]));

/** Writes a plug-in into the folder and gives the lines of a suite that name it. */
function plugin(name: string, definition: string): string {
  const text = `import { defineStep } from 'ablate';\nexport default defineStep({ id: '${name}', title: 't', claim: 'c', ${definition} });\n`;
  writeFileSync(join(folder, `${name}.ts`), text);
  return `recipe: compact\nroad: [${name}]\nplugins: [./${name}.ts]\n`;
}

describe('the runs of suites that change no recipe by fields are those they were before roads could', () => {
  // Of all runs' variants, seeds and design hashes, taken at 7b94963.
  it.each([
    ['quickstart', '8f0cd07165e91b7d3be4e9c4e3b3ad6a5d6a6b7b43f42b60b83ce65736537d5b'],
    ['paper-resnet50', 'd1fb438ccbb21d6bf1777aefa74c06c708f729245470255992de1036fda45d9f'],
    ['paper-resnet200', 'a3f014fc68aba0857613571c2c66ffc78709b571c9920861bb000d16e0002caa'],
    ['fashion-mnist-road', 'a421eaf974e4d9cb04eb6ed7ad1f151786c2a8a5c4059e183d40e3eb6868b01a'],
    ['fashion-mnist-leave-one-out', '1d3618d9127355d1bf0e2b44e113fb0e426609588ec61c5a9d0571eb1d6aa82f'],
    ['cifar10-road', '4bb5e5a314b0564fd6c66e100bfc165c16639aa4cd361d141a90b42049aaea6e'],
  ])('%s', async (name, expected) => {
    const { runs } = planSuite(await openSuite(suiteFile(name)));
    expect(sha256(runs.map(({ spec, design }) => [spec.variant, spec.seed, design]))).toBe(expected);
  });
});

describe('a recipe changed on the road', () => {
  it.each([
    ['{ mixup: 0.8 }', '{ augmentation: { mixup: 0.8 } }'],
    ['{ ema: { decay: 0.9 } }', '{ ema: { decay: 0.9 } }'],
    ['{ optimizer: { name: sgd, learning_rate: 0.1 } }', '{ optimizer: { name: sgd, learning_rate: 0.1 } }'],
    ['{ learning_rate: 0.001 }', '{ optimizer: { learning_rate: 0.001 } }'],
  ])('%s is the run of the suite that writes it into its recipe', async (toggle, fields) => {
    const onRoad = await designs(`recipe: compact\nroad: [recipe: ${toggle}, gelu]\n`);
    const written = await designs(`recipe: { extends: compact, ${fields.slice(2)}\nroad: [gelu]\n`);
    const [, toggled, gelu] = [...onRoad.values()];
    expect([toggled, gelu]).toEqual([...written.values()]);
    expect(onRoad.get('resnet-50')).not.toBe(toggled);
  });

  it('costs nothing, and is told where it changes nothing', async () => {
    const { variants, warnings } = await open(
      'recipe: compact\nroad:\n  - recipe: { mixup: 0 }\n  - recipe: { label_smoothing: { sweep: [0, 0.1], adopt: 0 } }\n',
    );
    expect(variants.map(({ variant, sameAs }) => [variant.name, sameAs])).toEqual([
      ['resnet-50', null],
      ['mixup-0', 'resnet-50'],
      ['label_smoothing-0', null],
      ['label_smoothing-0.1', 'resnet-50'],
    ]);
    expect(new Set(variants.map(({ built }) => `${built.macs} ${built.params}`)).size).toBe(1);
    expect(warnings.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '6 mixup-0 changes nothing here: it is the network resnet-50, and is trained once',
      '7 label_smoothing-0.1 is the same network as resnet-50, and is trained once',
    ]);
  });

  it('warns of what is hardly meant at its entry', async () => {
    const { warnings } = await open('recipe: compact\nroad:\n  - recipe: { warmup_epochs: 3 }\n  - gelu\n');
    expect(warnings.map(({ line, message }) => `${line} ${message}`)).toEqual([
      expect.stringMatching(/^6 warmup_epochs-3: the warm-up of 3 epochs is as long as the run/),
    ]);
  });
});

describe("a plug-in's step", () => {
  it('may change the recipe, the network or both', async () => {
    const { variants } = await open(plugin('calm', 'recipe: (recipe) => ({ ...recipe, drop_path: 0 })'));
    expect(variants.map(({ recipe }) => [recipe.name, recipe.drop_path])).toEqual([
      ['compact', 0.05],
      ['compact, calm', 0],
    ]);
    expect(variants[1]?.built.digest).toBe(variants[0]?.built.digest);
  });

  it('may start from the base recipe', async () => {
    const road = plugin(
      'back',
      "startsFrom: 'base_recipe', recipe: (before, _, { suite }) => ({ ...suite, optimizer: before.optimizer })",
    );
    const { variants } = await open(road);
    expect(variants.map(({ recipe }) => [recipe.optimizer.name, recipe.schedule.name])).toEqual([
      ['sgd', 'step'],
      ['sgd', 'cosine'],
    ]);
  });

  it.each([
    [
      'old',
      "apply: (network) => ({ ...network, recipe: 'modern' } as never)",
      'recipe: a network has no such field; a step changes the recipe by a function of its own',
    ],
    [
      'writes',
      'recipe: (recipe) => { (recipe.augmentation as any).mixup = 1; return recipe; }',
      'changes the recipe that it is given, .* such as { ...recipe, ema: null }',
    ],
    [
      'wrong',
      'recipe: (recipe) => ({ ...recipe, drop_path: 2 })',
      'gives no recipe that can be: drop_path: expected less than 1, found 2',
    ],
    [
      'unknown',
      'recipe: (recipe) => ({ ...recipe, droppath: 0 }) as never',
      'droppath: there is no field "droppath" here; did you mean "drop_path"',
    ],
    ['none', 'recipe: () => undefined as never', 'gives no recipe that can be: expected a recipe, found undefined'],
    ['throws', "recipe: () => { throw new Error('bang'); }", 'the step throws \\(.*throws.ts:2\\) fails: bang'],
    ['neither', '', 'cannot be used: .*its apply must be a function'],
    ['wordy', "recipe: 'compact' as never", 'cannot be used: .*its recipe must be a function'],
    [
      'starts',
      "startsFrom: 'compact' as never, apply: (network) => network",
      'cannot be used: .*its startsFrom must be',
    ],
  ])('%s is refused at its line', async (name, definition, message) => {
    const found = await problems(plugin(name, definition));
    expect(found[0]).toMatch(/^[56]:/);
    expect(found.join('\n')).toMatch(new RegExp(message));
  });
});

describe('examples in the docs', () => {
  const extending = [...read('docs/extending.md').matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => text as string);

  it('of a step that changes the recipe', async () => {
    const text = extending.find((one) => one.includes('longer-and-deeper')) as string;
    writeFileSync(join(folder, 'longer.ts'), text);
    const { variants } = await open('recipe: compact\nroad: [longer-and-deeper: 3]\nplugins: [./longer.ts]\n');
    expect(variants.map(({ recipe }) => [recipe.epochs, recipe.drop_path])).toEqual([
      [3, 0.05],
      [9, 0.48],
    ]);
    expect(variants[1]!.built.params).toBeGreaterThan(2 * variants[0]!.built.params);
  });

  it('of toggles', async () => {
    const [, yaml] = /```yaml\n(road:.*?)```/s.exec(read('docs/suite.md')) as unknown as [string, string];
    const { variants } = await open(`recipe: compact\n${yaml}`);
    expect(variants.map(({ variant }) => variant.name).slice(0, 3)).toEqual(['resnet-50', 'mixup-0', 'ema-null']);
    expect(variants).toHaveLength(1 + parse(yaml).road.length + 2);
  });
});
