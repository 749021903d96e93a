import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { classNames } from '../../src/inference/class-names.js';
import { evaluationFit, resizedSide } from '../../src/inference/preparation.js';
import { foreignShape } from '../../src/weights/layout.js';
import { foreignName } from '../../src/weights/naming/index.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { ablate } from '../cli/command.js';
import { uniform } from '../fixtures/networks/uniform.js';

interface Expected {
  readonly top1: number;
  readonly top5: number;
  readonly loss: number;
  readonly top: Readonly<Record<string, readonly (readonly [number, number])[]>>;
}

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const expected: Record<string, Expected> = JSON.parse(readFileSync(join(fixtures, 'inference/evaluate.json'), 'utf8'));
const picture = (name: string) => join(fixtures, `augment/${name}.png`);
const names = ['amber', 'birch', 'cedar', 'dune', 'ember', 'fern', 'grove'];
/** As SET in evaluate.py. */
const pictures = [
  ['amber', 'flower'],
  ['birch', 'china'],
  ['cedar', 'flower'],
  ['cedar', 'china'],
  ['fern', 'flower'],
] as const;
const fits: readonly [string, readonly string[]][] = [
  ['default', []],
  ['resize-70-bilinear', ['--resize', '70', '--interpolation', 'bilinear']],
];

let folder: string;
const network = ['--model', 'convnext-tiny', '--width', '1/16', '--resolution', '64'];
const common = [...network, '--weights', 'weights.safetensors', '--class-names', 'names.txt', '--classes', '7'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-evaluate-'));
  writeFileSync(join(folder, 'names.txt'), `${names.join('\n')}\n`);
  for (const [name, file] of pictures) {
    mkdirSync(join(folder, 'set', name), { recursive: true });
    copyFileSync(picture(file), join(folder, 'set', name, `${file}.png`));
  }
  const size = { resolution: 64, classes: 7, widthScale: 1 / 16 };
  const small = namedNetwork('convnext-tiny', size) as Network;
  const tensors = buildModel(small).parameters.map((spec) => {
    const { name, layout } = foreignName(spec, small, 'timm');
    const shape = foreignShape(spec.shape, layout);
    return { name, shape, dtype: 'F32', values: () => first(name, shape) } as const;
  });
  await writeSafetensors(join(folder, 'weights.safetensors'), tensors);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As `first` in evaluate.py. */
function first(name: string, shape: readonly number[]): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const bound = Math.sqrt((3 * (shape[0] as number)) / length);
  if (shape.length > 1) return uniform(name, length, -bound, bound);
  return name.endsWith('bias') ? uniform(name, length, -0.2, 0.2) : uniform(name, length, 0.5, 1.5);
}

describe.each(['cpu', 'wasm'])('on %s', (device) => {
  it.each(fits)('evaluate gives the accuracy and loss that timm gives, fit %s, batches not full', (fit, options) => {
    const line = ['evaluate', ...common, '--pictures', 'set', '--batch', '2', '--device', device, '--json', ...options];
    const { status, stdout } = ablate(line, { cwd: folder });
    expect(status).toBe(0);
    const { top1, top5, loss, pictures: count } = JSON.parse(stdout);
    const right = expected[fit] as Expected;
    expect({ top1, top5, count }).toEqual({ top1: right.top1, top5: right.top5, count: 5 });
    expect(Math.abs(loss / right.loss - 1)).toBeLessThan(1e-4);
  });
});

describe('predict on pictures', () => {
  it.each(fits)('gives the five classes that timm gives, by name, fit %s', (fit, options) => {
    const line = ['predict', ...common, '--input', fixtures.concat('augment'), '--json', ...options];
    const { status, stdout } = ablate(line, { cwd: folder });
    expect(status).toBe(0);
    const found: { file: string; top5: { class: number; name: string; probability: number }[] }[] =
      JSON.parse(stdout).pictures;
    expect(found.map(({ file }) => file)).toEqual([picture('china'), picture('flower')]);
    for (const [at, name] of ['china', 'flower'].entries()) {
      const right = expected[fit]?.top[name] ?? [];
      const top5 = found[at]?.top5 ?? [];
      expect(top5.map((guess) => [guess.class, guess.name])).toEqual(right.map(([number]) => [number, names[number]]));
      for (const [place, [, probability]] of right.entries()) {
        expect(top5[place]?.probability).toBeCloseTo(probability, 4);
      }
    }
  });

  it('names a damaged picture, goes on with the others and ends with code 1', () => {
    mkdirSync(join(folder, 'mixed'));
    copyFileSync(picture('china'), join(folder, 'mixed', 'china.png'));
    writeFileSync(join(folder, 'mixed', 'cut.png'), readFileSync(picture('flower')).subarray(0, 900));
    const { status, stdout, stderr } = ablate(['predict', ...common, '--input', 'mixed'], { cwd: folder });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^mixed\/china\.png\n +\d+\.\d %/);
    expect(stderr).toContain('mixed/cut.png: cannot be decoded');
    expect(stderr).toContain('1 of 2 pictures could not be read');
  });
});

describe('what is asked for', () => {
  it('cannot have another number of classes than the pictures', () => {
    const line = ['evaluate', ...network, '--weights', 'weights.safetensors', '--pictures', 'set', '--classes', '7'];
    const { status, stderr } = ablate(line, { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toContain(
      'the network tells 7 classes apart, set has 4.\nNext: --class-names FILE with a line for each',
    );
  });

  it('resizes the shorter side to exactly the pixels asked for, and by default as the paper does', () => {
    for (let side = 224; side < 400; side++) {
      expect(resizedSide(224, evaluationFit(224, false, 'bicubic', side))).toBe(side);
    }
    expect(resizedSide(224, evaluationFit(224, false, 'bicubic'))).toBe(256);
    expect(resizedSide(384, evaluationFit(384, false, 'bicubic'))).toBe(384);
    expect(resizedSide(32, evaluationFit(32, true, 'bicubic'))).toBe(32);
  });

  it("knows ImageNet's classes by folder and name", async () => {
    const known = await classNames(1000);
    expect(known?.folders[1]).toBe('n01443537');
    expect(known?.names[1]).toBe('goldfish');
    expect(new Set(known?.folders).size).toBe(1000);
    expect(await classNames(7)).toBeNull();
    await expect(classNames(8, join(folder, 'names.txt'))).rejects.toThrow("each of the network's 8 classes, found 7");
  });
});
