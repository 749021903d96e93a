import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/records/run.js';
import { writeSynthetic } from '../report/synthetic.js';
import { ablateHere } from './command.js';

/** Leaves a file behind wherever its code is run. */
const plugin = `import { writeFileSync } from 'node:fs';
import { defineStep } from 'ablate';
import { z } from 'zod';
writeFileSync(new URL('marker', import.meta.url), '');
export default defineStep({
  id: 'wider-kernels', title: 'Wider kernels', claim: 'A claim.', main: 'kernel',
  options: z.strictObject({ kernel: z.int().default(9) }),
  apply: (network, { kernel }) => ({ ...network, block: { ...network.block, kernel } }),
});
`;
const data = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const road = '[patchify-stem, depthwise-conv, { wider-kernels: { sweep: [9, 11], adopt: 9 } }, gelu]';
const suiteOf = (roadLine = road, more = '') => `name: strangers
dataset: { name: fashion-mnist, root: ${data}, train_limit: 64 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/4, stem_stride: 2 } }
recipe: { extends: compact, epochs: 2 }
road: ${roadLine}
compare: [swin-t]
plugins: [./plugin.ts]
${more}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-strangers-'));
  writeFileSync(join(folder, 'plugin.ts'), plugin);
  writeFileSync(join(folder, 'suite.yaml'), suiteOf());
});
afterEach(() => rmSync(folder, { recursive: true }));

const here = (line: string) => ablateHere(line.split(' '), folder);
const ran = () => existsSync(join(folder, 'marker'));
/** The names at the beginnings of a table's lines. */
const names = (table: string) =>
  table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => line.split(' ')[0]);

describe('a suite with plug-ins, looked at without them', () => {
  const told = ['resnet-50', 'patchify-stem', 'depthwise-conv', 'swin-t'];

  it.each(['flops', 'plan', 'status'])('%s tells the networks before their first step', async (command) => {
    const { status, stdout, stderr } = await here(`${command} suite.yaml --no-plugins`);
    expect({ status, names: names(stdout), ran: ran() }).toEqual({ status: 0, names: told, ran: false });
    expect(stderr).toContain(
      'not run: plugin.ts; so what wider-kernels may do to network and recipe is not known, and these networks are left out: wider-kernels-9, wider-kernels-11, gelu',
    );
    expect(readdirSync(folder).sort()).toEqual(['plugin.ts', 'suite.yaml']);
  });

  it('tells what it tells as with them', async () => {
    const rows = async (options: string) => JSON.parse((await here(`flops suite.yaml --json${options}`)).stdout).rows;
    const without = await rows(' --no-plugins');
    const all = await rows('');
    expect(ran()).toBe(true);
    expect(all).toEqual(expect.arrayContaining(without));
    expect(all).toHaveLength(without.length + 3);
  });

  it('names what is left out in JSON', async () => {
    const leftOut = {
      plugins: [join(folder, 'plugin.ts')],
      steps: ['wider-kernels'],
      variants: ['wider-kernels-9', 'wider-kernels-11', 'gelu'],
    };
    for (const command of ['plan', 'status'])
      expect(JSON.parse((await here(`${command} suite.yaml --no-plugins --json`)).stdout)).toMatchObject({ leftOut });
    const flops = JSON.parse((await here('flops suite.yaml --no-plugins --json')).stdout);
    expect(flops.leftOut).toEqual([{ suite: 'strangers', ...leftOut }]);
    const { files } = JSON.parse((await here('validate suite.yaml --no-plugins --json')).stdout);
    expect(files).toMatchObject([{ problems: [], leftOut }]);
    expect(ran()).toBe(false);
  });

  it.each([
    ['leave-one-out', ['resnet-50', 'without-wider-kernels', 'swin-t']],
    ['add-one', ['resnet-50', 'patchify-stem', 'depthwise-conv', 'gelu', 'swin-t']],
  ])('%s: whatever has none of their steps', async (strategy, expected) => {
    const { stdout } = await here(`flops suite.yaml --no-plugins --set strategy=${strategy}`);
    expect(names(stdout)).toEqual(expected);
    expect(ran()).toBe(false);
  });

  it('a step behind theirs is not asked for what theirs may give', async () => {
    const behind = '[{ wider-kernels: 9 }, separate-downsampling]';
    writeFileSync(join(folder, 'suite.yaml'), suiteOf(behind));
    const { status, stdout } = await here('validate suite.yaml --no-plugins');
    expect({ status, ran: ran() }).toEqual({ status: 0, ran: false });
    expect(stdout).toContain('right as far as it goes without its plug-ins; 2 networks, 2 runs');
    // What is ours is still checked.
    writeFileSync(join(folder, 'suite.yaml'), suiteOf('[{ wider-kernels: 9 }, { kernel-size: 8 }, nothing_at_all]'));
    const { status: wrong, stderr } = await here('validate suite.yaml --no-plugins');
    expect(wrong).toBe(2);
    expect(stderr).toContain('there is no step "nothing_at_all"');
  });

  it('needs no plug-in to be there', async () => {
    rmSync(join(folder, 'plugin.ts'));
    expect((await here('validate suite.yaml --no-plugins')).status).toBe(0);
    expect((await here('validate suite.yaml')).status).toBe(2);
  });

  it('a suite without plug-ins is what it always is', async () => {
    writeFileSync(join(folder, 'suite.yaml'), suiteOf('[geluu]').replace(/plugins.*/, ''));
    const { status, stderr } = await here('validate suite.yaml --no-plugins');
    expect(status).toBe(2);
    expect(stderr).toContain('did you mean "gelu"?');
  });
});

describe('commands that run the code of plug-ins say so before', () => {
  it.each(['validate', 'flops', 'plan', 'status'])('%s', async (command) => {
    const { stderr } = await here(`${command} suite.yaml`);
    expect(stderr.split('\n')[0]).toBe('running the code of plugin.ts');
    expect(ran()).toBe(true);
  });

  it('also where it fails', async () => {
    writeFileSync(join(folder, 'plugin.ts'), `throw new Error('no')`);
    const { status, stderr } = await here('validate suite.yaml');
    expect(status).toBe(2);
    expect(stderr.split('\n')[0]).toBe('running the code of plugin.ts');
  });

  it('run does not take --no-plugins: it cannot train without them', async () => {
    const { status, stderr } = await here('run suite.yaml --no-plugins');
    expect({ status, ran: ran() }).toEqual({ status: 2, ran: false });
    expect(stderr).toContain("unknown option '--no-plugins'");
  });
});

describe('records', () => {
  const withPlugin = (record: RunRecord): RunRecord => ({
    ...record,
    spec: { ...record.spec, plugins: [join(folder, 'plugin.ts')] },
  });

  it('of a run with plug-ins give no network without them', async () => {
    const suiteFolder = await writeSynthetic({
      seeds: [0],
      change: withPlugin,
      variants: [{ name: 'base', kind: 'base', top1: [80] }],
    });
    const { status, stderr } = await here(`names --run ${join(suiteFolder, 'base', 'seed-0')} --no-plugins`);
    expect({ status, ran: ran() }).toEqual({ status: 2, ran: false });
    expect(stderr).toMatch(
      /the network has steps of plugin\.ts, and cannot be built without running that code\.\nNext: /,
    );
    const { stderr: said } = await here(`names --run ${join(suiteFolder, 'base', 'seed-0')}`);
    expect(said.split('\n')[0]).toBe('running the code of plugin.ts');
    expect(ran()).toBe(true);
  });

  it('are reported on without them in any case', async () => {
    const { stderr } = await here('report nowhere --no-plugins');
    expect(stderr).toContain('nowhere does not exist');
  });
});
