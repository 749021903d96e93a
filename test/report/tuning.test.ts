import { expect, it } from 'vitest';
import { readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { writeSynthetic } from './synthetic.js';

const rates = { x1: 0.002, x2: 0.004 } as const;
const chosen: Readonly<Record<string, keyof typeof rates>> = { 'resnet-50': 'x2', gelu: 'x1', layers: 'x2' };

const report = async () =>
  composeReport(
    readSuite(
      await writeSynthetic({
        variants: [
          { name: 'resnet-50', kind: 'base', top1: [80, 80.4, 80.8] },
          { name: 'gelu', parent: 'resnet-50', top1: [81, 81.4, 81.9] },
          { name: 'layers', parent: 'gelu', top1: [81.1, 81.3, 81.8] },
        ],
        validation: { share: 0.1, seed: 0 },
        trials: Object.keys(chosen).flatMap((variant, at) => [
          { variant, factor: 'x0.5', top1: 70 + at },
          { variant, factor: 'x1', top1: 75 + (variant === 'gelu' ? 4 : 0) },
          { variant, factor: 'x2', top1: 78 },
        ]),
        chosen,
        change: (record) => {
          const learning_rate = rates[chosen[record.spec.variant] as keyof typeof rates];
          const { recipe } = record.spec;
          return {
            ...record,
            spec: { ...record.spec, recipe: { ...recipe, optimizer: { ...recipe.optimizer, learning_rate } } },
          };
        },
      }),
    ),
  );

it('a rate of its own is no other protocol; one at the end of those that were tried is told', async () => {
  const texts = (await report()).notices.map(({ text }) => text);
  expect(texts.filter((text) => text.startsWith('Another protocol'))).toEqual([]);
  expect(texts.filter((text) => text.includes('learning rate that was tried'))).toEqual([
    'The highest learning rate that was tried (x2) was the best for 2 of 3 networks (resnet-50 and layers): they may do better by a higher one, and their Δ with it; a wider `tune.learning_rate` would tell.',
  ]);
});

it('the table has what every rate gave, and how much of a step is tuning', async () => {
  const { sections } = await report();
  const table = sections.find(({ id }) => id === 'rates')?.parts[0]?.table;
  expect(table?.columns.map(({ heading }) => heading).slice(1, 5)).toEqual(['x0.5, %', 'x1, %', 'x2, %', 'chosen']);
  expect(table?.rows[1]).toEqual(['gelu', '71.00', '79.00', '78.00', 'x1', '+4.00', '+1.00', '−3.00']);
});
