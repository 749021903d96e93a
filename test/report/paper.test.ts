import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { misprinted, paperParent, paperRoads } from '../../src/report/paper.js';

interface Results {
  resnet50_road: {
    rows: {
      step: string;
      top1: number;
      top1_sd: number | null;
      gflops_printed: number;
      macs_counted: number | null;
      params_counted: number | null;
    }[];
  };
  resnet200_road: { rows: { step: string; top1: number; gflops_printed: number }[] };
  figure2: { resnet50_top1: number[]; gflops: number[]; not_adopted: string[] };
}
const results = JSON.parse(readFileSync(new URL('../fixtures/paper/results.json', import.meta.url), 'utf8')) as Results;

describe("the paper's tables", () => {
  it('are those of its appendix', () => {
    const [small, large] = paperRoads;
    const ours = small?.rows.map(({ step, top1, sd, gflopsPrinted, macs, params }) => ({
      step,
      top1,
      top1_sd: sd,
      gflops_printed: gflopsPrinted,
      macs_counted: macs,
      params_counted: params,
    }));
    expect(ours).toEqual(results.resnet50_road.rows);
    expect(large?.rows.map(({ step, top1, gflopsPrinted }) => ({ step, top1, gflops_printed: gflopsPrinted }))).toEqual(
      results.resnet200_road.rows,
    );
  });

  it('have exactly two GFLOPs that a count does not give', () => {
    expect(paperRoads.flatMap(({ rows }) => rows.filter(misprinted).map(({ step }) => step))).toEqual([
      'layer-norm',
      'separate-downsampling',
    ]);
  });

  it('measure every kernel against the network before the sweep, and go on from the adopted one', () => {
    const [road] = paperRoads;
    const parent = (step: string) => {
      const row = road?.rows.find((one) => one.step === step);
      return road && row ? paperParent(road, row)?.step : undefined;
    };
    expect(['kernel-size-5', 'kernel-size-7', 'kernel-size-11'].map(parent)).toEqual(
      Array(3).fill('move-up-depthwise'),
    );
    expect(parent('gelu')).toBe('kernel-size-7');
    expect(parent('training-recipe')).toBe('resnet-50-torchvision');
    expect(parent('swin-t')).toBeUndefined();
  });
});
