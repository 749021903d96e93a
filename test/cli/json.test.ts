import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { ablate } from './command.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const suite = `name: tiny
dataset: { name: fashion-mnist, root: ${fixtures}/fashion-mnist, train_limit: 32, test_limit: 20 }
network: { base: resnet-50, scale: { resolution: 16, width: 1/16, stem_stride: 2 } }
recipe: { extends: compact-sgd, epochs: 1, batch_size: 16, schedule: { warmup_epochs: 0 } }
runner: { keep_weights: true }
`;
const run = 'experiments/tiny/resnet-50/seed-0';
const weights = `--run ${run} --weights ${run}/weights.safetensors`;

/** A line for every command, in an order in which each has what it needs; null where what it measures takes long. */
const lines: readonly (readonly [command: string, args: string | null, schema: string | null])[] = [
  ['validate', 'tiny.yaml', 'ablate/validate/1'],
  ['plan', 'tiny.yaml', 'ablate/plan-summary/1'],
  ['submit', 'tiny.yaml --to slurm --script-only', 'ablate/submit/1'],
  ['run', 'tiny.yaml', 'ablate/run-summary/1'],
  ['status', 'tiny.yaml', 'ablate/status/1'],
  ['report', 'tiny.yaml', 'ablate/report/1'],
  ['compare', 'resnet-50 resnet-50 --in tiny.yaml', 'ablate/comparison/1'],
  ['flops', 'tiny.yaml', 'ablate/flops/1'],
  ['flops', '--model resnet-50 --layers', 'ablate/flops/1'],
  ['flops', 'tiny.yaml --diff resnet-50 resnet-50', 'ablate/flops-diff/1'],
  ['steps', '', 'ablate/steps/1'],
  ['explain', 'kernel-size', 'ablate/explain/1'],
  ['explain', 'recipe.optimizer', 'ablate/explain/1'],
  ['new-step', 'my-step', 'ablate/new-step/1'],
  // Run in check-step.test.ts.
  ['check-step', null, null],
  ['recipe list', '', 'ablate/recipes/1'],
  ['recipe show', 'compact --draw recipe.svg', 'ablate/recipe/1'],
  ['models', '', 'ablate/models/1'],
  ['data', '', 'ablate/datasets/1'],
  ['data', 'folder --root pictures', 'ablate/data/1'],
  ['data check', 'folder --root pictures', 'ablate/data-check/1'],
  ['data show', 'tiny.yaml --pictures 2', 'ablate/data-show/1'],
  ['predict', `--input pictures/test/a ${weights}`, 'ablate/predictions/1'],
  ['evaluate', `--data fashion-mnist --root ${fixtures}/fashion-mnist ${weights}`, 'ablate/evaluation/1'],
  ['export', `${run}/weights.safetensors timm.safetensors --run ${run}`, 'ablate/weights/1'],
  ['import', `timm.safetensors own.safetensors --run ${run}`, 'ablate/weights/1'],
  ['names', `--run ${run}`, 'ablate/names/1'],
  ['summary', '--model convnext-tiny --draw blocks.png', 'ablate/summary/1'],
  ['bench data', 'tiny.yaml --rounds 1 --batches 1 --batch 8 --no-step', 'ablate/bench-data/2'],
  ['bench step', null, null],
  ['bench ops', null, null],
  ['bench suite', null, null],
  ['setup', null, null],
  ['doctor', '', 'ablate/doctor/1'],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-json-'));
  writeFileSync(join(folder, 'tiny.yaml'), suite);
  for (const split of ['train', 'test']) {
    for (const [name, picture] of Object.entries({ a: 'china.png', b: 'flower.png' })) {
      mkdirSync(join(folder, 'pictures', split, name), { recursive: true });
      copyFileSync(join(fixtures, 'augment', picture), join(folder, 'pictures', split, name, picture));
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `data` and `data check`: what can be called, with the options that its help shows. */
async function callable(): Promise<Map<string, Command>> {
  const found = new Map<string, Command>();
  for (const [name, { load }] of Object.entries(commands)) {
    const command = await load();
    if (command.commands.length === 0 || command.registeredArguments.length > 0) found.set(name, command);
    for (const below of command.commands) found.set(`${name} ${below.name()}`, below);
  }
  return found;
}

describe('--json', () => {
  it('is an option of every command, and every command is here', async () => {
    const found = await callable();
    expect([...new Set(lines.map(([command]) => command))].sort()).toEqual([...found.keys()].sort());
    for (const [name, command] of found) expect([name, command.helpInformation()]).toEqual([name, withJson]);
  });

  it.each(lines.filter(([, args]) => args !== null))('%s %s', (command, args, schema) => {
    const words = [...command.split(' '), ...(args as string).split(' ').filter(Boolean), '--json'];
    const { status, stdout, stderr } = ablate(words, { cwd: folder });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(Object.entries(JSON.parse(stdout))[0]).toEqual(['schema', schema]);
  });
});

const withJson = expect.stringContaining('\n  --json ');
