import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/records/run.js';
import { noticesOf } from '../../src/report/notices.js';
import { RecordsError, readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { study } from '../../src/report/study.js';
import { compareWithPaper, paperTable } from '../../src/report/tables/paper.js';
import { protocolTable } from '../../src/report/tables/protocol.js';
import { stepTable } from '../../src/report/tables/steps.js';
import { paperLike, type Synthetic, type SyntheticVariant, writeSynthetic } from './synthetic.js';

const studyOf = async (synthetic: Synthetic) => study(await readSuite(await writeSynthetic(synthetic)));
const textsOf = async (synthetic: Synthetic) =>
  noticesOf(await studyOf(synthetic)).map(({ level, text }) => `${level}: ${text}`);
const pair = (base: SyntheticVariant['top1'], step: SyntheticVariant['top1']): SyntheticVariant[] => [
  { name: 'resnet-50', kind: 'base', top1: base, macs: 20e6 },
  { name: 'gelu', title: 'ReLU to GELU', parent: 'resnet-50', steps: ['gelu'], top1: step, macs: 21e6 },
];
const tenSeeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const around = (mean: number) => tenSeeds.map((seed) => mean + ((seed * 7) % 10) / 50);

describe('the numbers of the table', () => {
  it('are those of the records', async () => {
    const { columns, rows } = stepTable(await studyOf({ variants: pair([80, 80.3, 80.6], [81.1, 81.2, 81.6]) }));
    expect(columns.map(({ heading }) => heading)).toContain('MMACs');
    expect(rows[0]?.slice(0, 4)).toEqual(['ResNet-50', '80.30 ± 0.30', '3', '–']);
    // Differences 1.1, 0.9, 1.0: mean 1, sd 0.1, t(0.975, 2) = 4.3027, so +- 0.248.
    expect(rows[1]).toEqual([
      'ReLU to GELU',
      '81.30 ± 0.26',
      '3',
      '+1.00',
      '+0.75 … +1.25',
      '0.25',
      'unresolved, leans up',
      '21.0',
      '+1.00',
      '1.00',
      '819',
    ]);
  });

  it('name a winner with ten seeds and a large effect, and none below the error of the test set', async () => {
    const clear = await studyOf({ seeds: tenSeeds, variants: pair(around(80), around(82)) });
    expect(clear.rows[1]?.verdict).toEqual({ verdict: 'helped', why: null });
    const small = await studyOf({ seeds: tenSeeds, variants: pair(around(80), around(80.1)) });
    expect(small.rows[1]?.delta?.p).toBeLessThan(0.01);
    expect(small.rows[1]?.verdict).toEqual({ verdict: 'unresolved', why: 'below the floor' });
  });

  it('correct for the number of steps', async () => {
    const six = tenSeeds.slice(0, 6);
    const clear = (mean: number) => six.map((seed) => mean + seed / 100);
    const one = await studyOf({ seeds: six, variants: pair(clear(80), clear(85)) });
    expect(one.rows[1]?.verdict?.verdict).toBe('helped');
    const two = await studyOf({
      seeds: six,
      variants: [...pair(clear(80), clear(85)), { name: 'layer-norm', parent: 'gelu', top1: clear(90) }],
    });
    expect(two.rows[1]).toMatchObject({ adjustedP: 0.0625, verdict: { verdict: 'unresolved', why: 'too few seeds' } });
  });
});

describe('what a reader must know', () => {
  it('is that a run failed, is missing, unfinished, stale or damaged', async () => {
    const folder = await writeSynthetic({
      seeds: [0, 1, 2, 3, 4],
      variants: pair([80, 81, 82, 83, 84], [81, 'loss is NaN at step 312', null, 82, 83]),
    });
    await rm(join(folder, 'gelu', 'seed-3', 'result.json'));
    await writeFile(
      join(folder, 'gelu', 'seed-4', 'result.json'),
      '{ "schema": "ablate/result/1", "status": "done", "hash": "another", "top1": 0.99 }',
    );
    await writeFile(join(folder, 'resnet-50', 'seed-4', 'run.json'), '{ half a');
    const made = study(await readSuite(folder));
    expect(made.rows[1]?.states.map(({ status }) => status)).toEqual([
      'done',
      'failed',
      'missing',
      'unfinished',
      'stale',
    ]);
    expect(made.rows[1]?.delta).toMatchObject({ seeds: [0], unpaired: [1, 2, 3, 4], mean: 1 });
    const texts = noticesOf(made).map(({ level, text }) => `${level}: ${text}`);
    expect(texts).toContainEqual('warning: gelu, seed 1 failed: loss is NaN at step 312');
    expect(texts.join('\n')).toContain(
      'Partial results: 3 of 10 runs of the suite made-up are not done: gelu (seed 2 not started; seed 4 of an earlier version of the suite; seed 3 unfinished, at epoch 3.0).',
    );
    expect(texts.join('\n')).toMatch(/resnet-50\/seed-4\/run\.json cannot be read/);
  });

  it('is that nothing was learned', async () => {
    expect((await textsOf({ variants: pair([10, 10.1, 9.9], [10.2, 10, 9.8]) })).join('\n')).toContain(
      'All variants are at chance (10.00% for 10 classes)',
    );
    expect((await textsOf({ variants: pair([80, 80, 80], [10, 10, 10]) })).join('\n')).toContain(
      'At chance (10.00%): gelu.',
    );
    expect((await textsOf({ variants: pair([80, 80, 80], [81, 81, 81]) })).join('\n')).not.toContain('chance');
  });

  it('is that engines, code, data or protocols are mixed', async () => {
    const change = (of: (record: RunRecord) => Partial<RunRecord>) => (record: RunRecord) =>
      record.spec.variant === 'c' ? { ...record, ...of(record) } : record;
    const variants = [...pair([80, 80, 80], [81, 81, 81]), { name: 'c', parent: 'gelu', top1: [82, 82, 82] }];
    const texts = async (of: (record: RunRecord) => Partial<RunRecord>) =>
      (await textsOf({ variants, change: change(of) })).join('\n');
    expect(await texts(() => ({}))).not.toMatch(/Mixed|protocol/);
    expect(await texts(({ engine }) => ({ engine: { ...engine, engine: 'wasm', version: '4.22.0' } }))).toMatch(
      /warning: Mixed engines: tensorflow 2\.21\.0 .*resnet-50 and gelu.* and wasm 4\.22\.0 .*\(c\)/,
    );
    expect(await texts(() => ({ codeVersion: 'v2' }))).toContain(
      'warning: Mixed versions of the code: made-up (resnet-50 and gelu) and v2 (c)',
    );
    expect(await texts(() => ({ datasetFingerprint: 'other' }))).toContain('warning: Mixed data sets');
    expect(await texts(({ machine }) => ({ machine: { ...machine, cpu: 'faster' } }))).toContain(
      'note: Mixed machines',
    );
    const weights = { file: '/w.safetensors', sha256: 'a1b2c3d4e5f6'.padEnd(64, '0') };
    expect(await texts(({ spec }) => ({ spec: { ...spec, network: { ...spec.network, weights } } }))).toContain(
      'Another protocol than the rest: c (weights "a1b2c3d4e5f6" instead of "random")',
    );
    expect(await texts(({ spec }) => ({ spec: { ...spec, recipe: { ...spec.recipe, epochs: 9 } } }))).toContain(
      'warning: Another protocol than the rest: c (epochs 9 instead of 3); their accuracies differ by protocol as well as by architecture.',
    );
  });

  it("is no warning where the road's start alone has its own recipe", async () => {
    const change = (record: RunRecord) =>
      record.spec.variant === 'resnet-50'
        ? { ...record, spec: { ...record.spec, recipe: { ...record.spec.recipe, epochs: 1 } } }
        : record;
    const variants = [...pair([80, 80, 80], [81, 81, 81]), { name: 'c', parent: 'gelu', top1: [82, 82, 82] }];
    expect((await textsOf({ variants, change })).join('\n')).toContain(
      'note: Another protocol than the rest: resnet-50 (epochs 1 instead of 3); the first delta after it is that of the protocol.',
    );
  });

  it('is how little few seeds can show', async () => {
    const texts = (await textsOf({ variants: pair([80, 80, 80], [81, 81.1, 81]) })).join('\n');
    expect(texts).toContain('note: 3 seeds can show no p below 0.25');
    expect(texts).toContain('Judging a step at 0.05 takes at least 6 seeds');
    expect((await textsOf({ seeds: [4], variants: pair([80], [81]) })).join('\n')).toContain(
      'note: With one seed there is no spread, no interval and no test',
    );
  });
});

describe('folders', () => {
  it('without a plan, or with a broken one, are refused in words', async () => {
    const folder = await writeSynthetic({ variants: pair([80], [81]) });
    await writeFile(join(folder, 'plan.json'), '[]');
    await expect(readSuite(folder)).rejects.toThrow(/is no plan of this version/);
    await rm(join(folder, 'plan.json'));
    await expect(readSuite(folder)).rejects.toThrow(RecordsError);
    await expect(readSuite(folder)).rejects.toThrow(/`ablate run SUITE`/);
  });

  it('with records that the plan no longer asks for are read without them', async () => {
    const folder = await writeSynthetic({ variants: [...pair([80], [81]), { name: 'old', top1: [99] }], seeds: [0] });
    const records = await readSuite(folder);
    const plan = { ...records.plan, variants: records.plan.variants.slice(0, 2) };
    await writeFile(join(folder, 'plan.json'), JSON.stringify(plan));
    const texts = noticesOf(study(await readSuite(folder))).map(({ text }) => text);
    expect(texts.join('\n')).toContain('1 record of runs that the suite no longer asks for is left out: old/seed-0.');
  });

  it('without a single result make a report that says so', async () => {
    const report = composeReport(
      await readSuite(await writeSynthetic({ variants: pair([null, null, null], [null, null, null]) })),
    );
    expect(report.figures.map(({ name }) => name)).toEqual(['roadmap']);
    expect(report.notices[0]?.text).toContain('6 of 6 runs');
    expect(report.tables.steps.rows[1]?.[1]).toBe('–');
  });
});

describe('beside the paper', () => {
  it('stand its numbers, printed and counted, with its own changes', async () => {
    const comparison = compareWithPaper(await studyOf({ variants: paperLike(), dataset: 'imagenet-1k' }));
    const { rows } = paperTable(comparison as NonNullable<typeof comparison>);
    const named = (name: string) => rows.find(([step]) => step === name);
    expect(named('BN to LN')?.slice(3)).toEqual(['81.47 ± 0.09', '+0.06', '4.46 *', '4.15']);
    expect(named('Kernel size 9')?.slice(3)).toEqual(['80.57 ± 0.06', '+0.65', '4.21', '4.21']);
    expect(named('ResNet-50')?.slice(3)).toEqual(['76.13', '–', '4.09', '4.09']);
    expect(named('Swin-T')?.slice(3)).toEqual(['81.30', '–', '4.50', '–']);
  });

  it('stands no change where our road comes from another network', async () => {
    const comparison = compareWithPaper(await studyOf({ variants: pair([80, 80, 80], [81, 81, 81]) }));
    expect(comparison?.pairs[1]).toMatchObject({ paper: { step: 'gelu' }, change: null });
  });

  it('stands nothing for another base', async () => {
    const variants = pair([80], [81]).map((variant) =>
      variant.kind === 'base' ? { ...variant, name: 'my-net' } : variant,
    );
    expect(compareWithPaper(await studyOf({ variants }))).toBeNull();
  });
});

describe('beside the protocol of the paper', () => {
  const started = async (change = (record: RunRecord) => record) => {
    const { rows } = protocolTable(await studyOf({ variants: pair([80], [81]), seeds: [0], change })) ?? { rows: [] };
    return rows.find(([what]) => what === 'starting weights')?.[2];
  };
  const from = (file: string, sha256: string) => (record: RunRecord) => ({
    ...record,
    spec: { ...record.spec, network: { ...record.spec.network, weights: { file, sha256 } } },
  });

  it('stand the weights that training started from', async () => {
    expect(await started()).toBe('drawn at random');
    const digest = 'a1b2c3d4e5f6'.padEnd(64, '0');
    expect(await started(from('/models/convnext_tiny_22k.safetensors', digest))).toBe(
      'convnext_tiny_22k.safetensors, SHA-256 a1b2c3d4e5f6…',
    );
  });
});

describe('the challenge at the foot', () => {
  it('compares the whole road with each comparator, seed by seed', async () => {
    const made = await studyOf({ variants: paperLike(), dataset: 'imagenet-1k' });
    const [challenge] = made.challenges;
    expect(challenge?.end.variant.name).toBe('separate-downsampling');
    const own = [...(challenge?.end.bySeed.values() ?? [])];
    const expected = own.reduce((sum, value, at) => sum + value - ([81.3, 81.21, 81.38][at] as number), 0) / 3;
    expect(challenge?.difference?.mean).toBeCloseTo(expected, 10);
    expect(challenge?.verdict).toEqual({ verdict: 'unresolved', why: 'too few seeds' });
  });
});
