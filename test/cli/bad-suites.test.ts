import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ablate } from './command.js';

const good = `name: bad
dataset: { name: fashion-mnist, train_limit: 640 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/4, stem_stride: 2 } }
recipe: compact
road: [training-recipe, gelu]
seeds: [0]
`;
const swap = (from: string | RegExp, to: string) => good.replace(from, to);

/** What is wrong, the file's text (or bytes), where the caret must stand, and what the sentence must say. */
const cases: [string, string | Uint8Array, string, string][] = [
  ['unknown field', swap('seeds:', 'sedes:'), '6:1', 'did you mean "seeds"?'],
  ['unknown field deep down', swap('stem_stride', 'stemstride'), '3:66', 'did you mean "stem_stride"?'],
  ['unknown step', swap('gelu', 'geluu'), '5:25', 'did you mean "gelu"?'],
  ['unknown network', swap('resnet-50', 'resnet-5O'), '3:18', 'did you mean "resnet-50"?'],
  ['unknown dataset', swap('fashion-mnist', 'fashion-mist'), '2:18', 'did you mean "fashion-mnist"?'],
  ['unknown recipe', swap('compact', 'compct'), '4:9', 'did you mean "compact"?'],
  ['unknown comparator', `${good}compare: [swin-q]\n`, '7:11', 'did you mean "swin-t"?'],
  ['unknown strategy', `${good}strategy: cumulativ\n`, '7:11', 'did you mean "cumulative"?'],
  [
    'a strategy without options as a mapping',
    `${good}strategy: { name: leave-one-out }\n`,
    '7:19',
    'leave-one-out has no options; write its name alone, `strategy: leave-one-out`',
  ],
  [
    'a strategy that no mapping has',
    `${good}strategy: { name: gird }\n`,
    '7:19',
    'expected one of random-orders, factorial, grid, found "gird"; did you mean "grid"?',
  ],
  [
    'a fraction between others',
    `${good}strategy: { name: factorial, fraction: 1/3 }\n`,
    '7:40',
    'found "1/3"; did you mean "1/4"?',
  ],
  [
    'a fraction as a number',
    `${good}strategy: { name: factorial, fraction: 0.5 }\n`,
    '7:40',
    'found 0.5; did you mean "1/2"?',
  ],
  [
    'a time in words',
    `${good}budget: 2 hours\n`,
    '7:9',
    'write a time as 2h, 90m or 1h 30m, or a number of runs as { runs: 60 }, found "2 hours"\n  budget: 2 hours\n          ^\n\n1 problem',
  ],
  [
    'a factor as a number',
    `${good}validation: { share: 0.1 }\ntune: { learning_rate: [x1, 0.5] }\n`,
    '8:29',
    'write the factor 0.5 as x0.5',
  ],
  ['unknown device', `${good}runner: { device: tpu }\n`, '7:19', 'expected one of auto, gpu, cpu, wasm, webgpu'],
  ['wrong type: text for a number', swap('640', 'many'), '2:46', 'expected a number, found "many"'],
  ['wrong type: a number for a list', swap('[0]', '0'), '6:8', 'expected a list, found 0'],
  ['wrong type: a fraction of a picture', swap('640', '640.5'), '2:46', 'expected'],
  ['missing field', swap(/name: bad\n/, ''), '1:1', 'the field `name` is missing'],
  ['missing recipe', swap(/recipe: compact\n/, ''), '1:1', 'the field `recipe` is missing'],
  ['a name that is no folder', swap('name: bad', 'name: ../escape'), '1:7', 'use lower-case letters'],
  ['a step before what it needs', swap('gelu', 'fewer-norms'), '5:25', 'fewer-norms needs move-up-depthwise before it'],
  ['the same step twice', swap('gelu', 'gelu, gelu'), '5:31', 'on the road twice'],
  ['a sweep without adopt', swap('gelu', 'kernel-size: { sweep: [5, 7] }'), '5:38', 'write `adopt:`'],
  [
    'a sweep that adopts what it does not try',
    swap('gelu', 'kernel-size: { sweep: [5, 7], adopt: 9 }'),
    '5:62',
    'one of 5, 7',
  ],
  ['an empty sweep', swap('gelu', 'kernel-size: { sweep: [], adopt: 5 }'), '5:47', 'expected a list of values'],
  ['an even kernel', swap('gelu', 'kernel-size: 8'), '5:38', 'expected an odd number'],
  ['options for a step that has none', swap('gelu', 'gelu: 3'), '5:31', 'gelu has no options'],
  ['negative width', swap('1/4', '-1/4'), '3:61', 'a fraction such as 1/4'],
  ['negative widths in a step', swap('gelu', 'increase-width: { width: -96 }'), '5:50', 'expected'],
  ['division by zero', swap('1/4', '1/0'), '3:61', 'factor'],
  ['absurd resolution', swap('resolution: 32', 'resolution: 1000000'), '3:50', 'at most 4096'],
  ['terabytes', swap('resolution: 32, width: 1/4', 'resolution: 4096, width: 16'), '3:10', 'TiB'],
  [
    'a map that vanishes',
    swap('resolution: 32, width: 1/4, stem_stride: 2', 'resolution: 8').replace(
      'gelu',
      'patchify-stem, inverted-bottleneck, separate-downsampling',
    ),
    '3:10',
    'does not fit',
  ],
  ['duplicate key', `${good}seeds: [1]\n`, '7:1', 'this key is there twice'],
  [
    'tab indentation',
    swap('dataset: { name: fashion-mnist, train_limit: 640 }', 'dataset:\n\tname: fashion-mnist'),
    '3:1',
    'tabs cannot indent YAML',
  ],
  ['unclosed bracket', swap('[0]', '[0'), '7:1', 'end with a ]'],
  ['bad indentation', swap('seeds: [0]', '  seeds: [0]'), '6:1', 'indentation'],
  ['empty file', '', '1:1', 'the file is empty'],
  ['only a comment', '# nothing here\n', '1:1', 'the file is empty'],
  ['a list instead of a mapping', '- name: bad\n', '1:1', 'a suite is a mapping of fields'],
  ['binary file', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3), '1:1', 'this is a binary file'],
  ['not UTF-8', Uint8Array.of(0x6e, 0x61, 0xff, 0xfe, 0x6d), '1:1', 'not UTF-8'],
  ['recursion by anchors', swap('dataset: {', 'dataset: &d { root: *d,'), '1:1', 'anchors'],
  [
    'aliases that explode',
    `a: &a [x, x, x, x, x, x, x, x, x, x]\n${'bcdefgh'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`).join(', ')}]\n`)
      .join('')}${good}`,
    '1:1',
    'anchors',
  ],
  ['a seed twice', swap('[0]', '[0, 0]'), '6:12', 'the seed 0 is there twice'],
  ['a negative seed', swap('[0]', '[-1]'), '6:9', 'expected at least 0'],
  [
    'a recipe field out of range',
    swap('recipe: compact', 'recipe: { extends: compact, drop_path: 2 }'),
    '4:40',
    'less than 1',
  ],
  [
    'a RandAugment string with an unknown part',
    swap('recipe: compact', 'recipe: { extends: compact, augmentation: { rand_augment: rand-m9-q3 } }'),
    '4:59',
    '"q3" is none of m, n, p, mstd, mmax and inc with a number; an example is rand-m9-mstd0.5-inc1',
  ],
  [
    'two ways of cropping',
    swap('recipe: compact', 'recipe: { extends: compact, augmentation: { random_resized_crop: {} } }'),
    '\\d+:16',
    'random_crop and random_resized_crop are two ways of cropping; set one of them to null',
  ],
  [
    'a range the wrong way round',
    swap('recipe: compact', 'recipe: { extends: compact, augmentation: { random_resized_crop: { scale: [1, 0.5] } } }'),
    '4:75',
    'expected the smaller number first',
  ],
  [
    'a crop ratio of nothing',
    swap('recipe: compact', 'recipe: { extends: compact, evaluation: { crop_ratio: 0 } }'),
    '4:55',
    'expected more than 0, found 0',
  ],
  [
    'classes that the dataset does not have',
    swap('resnet-50,', 'resnet-50, classes: 12,'),
    '3:38',
    'the dataset fashion-mnist has 10 classes, not 12',
  ],
  [
    'an unknown recipe field',
    swap('recipe: compact', 'recipe: { extends: compact, optimiser: {} }'),
    '4:29',
    'did you mean "optimizer"?',
  ],
  [
    'an unknown optimizer',
    swap('recipe: compact', 'recipe: { extends: compact, optimizer: { name: adam } }'),
    '4:48',
    'expected one of sgd, adamw',
  ],
  [
    'a recipe that extends itself in a circle',
    swap('recipe: compact', 'recipe: { extends: ./loop.yaml }'),
    '1:10',
    'in a circle',
  ],
  ['a recipe file that is not there', swap('recipe: compact', 'recipe: ./none.yaml'), '1:1', 'there is no such file'],
  [
    'a plug-in that throws',
    `${good}plugins: [./throws.ts]\n`,
    '7:11',
    'the plug-in ./throws.ts cannot be used: out of cheese',
  ],
  ['a plug-in that is not there', `${good}plugins: [./none.ts]\n`, '7:11', 'there is no file'],
  ['a plug-in without a step', `${good}plugins: [./empty.ts]\n`, '7:11', 'it exports no step'],
  ['a plug-in that takes a taken name', `${good}plugins: [./taken.ts]\n`, '7:11', 'exists already'],
  [
    'a plug-in whose step throws',
    swap('gelu', 'bursts').concat('plugins: [./bursts.ts]\n'),
    '5:25',
    'bursts.ts:2) fails: bang',
  ],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-bad-'));
  writeFileSync(join(folder, 'throws.ts'), "throw new Error('out of cheese');\n");
  writeFileSync(join(folder, 'empty.ts'), 'export const nothing: number = 1;\n');
  const step = (id: string, apply: string) =>
    `import { defineStep } from 'ablate';\nexport default defineStep({ id: '${id}', title: 't', claim: 'c', apply: ${apply} });\n`;
  writeFileSync(join(folder, 'taken.ts'), step('gelu', '(network) => network'));
  writeFileSync(join(folder, 'bursts.ts'), step('bursts', "() => { throw new Error('bang'); }"));
  writeFileSync(join(folder, 'loop.yaml'), 'extends: ./loop.yaml\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a suite that is wrong', () => {
  it.each(cases)('%s', (_, content, place, sentence) => {
    const file = join(folder, 'suite.yaml');
    writeFileSync(file, content);
    const before = readdirSync(folder).sort();
    const { status, stdout, stderr } = ablate(['run', file], { cwd: folder });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(new RegExp(`\\.yaml:${place}: `));
    expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it('missing file', () => {
    const { status, stderr } = ablate(['run', join(folder, 'none.yaml')], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toContain('none.yaml:1:1: there is no such file');
  });

  it('a folder', () => {
    mkdirSync(join(folder, 'folder.yaml'), { recursive: true });
    const { status, stderr } = ablate(['run', join(folder, 'folder.yaml')], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toContain('this is a folder');
    rmSync(join(folder, 'folder.yaml'), { recursive: true });
  });

  it('shows all problems of a file at once, each with its line and a caret', () => {
    const file = join(folder, 'suite.yaml');
    writeFileSync(file, swap('seeds: [0]', 'seeds: zero').replace('compact', 'compct').replace('gelu', 'gelu: 3'));
    const { stderr } = ablate(['validate', file], { cwd: folder });
    expect(stderr).toContain('suite.yaml:4:9: there is no recipe "compct"');
    expect(stderr).toContain('  recipe: compct\n          ^');
    expect(stderr).toContain('suite.yaml:5:31: gelu has no options');
    expect(stderr).toContain('suite.yaml:6:8: expected a list');
    expect(stderr).toContain('3 problems in suite.yaml; nothing was written');
  });
});
