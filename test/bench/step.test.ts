import { describe, expect, it } from 'vitest';
import { lossDistance, type StepMeasured, stepRow, summarise } from '../../src/bench/step-rows.js';
import { bytesOf } from '../../src/bench/gpu-memory.js';
import { type Side, stepContenders } from '../../src/bench/step-contenders.js';
import type { StepTask } from '../../src/bench/task.js';
import { stepFigure } from '../../src/bench/step-figure.js';
import { stepFindings, stepTable } from '../../src/bench/step-table.js';
import { drawSvg } from '../../src/report/figures/render.js';
import { light } from '../../src/report/figures/theme.js';

const measured = (side: Side, name: string, median: number, mebibytes: number): StepMeasured => {
  return {
    side,
    name,
    median,
    least: median,
    spread: 1,
    steps: 7,
    peakBytes: mebibytes * 2 ** 20,
    first: 1000 * median,
    firstLoss: null,
    about: '',
  };
};
const rows = [
  stepRow(
    'resnet-50',
    [
      measured('ablate', 'ablate', 100, 550),
      measured('torch', 'torch channels_last', 90, 500),
      measured('torch', 'torch contiguous', 120, 400),
      measured('compile', 'torch.compile', 80, 900),
    ],
    [],
  ),
  stepRow(
    'gelu',
    [measured('ablate', 'ablate', 50, 300), measured('torch', 'torch channels_last', 75, 600)],
    [{ name: 'torch.compile', reason: 'no compiler' }],
  ),
  stepRow('alone', [measured('ablate', 'ablate', 40, 300)], []),
];

describe('a row', () => {
  it("sets PyTorch's fastest and its smallest against ours", () => {
    expect(rows.map(({ ratio }) => ratio)).toEqual([0.9, 1.5, null]);
    expect(rows.map(({ compileRatio }) => compileRatio)).toEqual([0.8, null, null]);
    expect(rows.map(({ memoryRatio }) => memoryRatio)).toEqual([1.375, 0.5, null]);
  });

  it('is summed up by median and worst', () => {
    expect(summarise(rows, ({ ratio }) => ratio)).toEqual({
      median: 1.2,
      worst: { variant: 'resnet-50', value: 0.9 },
      ahead: 1,
      rows: 2,
    });
    expect(summarise([], ({ ratio }) => ratio)).toBeNull();
  });
});

it('says how far first losses are apart, which would tell of another network', () => {
  const withLoss = (side: Side, firstLoss: number) => ({ ...measured(side, side, 50, 300), firstLoss });
  const far = stepRow('far', [withLoss('ablate', 2), withLoss('torch', 2.002), withLoss('compile', 1.99)], []);
  const near = stepRow('near', [withLoss('ablate', 4), withLoss('torch', 4)], []);
  expect(lossDistance(far)).toBeCloseTo(0.005, 12);
  expect(lossDistance(near)).toBe(0);
  expect(rows.map(lossDistance)).toEqual([null, null, null]);
  expect(stepFindings([near, far], 64)).toContain("First losses: PyTorch's within 5.0e-3 of ours, relative (far).");
});

it('prints a column for everyone who was asked', () => {
  const { columns, rows: cells } = stepTable(rows);
  const at = (heading: string) => cells.map((row) => row[columns.findIndex((column) => column.heading === heading)]);
  expect(at('torch.compile, ms')).toEqual(['80.0 ±1.0', 'did not run', '–']);
  expect(at('PyTorch / ours')).toEqual(['0.90', '1.50', '–']);
  expect(at("PyTorch's MiB")).toEqual(['400', '600', '–']);
  expect(stepFindings(rows, 64)).toEqual([
    "PyTorch's best of these over ours: median 1.20, worst 0.90 (resnet-50), at least 1 on 1 of 2.",
    "Behind PyTorch's best: resnet-50 0.90.",
    "torch.compile's best over ours: median 0.80, worst 0.80 (resnet-50), at least 1 on 0 of 1.",
    "Our peak memory over PyTorch's smallest: median 0.73, most 1.38 (resnet-50).",
    'Seconds of the first step, compiling included: ablate 40.0 to 100.0, torch channels_last 75.0 to 90.0, torch contiguous 120.0, torch.compile 80.0.',
    'torch.compile did not run (no compiler): gelu.',
  ]);
});

it('takes the faster of our compilers for ours, and no memory for one that is unknown', () => {
  const row = stepRow(
    'gelu',
    [
      measured('ablate', 'ablate', 50, 300),
      measured('ablate', 'ablate XLA', 40, Number.NaN),
      measured('torch', 'torch', 60, 200),
    ],
    [],
  );
  expect(row).toMatchObject({ ratio: 1.5, memoryRatio: null });
  const { columns, rows: cells } = stepTable([row]);
  expect(cells[0]?.[columns.findIndex(({ heading }) => heading === 'our MiB')]).toBe('300');
});

it('has XLA on both devices, and on a GPU PyTorch in TF32, by autocast and compiled', () => {
  const names = (device: 'cpu' | 'gpu', swin: object | null = null) =>
    stepContenders({ swin } as StepTask, 'task', 'start', {
      device,
      torch: 'python3',
      torchCompile: true,
      xla: true,
    }).map(({ name, side, bytes }) => `${side}: ${name}${bytes ? '' : ', by itself'}`);
  expect(names('cpu')).toEqual(
    [
      'ablate: ablate',
      'ablate: ablate XLA',
      'torch: torch channels_last',
      'torch: torch contiguous',
      'compile: torch.compile',
    ].map((text) => `${text}, by itself`),
  );
  const gpu = [
    'torch: torch channels_last',
    'torch: torch contiguous',
    'autocast: torch autocast',
    'compile: torch.compile',
  ];
  expect(names('gpu')).toEqual(['ablate: ablate', 'ablate: ablate XLA', ...gpu, 'autocast: torch.compile autocast']);
  expect(names('gpu', {})).not.toContain('torch: torch channels_last');
});

it("counts a process's memory on all cards, as nvidia-smi prints it", () => {
  expect(bytesOf(12, '11, 500\n12, 300\n12, 20\n')).toBe(320 * 2 ** 20);
  expect(bytesOf(12, '11, 500\n')).toBeNaN();
  expect(bytesOf(12, '12, [N/A]\n')).toBeNaN();
});

it('says the speed of the wasm engine in pictures', () => {
  const row = stepRow('gelu', [measured('ablate', 'ablate', 50, 300), measured('wasm', 'ablate wasm', 400, 300)], []);
  expect(stepFindings([row], 64)).toEqual([
    'The tensorflow engine: 1280 pictures a second in the median of the networks (1280 to 1280); the wasm engine, which has one core: 160 pictures a second in the median of the networks (160 to 160).',
  ]);
});

it('is drawn with every network and ratio as text', () => {
  const figure = stepFigure('Training step', 'measured', rows);
  const svg = drawSvg(figure.draw(light, 'wide'), light);
  for (const words of ['resnet-50', 'gelu', 'alone', '0.90×', '1.50×', 'torch.compile']) expect(svg).toContain(words);
  expect(figure.alt).toContain("at most PyTorch's best on 1 of 2");
  expect(figure.csv.split('\r\n')[1]).toBe('resnet-50,ablate,100,1,7,576716800');
});
