/** `adopt: best`: what waits for a sweep, what its runs choose, and that the choice is theirs alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OpenedPlan, openPlan } from '../../src/cli/planned.js';
import { ready } from '../../src/cli/stages.js';
import { ConfigError } from '../../src/config/problem.js';
import { choiceWords } from '../../src/experiment/choice-words.js';
import { runFolder } from '../../src/records/folders.js';
import { doneResult, failedResult } from '../experiment/fakes/records.js';

const root = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const suite = `name: swept
dataset: { name: fashion-mnist, root: ${root}, train_limit: 64, test_limit: 32 }
validation: { share: 0.25 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/8 } }
recipe: { extends: compact, epochs: 2, batch_size: 16, schedule: { warmup_epochs: 1 } }
road:
  - kernel-size: { sweep: [5, 9, 11], adopt: best }
  - recipe: { mixup: { sweep: [0.2, 0.8], adopt: best } }
  - layer-scale: 0.1
seeds: [0, 1]
`;
const kernels = ['kernel-size-5', 'kernel-size-9', 'kernel-size-11'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-choices-'));
  write(suite);
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string) => writeFileSync(join(folder, 'suite.yaml'), text);
const open = (more: object = {}) => openPlan(join(folder, 'suite.yaml'), { out: folder, ...more }, true);

/** As if the runs of a network had ended so, seed by seed: a share of the held-out pictures, or a failure. */
function end({ runs, opened }: OpenedPlan, variant: string, ends: readonly (number | null)[]): void {
  const validated = opened.suite.validation !== null;
  for (const { spec, hash } of runs) {
    const share = spec.variant === variant ? ends[spec.seed] : undefined;
    if (share === undefined) continue;
    const place = runFolder(join(folder, 'swept'), variant, spec.seed);
    mkdirSync(place, { recursive: true });
    const best = { top1: share ?? 0, epoch: 2 };
    const validation = { top1: share ?? 0, top5: 1, loss: 1, best, ema: null, pictures: 16, unreadable: 0 };
    const result =
      // The test set says the opposite.
      share === null
        ? failedResult(hash, 'loss is NaN at step 3', 3)
        : doneResult(hash, { top1: 1 - share, ...(validated && { validation }) });
    writeFileSync(join(place, 'result.json'), JSON.stringify(result));
  }
}

const waitingFor = ({ runs }: OpenedPlan) => [...new Set(runs.map(({ awaits }) => awaits))];
const kernelBehind = ({ runs }: OpenedPlan) =>
  runs.find(({ spec }) => spec.variant === 'layer-scale-0.1')?.spec.network.steps[0]?.options;

it('what follows an open sweep is planned and waits; the runs of its values do not', async () => {
  const plan = await open();
  expect(waitingFor(plan)).toEqual([null, 'the value of kernel-size', 'the value of mixup'].slice(0, 2));
  expect(new Set(ready(plan).map(({ spec }) => spec.variant))).toEqual(new Set(['convnext-tiny', ...kernels]));
  expect(plan.runs).toHaveLength(2 * 7);
  expect(new Set(plan.runs.map(({ hash }) => hash)).size).toBe(2 * 7);
  expect(plan.plan.record.choices?.map(({ step, chosen }) => [step, chosen])).toEqual([['kernel-size', null]]);
  expect(choiceWords(plan.plan.record)[0]).toContain('when all 6 runs of its values have come to an end, as 0 have');
});

it('the highest mean on the held-out pictures is adopted, of equal ones the first; sweep by sweep', async () => {
  const first = await open();
  end(first, 'kernel-size-5', [0.6, 0.7]);
  end(first, 'kernel-size-9', [0.75, 0.75]);
  end(first, 'kernel-size-11', [0.8]);
  expect((await open()).plan.record.choices?.[0]).toMatchObject({ chosen: null, by: 'held-out', seeds: [0, 1] });
  end(first, 'kernel-size-11', [0.8, 0.7]);
  const second = await open();
  expect(second.plan.record.choices?.[0]?.chosen).toBe('kernel-size-9');
  expect(second.plan.record.variants.filter(({ adopted }) => !adopted).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['kernel-size-5', 'kernel-size-11']),
  );
  expect(waitingFor(second)).toEqual([null, 'the value of mixup']);
  end(second, 'mixup-0.2', [0.5, 0.5]);
  end(second, 'mixup-0.8', [0.5, 0.6]);
  const last = await open();
  expect(last.plan.record.choices?.map(({ chosen }) => chosen)).toEqual(['kernel-size-9', 'mixup-0.8']);
  expect(waitingFor(last)).toEqual([null]);
  expect(kernelBehind(last)).toEqual({ kernel: 9 });
  expect(last.runs.find(({ spec }) => spec.variant === 'layer-scale-0.1')?.spec.recipe.augmentation.mixup).toBe(0.8);
  expect((await open()).runs.map(({ hash }) => hash)).toEqual(last.runs.map(({ hash }) => hash));

  // A suite that names these values is the same suite.
  write(suite.replace('adopt: best', 'adopt: 9').replace('adopt: best', 'adopt: 0.8'));
  const named = await open();
  expect(named.runs.map(({ hash }) => hash)).toEqual(last.runs.map(({ hash }) => hash));
  expect(named.plan.record.choices).toBeUndefined();
});

it('a value with a failed run is out; where all have one, nothing is chosen', async () => {
  const plan = await open();
  for (const name of kernels) end(plan, name, [0.5, 0.5]);
  end(plan, 'kernel-size-5', [0.9, null]);
  expect((await open()).plan.record.choices?.[0]).toMatchObject({
    chosen: 'kernel-size-9',
    values: [{ done: 1, failed: 1 }, { done: 2 }, { done: 2 }],
  });
  for (const name of kernels) end(plan, name, [0.9, null]);
  const none = await open();
  expect(none.plan.record.choices?.[0]?.chosen).toBeNull();
  expect(choiceWords(none.plan.record)[0]).toMatch(/nothing can be chosen, since each of its values has a failed run/);
});

it('without held-out pictures the test set chooses, and that is said', async () => {
  write(suite.replace(/validation: .*\n/, ''));
  const plan = await open();
  expect(plan.opened.warnings.map(({ message }) => message)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^kernel-size adopts the best by the test set, which flatters/)]),
  );
  for (const [at, name] of kernels.entries()) end(plan, name, [0.5 + at / 10, 0.5 + at / 10]);
  expect((await open()).plan.record.choices?.[0]).toMatchObject({ by: 'test', chosen: 'kernel-size-5' });
});

it('with tuned rates the values are compared by the rates that they have chosen', async () => {
  write(suite.replace('network:', 'tune: { learning_rate: [x1, x2], epochs: 1 }\nnetwork:'));
  const plan = await open();
  const trials = plan.runs.filter(({ trial }) => trial);
  expect(new Set(trials.map(({ awaits }) => awaits))).toEqual(new Set([null, 'the value of kernel-size']));
  expect(waitingFor(plan)).toEqual([null, 'the value of kernel-size', 'its learning rate']);
});

it.each([
  [
    'in a strategy that does not train the values',
    suite.replace('seeds:', 'strategy: leave-one-out\nseeds:'),
    /leave-one-out needs the value itself/,
  ],
  [
    'where what follows cannot follow each of its values',
    suite.replace(
      /mixup: .*\n/,
      `optimizer: { sweep: [{ name: sgd, learning_rate: 0.02 }, { name: adamw, learning_rate: 0.002 }], adopt: best } }
  - recipe: { nesterov: true }
`,
    ),
    /nesterov/,
  ],
])('is refused before anything is trained %s', async (_, text, message) => {
  write(text);
  const error = (await open().catch((thrown) => thrown)) as ConfigError;
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.problems.map((problem) => problem.message).join()).toMatch(message);
});
