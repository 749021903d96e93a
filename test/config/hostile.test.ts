import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../../src/config/parse.js';
import { ConfigError } from '../../src/config/problem.js';
import { openSuite } from '../../src/experiment/suite.js';

const good = `name: bad
dataset: { name: fashion-mnist, train_limit: 640 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/4, stem_stride: 2 } }
recipe: { extends: compact, epochs: 2 }
road: [training-recipe, { kernel-size: { sweep: [5, 7], adopt: 7 } }, gelu]
compare: [swin-t]
seeds: [0, 1]
runner: { device: auto }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string, name = 'suite.yaml'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What is said of a suite: bounded in number and length, and nothing but problems with places. */
async function said(text: string): Promise<string[]> {
  try {
    await openSuite(file(text));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    expect(error.problems.length).toBeLessThanOrEqual(200);
    expect(error.render().length).toBeLessThan(20_000);
    return error.problems.map(({ message }) => message);
  }
}

const bytes = 60 * 1024;
const times = (text: string, count: number) => text.repeat(Math.floor(count));
const each = (count: number, line: (at: number) => string) => Array.from({ length: count }, (_, at) => line(at));

describe('a suite that is too much', () => {
  it.each<[string, string, RegExp]>([
    ['too large', `${good}# ${times('x', 200 * 1024)}\n`, /bytes are too many for a suite/],
    ['too deep, in flow', `${good}x: ${times('[', 200)}${times(']', 200)}\n`, /nested more than 64 deep/],
    ['too deep, in mappings', `${good}x: ${times('{ a: ', 200)}1${times(' }', 200)}\n`, /nested more than 64 deep/],
    [
      'too deep, by indentation',
      `${each(300, (at) => `${' '.repeat(at)}a:`).join('\n')}\n`,
      /nested more than 64 deep/,
    ],
    ['never closed', times('[', 200), /nested more than 64 deep/],
    ['full of errors', times('"', bytes), /valid YAML/],
    ['full of unknown fields', good + each(12_000, (at) => `k${at}: 1\n`).join(''), /there is no field "k0" here/],
    ['full of wrong seeds', good.replace('[0, 1]', `[${times('x,', bytes / 2)}]`), /at most 10000 entries/],
    ['full of unknown steps', good.replace('gelu]', `${times('nope, ', bytes / 6)}]`), /at most 1000 entries/],
    [
      'full of unknown networks',
      good.replace('[swin-t]', `[${each(9000, (at) => `n${at}`).join()}]`),
      /at most 100 entries/,
    ],
    ['one long name', good.replace('gelu', times('g', bytes)), /there is no step/],
    [
      'a sweep of thousands',
      good.replace('[5, 7]', `[${each(8000, (at) => String(2 * at + 1)).join()}]`),
      /a sweep of 8000 values/,
    ],
    [
      'more networks than anyone trains',
      good
        .replace('[5, 7]', `[${each(900, (at) => String((at + 1) / 10_000)).join()}]`)
        .replace('kernel-size', 'layer-scale')
        .replace('adopt: 7', 'adopt: 0.0001')
        .replace('gelu]', `increase-width: { sweep: [${each(900, (at) => String(at + 1)).join()}], adopt: 96 }]`),
      /more than 1024 networks/,
    ],
    [
      'more runs than anyone trains',
      good
        .replace('[0, 1]', `[${each(10_000, String).join()}]`)
        .replace('[5, 7]', `[${each(20, (at) => String(2 * at + 1)).join()}]`),
      /more than 100000 runs/,
    ],
    [
      'aliases of aliases',
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${each(7, (at) => `${'bcdefgh'[at]}: &${'bcdefgh'[at]} [${Array(10).fill(`*${'abcdefg'[at]}`).join()}]\n`).join('')}${good}`,
      /anchors: /,
    ],
    [
      'merges of merges',
      `a: &a { x: 1 }\n${each(2000, (at) => `b${at}: { <<: [*a, *a, *a] }\n`).join('')}${good}`,
      /anchors: /,
    ],
  ])('%s', async (_, text, sentence) => {
    expect((await said(text)).join('\n')).toMatch(sentence);
  });

  it('is none with ten thousand seeds', async () => {
    const { suite } = await openSuite(file(good.replace('[0, 1]', `[${each(5000, String).join()}]`)));
    expect(suite.seeds).toHaveLength(5000);
  });
});

describe('names that every object has are fields like others: unknown', () => {
  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])('%s', async (name) => {
    const inRecipe = good.replace('epochs: 2 }', `epochs: 2, ${name}: { drop_path: 0.5 } }`);
    expect(await said(inRecipe)).toEqual([expect.stringContaining(`there is no field "${name}" here`)]);
    const deep = good.replace('epochs: 2 }', `epochs: 2, optimizer: { ${name}: { learning_rate: 9 } } }`);
    expect(await said(deep)).toEqual([expect.stringContaining(`there is no field "${name}" here`)]);
    expect(await said(`${good}${name}: { strategy: all }\n`)).toEqual([
      expect.stringContaining(`there is no field "${name}" here`),
    ]);
    expect((await said(good.replace('gelu', name))).join()).toContain(`there is no step "${name}"`);
    expect((await said(good.replace('gelu', `{ ${name}: 3 }`))).length).toBeGreaterThan(0);
    expect((await said(good.replace('swin-t', name))).join()).toContain(`there is no network "${name}"`);
    expect((await said(good.replace('resnet-50', name))).join()).toContain(`there is no network "${name}"`);
    expect((await said(good.replace('fashion-mnist', name))).join()).toContain(`there is no dataset "${name}"`);
  });

  it('and give a recipe nothing', async () => {
    const text = 'extends: compact\n__proto__: { epochs: 99 }\n';
    const { recipe, problems } = await parseRecipe(file(text, 'recipe.yaml'));
    expect(recipe).toBeNull();
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('there is no field "__proto__"')]);
    const { recipe: plain } = await parseRecipe(file('extends: compact\n', 'recipe.yaml'));
    expect(plain?.epochs).toBe(3);
  });
});
