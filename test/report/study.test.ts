import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/records/run.js';
import { averagedNetworks } from '../../src/report/averages.js';
import { noticesOf } from '../../src/report/notices/notices.js';
import { RecordsError, readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { tableSections } from '../../src/report/sections.js';
import { study } from '../../src/report/study.js';
import { summaryOf } from '../../src/report/summary.js';
import { compareWithPaper, paperNotes, paperTable } from '../../src/report/tables/paper.js';
import { protocolTable } from '../../src/report/tables/protocol.js';
import { stepTable } from '../../src/report/tables/steps.js';
import { paperLike, type Synthetic, type SyntheticVariant, writeSynthetic } from './synthetic.js';

const studyOf = async (synthetic: Synthetic) => study(readSuite(await writeSynthetic(synthetic)));
const textsOf = async (synthetic: Synthetic) =>
  noticesOf(await studyOf(synthetic)).map(({ level, text }) => `${level}: ${text}`);
const pair = (base: SyntheticVariant['top1'], step: SyntheticVariant['top1']): SyntheticVariant[] => [
  { name: 'resnet-50', kind: 'base', top1: base, macs: 20e6 },
  { name: 'gelu', title: 'ReLU to GELU', parent: 'resnet-50', steps: ['gelu'], top1: step, macs: 21e6 },
];
const tenSeeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Ten accuracies around a mean, in an order of their own for each `turn`. */
const around = (mean: number, turn = 1) => tenSeeds.map((seed) => mean + ((seed * 7 * turn) % 10) / 50 - 0.09);

describe('the numbers of the table', () => {
  it('are those of the records', async () => {
    const { columns, rows } = stepTable(await studyOf({ variants: pair([80, 80.3, 80.6], [81.1, 81.2, 81.6]) }));
    expect(columns.map(({ heading }) => heading)).toContain('MMACs');
    expect(rows[0]?.slice(0, 4)).toEqual(['ResNet-50', '80.30 ± 0.30', '3', '–']);
    // Differences 1.1, 0.9, 1.0: mean 1, sd 0.1, t(0.975, 2) = 4.3027, so +- 0.248. One comparison alone is Student's.
    expect(rows[1]).toEqual([
      'ReLU to GELU',
      '81.30 ± 0.26',
      '3',
      '+1.00',
      '+0.75 … +1.25',
      'helps',
      '21.0',
      '+1.00',
      '1.00',
      '819',
    ]);
  });

  it('name a winner with ten seeds and a large effect, and none below the error of the test set', async () => {
    const clear = await studyOf({ seeds: tenSeeds, variants: pair(around(80), around(82, 3)) });
    expect(clear.rows[1]?.verdict).toEqual({ verdict: 'helps', why: null });
    const small = await studyOf({ seeds: tenSeeds, variants: pair(around(80), around(80.2, 3)) });
    expect(small.rows[1]?.judged?.interval?.[0]).toBeGreaterThan(0);
    expect(small.rows[1]?.verdict).toEqual({ verdict: 'unresolved', why: 'below the floor' });
  });

  it('say for what is not resolved how many seeds would tell, and stand beside a sign-flip p from six seeds', async () => {
    const { columns, rows } = stepTable(await studyOf({ seeds: tenSeeds, variants: pair(around(80), around(80, 3)) }));
    const cell = (heading: string) => rows[1]?.[columns.findIndex((column) => column.heading === heading)];
    expect(cell('verdict')).toBe('unresolved');
    expect(cell('seeds to tell 1.0')).toBe('enough');
    expect(cell('p, sign flips')).toBe('1.00');
    const few = await studyOf({ variants: pair([80, 81, 83], [81, 80.5, 84]) });
    // A spread of 0.87: between the 8 and 10 that 0.8 and 1.0 take with Student's t.
    expect(stepTable(few).rows[1]?.[6]).toBe('8');
  });
});

describe('two networks that are not alike', () => {
  /** The step's runs changed, or those of one of its seeds. */
  const changed = (of: (record: RunRecord) => Partial<RunRecord>, seed?: number) => (record: RunRecord) =>
    record.spec.variant === 'gelu' && (seed === undefined || record.spec.seed === seed)
      ? { ...record, ...of(record) }
      : record;
  const variants = pair(around(80), around(82, 3));
  const cases: [string, (record: RunRecord) => Partial<RunRecord>][] = [
    ['other test pictures', () => ({ testImages: 100 })],
    [
      'other test pictures',
      ({ spec }) => ({ spec: { ...spec, dataset: { ...spec.dataset, test_limit: 100 } } as RunRecord['spec'] }),
    ],
    ['other data', () => ({ datasetFingerprint: 'other' })],
    ['other code', () => ({ codeVersion: 'v2' })],
    ['other engine', ({ engine }) => ({ engine: { ...engine, engine: 'wasm' } as RunRecord['engine'] })],
    ['other precision', ({ engine }) => ({ engine: { ...engine, precision: 'bfloat16' } as RunRecord['engine'] })],
  ];

  it('are comparable where plug-ins differ, but not where one plug-in does', async () => {
    const content = (sha256: string) => [{ file: '/plug/a.ts', sha256, files: [], packages: [] }];
    const own = await studyOf({
      seeds: tenSeeds,
      variants,
      change: changed(() => ({ plugins: content('1'.repeat(16)) })),
    });
    expect(own.rows[1]?.verdict?.verdict).toBe('helps');
    const change = (record: RunRecord) => ({
      ...record,
      plugins: content((record.spec.variant === 'gelu' ? '1' : '2').repeat(16)),
    });
    const made = await studyOf({ seeds: tenSeeds, variants, change });
    expect(stepTable(made).rows[1]).toContain('not comparable: other content of a.ts');
    expect(
      noticesOf(made)
        .map(({ text }) => text)
        .join(),
    ).toContain('Other contents of the plug-in a.ts, by SHA-256: 2222');
  });

  it('are not comparable where one went on under another engine than it began', async () => {
    const change = changed((record) => {
      const { engine, machine, codeVersion, startedAt } = record;
      const start = { step: 0, engine, machine, codeVersion, startedAt };
      return { starts: [start, { ...start, step: 50, engine: { ...engine, engine: 'wasm' } }] };
    });
    const made = await studyOf({ seeds: tenSeeds, variants, change });
    expect(made.rows[1]?.verdict?.why).toBe('not comparable');
    expect(
      noticesOf(made)
        .map(({ text }) => text)
        .join(),
    ).toContain('gelu went on otherwise than it began: seed 0 (engine');
  });

  it.each(cases)('are not comparable, and why is said: %s', async (how, of) => {
    const made = await studyOf({ seeds: tenSeeds, variants, change: changed(of) });
    expect(made.rows[1]?.verdict).toEqual({ verdict: 'unresolved', why: 'not comparable' });
    expect(made.rows[1]?.judged?.interval).toBeNull();
    expect(stepTable(made).rows[1]).toContain(`not comparable: ${how}`);
    expect(summaryOf(made).join(' ')).toContain(`the two are not comparable: ${how}.`);
  });

  it('lose only the seeds whose runs differ', async () => {
    const of = changed(() => ({ codeVersion: 'v2' }), 4);
    const made = await studyOf({ seeds: tenSeeds, variants, change: of });
    expect(made.rows[1]?.delta?.seeds).toEqual(tenSeeds.filter((seed) => seed !== 4));
    expect(made.rows[1]?.verdict?.verdict).toBe('helps');
    expect(noticesOf(made).map(({ text }) => text)).toContain(
      'Runs that are not comparable with their pair are not part of a difference: gelu seed 4 (other code).',
    );
  });

  it('are comparable where a seed was trained otherwise on both sides', async () => {
    const change = (record: RunRecord) => (record.spec.seed === 4 ? { ...record, codeVersion: 'v2' } : record);
    expect((await studyOf({ seeds: tenSeeds, variants, change })).rows[1]?.delta?.seeds).toEqual(tenSeeds);
  });

  it('are not judged where either learned nothing', async () => {
    for (const lost of [
      pair(around(80), around(10)),
      pair(around(10), around(80)),
      pair(around(10), around(10, 3)),
      pair(around(80), around(0)),
    ]) {
      const made = await studyOf({ seeds: tenSeeds, variants: lost });
      expect(made.rows[1]?.verdict).toEqual({ verdict: 'unresolved', why: 'at chance' });
      expect(made.family.size).toBe(0);
    }
  });

  it('are one where a step changes nothing here: shown as such, judged once', async () => {
    const folder = await writeSynthetic({
      seeds: tenSeeds,
      variants: [
        ...variants,
        { name: 'twice', parent: 'gelu', steps: ['gelu', 'twice'], top1: [] },
        { name: 'last', parent: 'twice', steps: ['gelu', 'twice', 'last'], top1: around(84, 7) },
      ],
    });
    const records = readSuite(folder);
    const planned = records.plan.variants.map((variant) =>
      variant.name === 'twice' ? { ...variant, sameAs: 'gelu', runs: [] } : variant,
    );
    const made = study({ ...records, plan: { ...records.plan, variants: planned } });
    expect(made.rows.map(({ verdict }) => verdict?.why ?? verdict?.verdict)).toEqual([
      undefined,
      'helps',
      'changes nothing',
      'helps',
    ]);
    expect(made.rows[2]?.top1).toEqual(made.rows[1]?.top1);
    // Two steps and the whole road.
    expect(made.family.size).toBe(3);
    expect(stepTable(made).rows[2]).toContain('changes nothing here');
    expect(noticesOf(made).map(({ text }) => text)).toContain(
      'twice changes nothing here: its network is that of gelu, trained once and judged once.',
    );
  });
});

describe('a step that trains the same weights again', () => {
  const variants = pair(around(80), around(82, 3));
  it('changes nothing, by its losses, and is no part of the family', async () => {
    const more = { name: 'again', parent: 'gelu', steps: ['gelu', 'again'] };
    const made = await studyOf({ seeds: tenSeeds, variants: [...variants, { ...more, top1: around(82, 3) }] });
    const [, gelu, again] = made.rows;
    expect(again?.bySeed).toEqual(gelu?.bySeed);
    expect(again?.verdict).toEqual({ verdict: 'unresolved', why: 'changes nothing' });
    // The step before it, and the whole road.
    expect(made.family.size).toBe(2);
  });
});

describe('the whole road', () => {
  const variants = pair(around(80), around(82, 3));
  it('is judged with its steps; of one step it is that step', async () => {
    const last = { name: 'last', parent: 'gelu', steps: ['gelu', 'last'], top1: around(84, 7) };
    const made = await studyOf({ seeds: tenSeeds, variants: [...variants, last] });
    expect(made.family.size).toBe(3);
    expect(made.whole?.judged.verdict.verdict).toBe('helps');
    const [low, high] = made.whole?.judged.interval ?? [0, 0];
    expect(summaryOf(made).join(' ')).toContain(`points (+${low.toFixed(2)} to +${high.toFixed(2)}) in 2 steps.`);
    const one = await studyOf({ seeds: tenSeeds, variants });
    expect(one.family.size).toBe(1);
    expect(one.whole?.judged).toBe(one.rows[1]?.judged);
  });

  it('is said not to be told apart where it is not', async () => {
    const made = await studyOf({ variants: pair([80, 80.4, 80.9], [80.5, 80.1, 80.8]) });
    expect(summaryOf(made).join(' ')).toMatch(/in 1 step, not told apart from no change\./);
  });
});

describe('moving averages of the weights', () => {
  it('are judged against the network that they are averages of', async () => {
    const ema = (variant: string, top1: number, seed: number) =>
      variant === 'gelu' ? top1 + 1 + 0.01 * (seed % 3) : null;
    const made = await studyOf({ seeds: tenSeeds, variants: pair(around(80), around(82, 3)), ema });
    const [averaged, ...others] = averagedNetworks(made);
    expect(others).toEqual([]);
    expect(averaged?.row.variant.name).toBe('gelu');
    // Seeds 0 to 9: three have 1.01, three 1.02, four 1.00.
    expect(averaged?.difference.mean).toBeCloseTo(1.009, 9);
    expect(averaged?.judged.verdict.verdict).toBe('helps');
    expect(tableSections(made).map(({ id }) => id)).toContain('averages');
    expect(tableSections(await studyOf({ variants: pair([80], [81]) })).map(({ id }) => id)).not.toContain('averages');
  });
});

describe('the answer', () => {
  it('pairs start and end over common seeds and names them: equal networks differ by nothing', async () => {
    const results = [60, 70, 80, 90, 95, 96, 97, 98, 99, 99.5];
    const half = results.map((value, at) => (at < 5 ? value : null));
    const made = await studyOf({ seeds: tenSeeds, variants: pair(half, results) });
    expect(summaryOf(made).join(' ')).toContain(': 0.00 points in 1 step, over seeds 0-4, common to both.');
    const apart = results.map((value, at) => (at < 5 ? null : value));
    expect(summaryOf(await studyOf({ seeds: tenSeeds, variants: pair(half, apart) })).join(' ')).toContain(
      'no seed is common to both, so the difference of the two means nothing.',
    );
  });

  it('names what helps and hurts with its interval, and how many cannot be told', async () => {
    const variants = [
      ...pair(around(80), around(82, 3)),
      { name: 'b', title: 'B', parent: 'gelu', steps: ['gelu', 'b'], top1: around(78, 7) },
      { name: 'c', title: 'C', parent: 'b', steps: ['gelu', 'b', 'c'], top1: around(78, 3) },
    ];
    const [answer] = summaryOf(await studyOf({ seeds: tenSeeds, variants }));
    expect(answer).toMatch(
      /^Of 3 steps 2 have a verdict; changes are in points of top-1 accuracy, with 95% intervals that hold all together\. Helps: ReLU to GELU \+2\.00 \(\+1\.\d\d to \+2\.\d\d\)\. Hurts: B −4\.00 \(.*\)\. The other step cannot be told from no change with these runs\.$/,
    );
  });

  it('names what has no verdict, and why', async () => {
    const variants = [
      ...pair(around(80), around(80, 3)),
      { name: 'b', title: 'B', parent: 'gelu', steps: ['gelu', 'b'], top1: around(10) },
    ];
    const text = summaryOf(await studyOf({ seeds: tenSeeds, variants })).join(' ');
    expect(text).toContain(
      'The one step that is judged cannot be told from no change with these runs. Without a verdict: B (at chance, not judged).',
    );
    expect(text).toContain('a network at chance is no end of a road to measure.');
    const alone = summaryOf(await studyOf({ seeds: [0], variants: pair([80], [81]) }));
    expect(alone[0]).toBe('No step could be judged. Without a verdict: ReLU to GELU (one seed, not judged).');
  });

  it('says of a margin that the suite names which steps change less', async () => {
    const records = readSuite(await writeSynthetic({ seeds: tenSeeds, variants: pair(around(80), around(80, 3)) }));
    const wished = (report: object) => study({ ...records, plan: { ...records.plan, report } as typeof records.plan });
    expect(summaryOf(wished({ margin: 0.5 }))[0]).toBe('ReLU to GELU changes accuracy by less than 0.50 points.');
    expect(stepTable(wished({ margin: 0.5 })).rows[1]).toContain('equivalent within ±0.50');
    expect(summaryOf(wished({ margin: 0.01 }))[0]).toMatch(/^The one step that is judged cannot be told/);
  });
});

describe('what a reader must know', () => {
  it('is that a run failed, is missing, unfinished, stale or damaged', async () => {
    const folder = await writeSynthetic({
      seeds: [0, 1, 2, 3, 4],
      variants: pair([80, 81, 82, 83, 84], [81, 'loss is NaN at step 312', null, 82, 83]),
    });
    await rm(join(folder, 'gelu', 'seed-3', 'result.json'));
    const stale = join(folder, 'gelu', 'seed-4', 'result.json');
    await writeFile(stale, JSON.stringify({ ...JSON.parse(await readFile(stale, 'utf8')), hash: 'another' }));
    await writeFile(join(folder, 'resnet-50', 'seed-4', 'run.json'), '{ half a');
    const made = study(readSuite(folder));
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
    expect(texts.join('\n')).toMatch(/resnet-50\/seed-4\/run\.json is no JSON: .*; it is left out/);
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
    expect(await texts(() => ({ testImages: 100 }))).toContain('warning: Mixed test sets');
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

  it('is none in the fields that entries of the road change, in any of the networks, and is one in others', async () => {
    const behind = ['gelu', 'c'];
    const change = (record: RunRecord): RunRecord => {
      const { spec } = record;
      if (!behind.includes(spec.variant)) return record;
      const augmentation = { ...spec.recipe.augmentation, mixup: 0.8 };
      const steps = [{ id: 'recipe', options: { augmentation: { mixup: 0.8 } } }];
      const epochs = spec.variant === 'c' ? 9 : spec.recipe.epochs;
      const recipe = { ...spec.recipe, augmentation, epochs };
      return { ...record, spec: { ...spec, recipe, network: { ...spec.network, steps } } };
    };
    const variants = [...pair([80, 80, 80], [81, 81, 81]), { name: 'c', parent: 'gelu', top1: [82, 82, 82] }];
    const texts = (await textsOf({ variants, change })).join('\n');
    expect(texts).not.toContain('mixup');
    expect(texts).toContain('Another protocol than the rest: c (epochs 9 instead of 3)');
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
    const texts = (await textsOf({ variants: pair([80, 80.4, 80], [81, 81.1, 81]) })).join('\n');
    expect(texts).toMatch(
      /note: One comparison is judged with 3 seeds: a true change of \d\.\d\d points is told in four/,
    );
    expect((await textsOf({ seeds: [4], variants: pair([80], [81]) })).join('\n')).toContain(
      'note: With one seed there is no spread and no interval: no difference is judged.',
    );
    expect((await textsOf({ seeds: [0, 1], variants: pair([80, 81], [81, 81.5]) })).join('\n')).toContain(
      'note: 2 seeds: intervals are shown, no verdict is given.',
    );
    expect((await textsOf({ variants: pair([80, 80, 80], [81, 81, 81]) })).join('\n')).toContain(
      'warning: The same difference with every seed, as if seeds decided nothing: ReLU to GELU.',
    );
  });

  it('is that an accuracy is no share: named, left out, and never part of a verdict', async () => {
    for (const [found, said] of [
      [null, 'null'],
      [85, '85'],
      ['0.9', '"0.9"'],
      [-3, '-3'],
      [1e308, '1e+308'],
      [undefined, 'nothing'],
    ]) {
      const folder = await writeSynthetic({ seeds: tenSeeds, variants: pair(around(80), around(82, 3)) });
      const file = join(folder, 'gelu', 'seed-4', 'result.json');
      const result = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify({ ...result, top1: found }));
      const records = readSuite(folder);
      const made = study(records);
      expect(made.rows[1]?.delta?.seeds).not.toContain(4);
      const texts = noticesOf(made).map(({ text }) => text);
      if (made.rows[1]?.states[4]?.status === 'impossible')
        expect(texts).toContain(
          `gelu/seed-4/result.json: top1 must be a share from 0 to 1 and is ${said}; the run is left out.`,
        );
      else expect(texts.join('\n')).toContain('result.json');
    }
  });

  it('is that single runs are at chance, that pictures could not be read, and what the suite warns of', async () => {
    const lost = around(82, 3).map((value, at) => (at === 4 ? 10 : value));
    const folder = await writeSynthetic({ seeds: tenSeeds, variants: pair(around(80), lost) });
    const file = join(folder, 'gelu', 'seed-1', 'result.json');
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), unreadable: 7 }));
    const records = readSuite(folder);
    const warned = { ...records, plan: { ...records.plan, warnings: ['a warm-up longer than the run'] } };
    const texts = noticesOf(study(warned)).map(({ level, text }) => `${level}: ${text}`);
    expect(texts.join('\n')).toContain('warning: gelu: seed 4 (10.00%) ended at chance while its other seeds learned');
    expect(texts).toContain(
      'warning: gelu: test pictures could not be read and are not in its accuracy: seed 1 (7 pictures).',
    );
    expect(texts).toContain('warning: From the suite: a warm-up longer than the run');
    expect(texts.join('\n')).toContain('warning: Single seeds go wrong');
  });

  it('is that a title has letters that the pictures cannot draw: said once', async () => {
    const variants = [
      ...pair([80, 80.4, 80], [81, 81.1, 81]),
      { name: 'c', title: '深い畳み込み', parent: 'gelu', top1: [81, 81.5, 81] },
      { name: 'd', title: 'Größe ± 7×7', parent: 'c', top1: [81, 81.5, 82] },
      { name: 'e', title: '残差', parent: 'd', top1: [81, 81.7, 82] },
    ];
    const texts = (await textsOf({ variants })).filter((text) => text.includes('font'));
    expect(texts).toEqual([
      'warning: The pictures\' font has no letters for "深い畳み込み" and "残差": pictures cannot write them, page and tables have them.',
    ]);
  });

  it('is that one seed alone had another protocol', async () => {
    const change = (record: RunRecord) =>
      record.hash === 'c-1'
        ? { ...record, spec: { ...record.spec, recipe: { ...record.spec.recipe, epochs: 9 } } }
        : record;
    const variants = [...pair([80, 80, 80], [81, 81, 81]), { name: 'c', parent: 'gelu', top1: [82, 82, 82] }];
    expect((await textsOf({ variants, change })).join('\n')).toContain(
      'warning: Another protocol than the rest: c seed 1 (epochs 9 instead of 3)',
    );
  });
});

describe('folders', () => {
  it('without a plan, or with a broken one, are refused in words', async () => {
    const folder = await writeSynthetic({ variants: pair([80], [81]) });
    await writeFile(join(folder, 'plan.json'), '[]');
    expect(() => readSuite(folder)).toThrow(/plan\.json is damaged/);
    await rm(join(folder, 'plan.json'));
    expect(() => readSuite(folder)).toThrow(RecordsError);
    expect(() => readSuite(folder)).toThrow(/`ablate run SUITE`/);
  });

  it('with records that the plan no longer asks for are read without them', async () => {
    const folder = await writeSynthetic({ variants: [...pair([80], [81]), { name: 'old', top1: [99] }], seeds: [0] });
    const records = readSuite(folder);
    const plan = { ...records.plan, variants: records.plan.variants.slice(0, 2) };
    await writeFile(join(folder, 'plan.json'), JSON.stringify(plan));
    const texts = noticesOf(study(readSuite(folder))).map(({ text }) => text);
    expect(texts.join('\n')).toContain('1 record of runs that the suite no longer asks for is left out: old/seed-0.');
  });

  it('without a single result make a report that says so', async () => {
    const report = composeReport(
      readSuite(await writeSynthetic({ variants: pair([null, null, null], [null, null, null]) })),
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

  it('stands how far the order of the changes is its own, and what goes the same way', async () => {
    const comparison = compareWithPaper(await studyOf({ variants: paperLike(), dataset: 'imagenet-1k' }));
    const notes = paperNotes(comparison as NonNullable<typeof comparison>).join('\n');
    // The made-up accuracies are the paper's with its own spread: the order is nearly its own.
    const [, order, pairs, low, high] =
      /Δ with the paper's (\d\.\d\d) over (\d+) steps, between (\S+) and (\S+) with 95%/.exec(notes) ?? [];
    expect(Number(order)).toBeGreaterThan(0.85);
    expect(Number(pairs)).toBe(16);
    expect(Number(low)).toBeLessThan(Number(order));
    expect(Number(high)).toBeGreaterThan(Number(order));
    const [, told, alike] = /Of (\d+) steps with a verdict here (\d+) go the same way/.exec(notes) ?? [];
    expect(Number(told)).toBeGreaterThan(3);
    expect(alike).toBe(told);
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
    expect(challenge?.change.difference?.mean).toBeCloseTo(expected, 10);
    expect(challenge?.judged.verdict).toEqual({ verdict: 'helps', why: null });
    // Sixteen steps, one challenge and the whole road are one family.
    expect(made.family.size).toBe(18);
  });
});
