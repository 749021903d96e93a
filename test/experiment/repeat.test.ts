import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { selectRuns } from '../../src/cli/select.js';
import { ConfigError } from '../../src/config/problem.js';
import { choosePart, withinBudget } from '../../src/experiment/budget.js';
import { planSuite } from '../../src/experiment/plan.js';
import { openSuite } from '../../src/experiment/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'ablate-repeat-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open = (more: string) => {
  const file = join(folder, 'suite.yaml');
  writeFileSync(
    file,
    `name: twice
dataset: { name: fashion-mnist, train_limit: 640 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/8 } }
recipe: compact
road: [gelu, kernel-size: 9]
seeds: [4, 5, 6]
${more}`,
  );
  return openSuite(file);
};
const again = 'repeat: [convnext-tiny, kernel-size-9]\n';

describe('a network that is trained a second time', () => {
  it('is its first seed once more, in a folder and with a hash of its own; nothing else changes', async () => {
    const without = planSuite(await open(''));
    const { runs, record } = planSuite(await open(again));
    expect(runs.slice(0, without.runs.length)).toEqual(without.runs);
    const repeats = runs.slice(without.runs.length);
    expect(repeats.map(({ spec, again: of }) => [spec.variant, spec.seed, of])).toEqual([
      ['convnext-tiny@again', 4, 'convnext-tiny'],
      ['kernel-size-9@again', 4, 'kernel-size-9'],
    ]);
    for (const one of repeats) {
      const first = runs.find(({ spec }) => spec.variant === one.again && spec.seed === 4);
      const { repeat, variant: _, ...spec } = one.spec;
      expect(repeat).toBe(true);
      expect({ ...spec, variant: one.again }).toEqual(first?.spec);
      expect(one.hash).not.toBe(first?.hash);
    }
    expect(new Set(runs.map(({ hash }) => hash)).size).toBe(runs.filter(({ spec }) => spec.variant !== 'gelu').length);
    expect(record.repeats?.map(({ name, runs: own }) => [name, own[0]?.hash])).toEqual(
      repeats.map(({ spec, hash }) => [spec.variant, hash]),
    );
    expect(record.variants).toEqual(without.record.variants);
  });

  it('is chosen with its network and its seed', async () => {
    const { runs } = planSuite(await open(again));
    const named = (only: string | undefined, seeds: number[]) =>
      selectRuns(runs, only, new Set(seeds)).map(({ spec }) => `${spec.variant} ${spec.seed}`);
    expect(named('kernel-size-9', [4, 5])).toEqual(['kernel-size-9 4', 'kernel-size-9 5', 'kernel-size-9@again 4']);
    expect(named('kernel-size-9', [5])).toEqual(['kernel-size-9 5']);
    expect(named('*@again', [4])).toEqual(['convnext-tiny@again 4', 'kernel-size-9@again 4']);
  });

  it('is paid for with its network', async () => {
    const opened = await open(`${again}budget: { runs: 8 }\n`);
    const plan = planSuite(opened);
    const one = { of: () => 1, basis: null };
    // Three seeds of two networks and their repeats.
    expect(choosePart(opened, plan, 8, one)?.spent).toBe(8);
    const part = choosePart(opened, plan, 4, one);
    const kept = part && withinBudget(plan, part, opened.suite.seeds);
    // The start, its repeat and the step that changes nothing, which is the start's runs.
    expect(part).toMatchObject({ spent: 4, kept: [{ variant: 'convnext-tiny' }, { variant: 'gelu' }] });
    expect(kept?.record.repeats?.map(({ variant }) => variant)).toEqual(['convnext-tiny']);
    expect(kept?.runs.filter(({ spec }) => spec.repeat).map(({ spec }) => spec.variant)).toEqual([
      'convnext-tiny@again',
    ]);
  });

  it('is one of the suite, and named once', async () => {
    const error = await open('repeat: [gelo, kernel-size-9, kernel-size-9]\n').catch((thrown: unknown) => thrown);
    expect((error as ConfigError).problems.map(({ message }) => message)).toEqual([
      'there is no network of this suite "gelo"; did you mean "gelu"?',
      'kernel-size-9 is there twice; one network is trained a second time once',
    ]);
    expect(error).toBeInstanceOf(ConfigError);
  });
});
