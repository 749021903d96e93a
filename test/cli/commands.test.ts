import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { ablate } from './command.js';

const quickstart = fileURLToPath(new URL('../../configs/suites/quickstart.yaml', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-commands-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (line: string) => ablate(line.split(' '), { cwd: folder });

describe('--help', () => {
  it.each(Object.keys(commands))('of %s shows an example, and so does `ablate help`', (name) => {
    const { status, stdout, stderr } = run(`${name === 'bench' ? 'bench step' : name} --help`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/Examples?:\n {2}ablate /);
    // Its examples are lines that begin with the command itself.
    expect(stdout).toContain(`\n  ablate ${name}`);
  });

  it('of the program lists every command and the exit codes', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`\\n {2}${name} `));
    expect(stdout).toContain('75 stopped');
    expect(run('help run').stdout).toBe(run('run --help').stdout);
  });
});

describe('--json', () => {
  const lines: readonly [string, string][] = [
    [`plan ${quickstart}`, 'ablate/plan-summary/1'],
    [`status ${quickstart}`, 'ablate/status/1'],
    [`validate ${quickstart}`, 'ablate/validate/1'],
    [`flops ${quickstart}`, 'ablate/flops/1'],
    [`flops ${quickstart} --diff gelu layer-norm`, 'ablate/flops-diff/1'],
    ['flops --base resnet-50 --with gelu --layers', 'ablate/flops/1'],
    ['steps', 'ablate/steps/1'],
    ['explain kernel-size', 'ablate/explain/1'],
    ['explain recipe.optimizer', 'ablate/explain/1'],
    ['models', 'ablate/models/1'],
    ['names --model resnet-50', 'ablate/names/1'],
    ['summary --model convnext-tiny', 'ablate/summary/1'],
    ['data', 'ablate/datasets/1'],
    ['doctor', 'ablate/doctor/1'],
  ];

  it.each(lines)('%s prints one document, its schema first', (line, schema) => {
    const { status, stdout } = run(`${line} --json`);
    expect(status).toBe(0);
    expect(Object.entries(JSON.parse(stdout))[0]).toEqual(['schema', schema]);
  });
});

describe('a wrong command line', () => {
  const lines: readonly [string, string][] = [
    ['rn', 'Did you mean run?'],
    ['run', "missing required argument 'suite'"],
    [`run ${quickstart} --jsn`, 'Did you mean --json?'],
    [`run ${quickstart} --seeds a`, 'expected seeds such as 0-4'],
    [`run ${quickstart} --only nothing-*`, 'fits no network'],
    [`run ${quickstart} --parallel zero`, 'a whole number above 0'],
    [`run ${quickstart} --device tpu`, 'Allowed choices are auto, gpu'],
    ['report nowhere', 'does not exist'],
    ['flops', 'name a suite file, or a network'],
    ['flops --base resnet-5', 'did you mean "resnet-50"?'],
    ['flops --base resnet-50 --with nope', 'there is no step "nope"'],
    ['flops --base resnet-50 --with kernel-size=8', 'odd'],
    ['flops --base resnet-50 --resolution 0', 'a whole number above 0'],
    ['explain geluu', 'did you mean "gelu"?'],
    ['new-step Bad', 'lower-case words and hyphens'],
    ['new-step gelu', 'there is a step "gelu" already'],
    ['data fashion-mnst', 'did you mean "fashion-mnist"?'],
    ['predict --model resnet-50 --weights w', "required option '--input <path>' not specified"],
    ['predict --model resnet-50 --weights w --input nowhere', 'nowhere: there is no such file or folder'],
    ['predict --model resnet-50 --weights w --input p.png --gradients', '--gradients is for an --input of safetensors'],
    ['evaluate --model resnet-50 --weights w', '--data NAME, or --pictures DIR'],
    ['evaluate --model resnet-50 --weights w --data nope', 'there is no dataset "nope"'],
    ['evaluate --model resnet-50 --weights w --pictures nowhere', 'nowhere: there is no such file or folder'],
    ['import a b', 'name a network with --model'],
    ['names --run nowhere', 'run.json: there is no such file or folder'],
    ['names --run a --model resnet-50', 'leave --model and --base out'],
    ['import a b --model resnet-50', 'a: there is no such file'],
    ['summary --model resnet-50 --against nope --draw a.svg', 'there is no network "nope"'],
    ['bench step', 'name a suite file, or one network with --model'],
    [`bench step ${quickstart} --only nothing-*`, 'fits no network'],
    [`bench step ${quickstart} --chart a.pdf`, 'an .svg or a .png file'],
    [`bench step ${quickstart} --markdown /proc/nowhere/a.md`, 'no folder can be made in /proc'],
    ['setup --frobnicate', "unknown option '--frobnicate'"],
    [`submit ${quickstart}`, "required option '--to <cluster>' not specified"],
  ];

  it.each(lines)('%s: exit code 2, a sentence, no stack trace, nothing written', (line, sentence) => {
    const { status, stdout, stderr } = run(line);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that --only fits nothing also where the data is missing', () => {
    const { status, stderr } = ablate(['run', quickstart, '--only', 'nothing-*'], {
      cwd: folder,
      env: { ABLATE_CACHE: join(folder, 'none') },
    });
    expect({ status, fits: stderr.includes('fits no network') }).toEqual({ status: 2, fits: true });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('shows the trace of an expected error with ABLATE_DEBUG', () => {
    const { stderr } = ablate(['explain', 'geluu'], { cwd: folder, env: { ABLATE_DEBUG: '1' } });
    expect(stderr).toMatch(/\n\s+at .*:\d+:\d+/);
  });
});
