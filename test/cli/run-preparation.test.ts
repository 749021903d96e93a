import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasets } from '../../src/data/open.js';
import { ablate } from './command.js';

const data = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const suite = `name: kept
dataset: { name: fashion-mnist, root: ${data}, train_limit: 96, test_limit: 48 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/8, stem_stride: 2 } }
recipe: { extends: compact, epochs: 2, batch_size: 16, schedule: { warmup_epochs: 0 }, evaluation: { batch_size: 20 } }
road: [{ stage-ratio: { depths: [1, 1, 1, 1] } }]
seeds: [0]
runner: { keep_weights: true }
`;

let folder: string;
let run: string;
let right: { top1: number; top5: number; loss: number };
/** The run's test pictures as PNG files, one folder a class by its number. */
let pictures: string;
const labels = new Map<string, number>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-preparation-'));
  writeFileSync(join(folder, 'suite.yaml'), suite);
  const { status, stderr } = ablate([
    'run',
    join(folder, 'suite.yaml'),
    '--out',
    join(folder, 'out'),
    '--only',
    'stage-ratio*',
  ]);
  expect([status, stderr]).toEqual([0, expect.anything()]);
  run = join(folder, 'out', 'kept', 'stage-ratio-1-1-1-1', 'seed-0');
  right = JSON.parse(readFileSync(join(run, 'result.json'), 'utf8'));
  pictures = join(folder, 'pictures');
  const { test } = await openDatasets({ name: 'fashion-mnist', root: data, train_limit: 96, test_limit: 48 });
  for (let at = 0; at < test.length; at++) {
    const { height, width, pixels } = await test.picture(at);
    const place = join(pictures, `class ${test.label(at)}`);
    mkdirSync(place, { recursive: true });
    const file = join(place, `${at}.png`);
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(file);
    labels.set(file, test.label(at));
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

const evaluated = (...options: string[]) => {
  const { status, stdout, stderr } = ablate(['evaluate', '--run', run, '--json', ...options]);
  return { status, stderr, answer: stdout === '' ? null : JSON.parse(stdout) };
};
const accuracy = ({ top1, top5 }: { top1: number; top5: number }) => ({ top1, top5 });

describe('the network of a run is shown pictures as the run showed them', () => {
  it('evaluate gives the accuracy of result.json from the run alone', () => {
    const { status, answer } = evaluated();
    expect(status).toBe(0);
    expect(accuracy(answer)).toEqual(accuracy(right));
    expect(answer.loss).toBeCloseTo(right.loss, 5);
    expect(answer.pictures).toBe(48);
    expect(answer.prepared).toMatchObject({ resolution: 32, resize: 32 });
  });

  it.each([1, 2])('a folder %i above the run is refused with a run in it', (levels) => {
    const above = join(run, ...Array.from({ length: levels }, () => '..'));
    for (const line of [['evaluate'], ['predict', '--input', pictures]]) {
      const { status, stderr } = ablate([...line, '--run', above]);
      expect(status).toBe(2);
      expect(stderr).toContain(`there is no such file; name the folder of a run, such as ${above}/`);
      expect(stderr).toMatch(/seed-0\n$/);
    }
  });

  it('evaluate gives it from the same pictures in folders', () => {
    const { status, stderr } = evaluated('--pictures', pictures);
    expect([status, stderr]).toEqual([2, expect.stringContaining('the run has no class "class 0"; it has T-shirt')]);
    const names = join(folder, 'names.txt');
    writeFileSync(names, Array.from({ length: 10 }, (_, at) => `class ${at}\n`).join(''));
    const { answer } = evaluated('--pictures', pictures, '--class-names', names);
    expect(accuracy(answer)).toEqual(accuracy(right));
    expect(answer.loss).toBeCloseTo(right.loss, 5);
  });

  it('predict gives each picture the class that makes that accuracy, by the run’s names', () => {
    // By its record as well as by its folder.
    const { status, stdout } = ablate(['predict', '--run', join(run, 'run.json'), '--input', pictures, '--json']);
    expect(status).toBe(0);
    const found: { file: string; top5: { class: number; name: string }[] }[] = JSON.parse(stdout).pictures;
    const hits = found.filter(({ file, top5 }) => top5[0]?.class === labels.get(file)).length;
    expect(hits / labels.size).toBeCloseTo(right.top1, 10);
    expect(found[0]?.top5.every(({ name }) => !name.startsWith('class '))).toBe(true);
  });

  it('an option overrides the record', () => {
    const { answer } = evaluated('--resize', '40', '--interpolation', 'bilinear');
    expect(answer.prepared).toMatchObject({ resize: 40, interpolation: 'bilinear' });
    const { status, stderr } = evaluated('--width', '1/4');
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('--run names a network by itself; leave --width out'),
    ]);
  });

  it('of an older record its dataset is asked, and that is said', () => {
    const file = join(run, 'run.json');
    const { preparation, ...record } = JSON.parse(readFileSync(file, 'utf8'));
    expect(preparation).toMatchObject({ small: true, resolution: 32 });
    expect(preparation.classes).toHaveLength(10);
    try {
      writeFileSync(file, JSON.stringify(record));
      const { answer, stderr } = evaluated();
      expect(stderr).toContain(
        'does not say how its pictures were prepared: classes and colours are those of fashion-mnist',
      );
      expect(accuracy(answer)).toEqual(accuracy(right));
      const { dataset } = record.spec;
      const gone = { ...record, spec: { ...record.spec, dataset: { ...dataset, root: join(folder, 'gone') } } };
      writeFileSync(file, JSON.stringify(gone));
      expect(evaluated()).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('its dataset is not here to ask'),
      });
    } finally {
      writeFileSync(file, JSON.stringify({ ...record, preparation }));
    }
  });

  it('a run that kept no weights is refused with what to do, and so is a damaged record', () => {
    const weights = join(run, 'weights.safetensors');
    renameSync(weights, `${weights}.away`);
    const { status, stderr } = evaluated();
    renameSync(`${weights}.away`, weights);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /has no weights\.safetensors: .* keep_weights: true[\s\S]*\nNext: name a file with --weights/,
    );
    writeFileSync(join(folder, 'run.json'), '{"schema": "ablate/run/1"}');
    const damaged = ablate(['evaluate', '--run', folder, '--weights', weights]);
    expect([damaged.status, damaged.stderr]).toEqual([2, expect.stringContaining('run.json is damaged: at hash:')]);
  });
});
