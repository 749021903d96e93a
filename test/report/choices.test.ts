import { expect, it } from 'vitest';
import { readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { writeSynthetic } from './synthetic.js';

const values = ['kernel-5', 'kernel-7', 'kernel-9'];
const top1 = [
  [80, 80.4, 80.8],
  [81, 81.4, 81.8],
  [80.5, 80.9, 81.3],
];

const reportOf = async (chosen: string | null) =>
  composeReport(
    readSuite(
      await writeSynthetic({
        variants: [
          { name: 'resnet-50', kind: 'base', top1: [79, 79.5, 80.1] },
          ...values.map((name, at) => ({
            name,
            parent: 'resnet-50',
            adopted: name === (chosen ?? values[0]),
            top1: chosen === null && at === 2 ? [80, null, null] : (top1[at] as number[]),
          })),
        ],
        choices: [
          {
            step: 'kernel-5',
            by: 'test',
            seeds: [0, 1, 2],
            values: values.map((name, at) => ({
              name,
              top1: (top1[at]?.[1] as number) / 100,
              done: chosen === null && at === 2 ? 1 : 3,
              failed: 0,
            })),
            chosen,
          },
        ],
      }),
    ),
  );

it('says which value the runs chose, from which numbers, and how much the best of several looks too good', async () => {
  const { notices, sections } = await reportOf('kernel-7');
  const told = notices.find(({ text }) => text.includes('is chosen'));
  expect(told?.level).toBe('warning');
  expect(told?.text).toContain('kernel-5 80.40%, kernel-7 81.40%, kernel-9 80.90%');
  // 0.8463, the largest of three equal values, times 0.4 / √3.
  expect(told?.text).toContain('by about 0.20 points if all 3 are equally good');
  expect(told?.text).toContain('and so for the one that was chosen');
  const [section] = sections;
  expect(section?.id).toBe('choices');
  expect(section?.parts[0]?.table.rows.map((row) => row.at(-1))).toEqual(['', 'yes', '']);
});

it('says of an open choice that it is open', async () => {
  const { notices, sections } = await reportOf(null);
  expect(notices.map(({ text }) => text).join(' ')).toContain('what follows is planned on kernel-5, and waits');
  expect(sections[0]?.parts[0]?.table.rows.map((row) => row.at(-1))).toEqual(['open', 'open', 'open']);
});
