import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingWords } from '../../src/cli/settings-option.js';
import { repeated } from '../../src/cli/commands/run.js';
import { ConfigError } from '../../src/config/problem.js';
import { parseSetting } from '../../src/config/settings.js';
import { planSuite } from '../../src/experiment/plan.js';
import { slurmScript } from '../../src/experiment/slurm.js';
import { openSuite } from '../../src/experiment/suite.js';

const text = `name: set
dataset: { name: fashion-mnist, train_limit: 640 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/4, stem_stride: 2 } }
recipe: compact
road: [gelu, recipe: { mixup: 0.2 }]
`;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-set-'));
  writeFileSync(join(folder, 'suite.yaml'), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const open = (settings: readonly string[], of = text) => {
  const file = join(folder, of === text ? 'suite.yaml' : 'other.yaml');
  writeFileSync(file, of);
  return openSuite(file, settings.map(parseSetting));
};
async function problems(settings: readonly string[]): Promise<string> {
  try {
    await open(settings);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
}

describe('fields that the command line sets', () => {
  it.each<[string[], string, string]>([
    [['recipe.epochs=2'], 'recipe: compact', 'recipe: { extends: compact, epochs: 2 }'],
    [['network.scale.width=1/8'], 'width: 1/4', 'width: 1/8'],
    [['seeds=[3, 4]'], 'recipe: compact', 'recipe: compact\nseeds: [3, 4]'],
    [['recipe.ema.decay=0.9'], 'recipe: compact', 'recipe: { extends: compact, ema: { decay: 0.9 } }'],
    [['road.1.recipe.mixup=0.4'], 'mixup: 0.2', 'mixup: 0.4'],
    [['dataset.train_limit=null'], ', train_limit: 640', ''],
    [['recipe=compact-sgd', 'recipe.epochs=2'], 'compact', '{ extends: compact-sgd, epochs: 2 }'],
    [['recipe.epochs=9', 'recipe.epochs=2'], 'compact', '{ extends: compact, epochs: 2 }'],
  ])('%j are as if they stood in the file: runs, hashes and all', async (settings, from, to) => {
    const told = planSuite(await open(settings));
    expect(told).toEqual(planSuite(await open([], text.replace(from, to))));
    expect(told.runs.map(({ hash }) => hash)).not.toEqual(planSuite(await open([])).runs.map(({ hash }) => hash));
  });

  it('are placed by their own words, what is in the file by its lines, all at once', async () => {
    const found = await problems(['recipe.epochs=x', 'network.scale.wdth=1', 'recpe=3', 'road.0=geluu', 'ema=1']);
    expect(found.split('\n').sort()).toEqual([
      expect.stringMatching(/^--set ema=1: there is no field "ema" here/),
      '--set network.scale.wdth=1: there is no field "wdth" here; did you mean "width"?',
      '--set recipe.epochs=x: expected a number, found "x"',
      expect.stringMatching(/^--set recpe=3: there is no field "recpe" here/),
      '--set road.0=geluu: there is no step "geluu"; did you mean "gelu"?',
    ]);
    expect(await problems(['recipe.epochs=0.1', 'road.1.recipe.mixup=-1'])).toBe(
      '--set road.1.recipe.mixup=-1: expected at least 0, found -1',
    );
  });

  it.each([
    ['recipe.epochs', 'expected a field and its value'],
    ['=2', 'expected a field and its value'],
    ['recipe..epochs=2', 'expected a field and its value'],
    ['seeds=', 'expected a value behind seeds='],
    ['seeds=[1', 'no valid YAML|indentation'],
    ['road.7=gelu', 'road is a list of 2; its entries are numbered from 0'],
    ['name.first=x', 'name is "set", which has no field "first"'],
    ['__proto__.x=1', 'there is no field "__proto__"'],
    ['recipe.__proto__.x=1', 'there is no field "__proto__"'],
  ])('%s is refused', async (setting, message) => {
    // Some are wrong by themselves, some in this file.
    const said = await (async () => open([setting]))().then(
      () => '',
      (error: Error) => error.message,
    );
    expect(said).toMatch(new RegExp(`^--set ${setting.replaceAll(/[.[]/g, '\\$&')}: .*(${message})`));
  });

  it('are repeated wherever a command is written for the next start', () => {
    const set = ['recipe.epochs=2', 'seeds=[3, 4]'].map(parseSetting);
    const words = ['--set', 'recipe.epochs=2', '--set', "'seeds=[3, 4]'"];
    expect(settingWords(set)).toEqual(words);
    expect(repeated({ out: 'experiments', set }).slice(0, 4)).toEqual(words);
    const job = {
      suite: 's',
      program: 'p',
      suiteFile: 'f',
      recordsFolder: 'r',
      runs: [],
      runsPerTask: 1,
      device: null,
    };
    const asked = { cores: 1, memoryMiB: 1, gpu: false, time: '01:00:00', parallel: null, extra: [] };
    expect(slurmScript({ ...job, ...asked, settings: set.map((one) => one.text) })).toContain(
      "--set recipe.epochs=2 --set 'seeds=[3, 4]' \\\n",
    );
  });
});
