import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { ablate, ablateHere } from './command.js';

const quickstart = fileURLToPath(new URL('../../configs/suites/quickstart.yaml', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-commands-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (line: string) => ablate(line.split(' '), { cwd: folder });

/** The same in this process: a sixth of the time, for the many lines that end before they begin. */
const here = (line: string) => ablateHere(line.split(' '), folder);

describe('--help', () => {
  it.each(Object.keys(commands))('of %s shows an example, and so does `ablate help`', (name) => {
    const { status, stdout, stderr } = run(`${name} --help`);
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
  });

  it.each([
    ['help', '--help'],
    ['help run', 'run --help'],
    ['help data check', 'data check --help'],
    ['data help check', 'data check --help'],
    ['bench help step', 'bench step --help'],
    ['help recipe', 'recipe --help'],
  ])('ablate %s is ablate %s', (line, same) => {
    const { status, stdout } = run(line);
    expect({ status, stdout }).toEqual({ status: 0, stdout: run(same).stdout });
  });
});

describe('a wrong command line', () => {
  const lines: readonly [string, string][] = [
    ['rn', 'Did you mean run?'],
    ['help nope', 'there is no command "nope"; `ablate --help` lists them'],
    ['help rn', 'there is no command "rn"; did you mean "run"?'],
    ['help recipe shwo', 'there is no command "shwo"; did you mean "show"?'],
    ['bench help stpe', 'there is no command "stpe"; did you mean "step"?'],
    ['run', "missing required argument 'suite'"],
    [`run ${quickstart} --jsn`, 'Did you mean --json?'],
    [`run ${quickstart} --seeds a`, 'expected seeds such as 0-4'],
    [`run ${quickstart} --only nothing-*`, 'fits no network'],
    [`run ${quickstart} --parallel zero`, 'a whole number above 0'],
    [`run ${quickstart} --device tpu`, 'Allowed choices are auto, gpu'],
    ['report nowhere', 'does not exist'],
    ['compare here there', 'here is no folder of records; name one such as experiments/SUITE/NETWORK'],
    ['flops', 'name a suite file, or a network'],
    ['flops --base resnet-5', 'did you mean "resnet-50"?'],
    ['flops --base resnet-50 --with nope', 'there is no step "nope"'],
    ['flops --base resnet-50 --with kernel-size=8', 'odd'],
    [
      'flops --base resnet-50 --resolution 0',
      "option '--resolution <pixels>' argument '0' is invalid. Expected a whole",
    ],
    ['flops --model resnet-50 --base resnet-50', 'leave one of them out'],
    [`flops ${quickstart} --with gelu`, '--with changes a network that --model or --base names'],
    [`flops ${quickstart} --width 1/4`, '--width changes a network that --model or --base names'],
    [`flops ${quickstart} --layers --diff gelu layer-norm`, "cannot be used with option '--layers'"],
    [`bench step ${quickstart} --stem-stride 2`, '--stem-stride changes a network'],
    ['explain geluu', 'did you mean "gelu"?'],
    ['explain drop_path', 'did you mean "recipe.drop_path"?'],
    ['explain drop-path', 'did you mean "recipe.drop_path"?'],
    ['explain optimiser', 'did you mean "recipe.optimizer"?'],
    ['explain batch_size', 'did you mean "recipe.batch_size" or "recipe.evaluation.batch_size"?'],
    ['explain network.scale.widht', 'did you mean "network.scale.width"?'],
    ['explain convnext-tiny', 'it is a network: ablate summary --model convnext-tiny'],
    ['explain cifar-10', 'it is a dataset: ablate data cifar-10'],
    ['explain xylophone', '`ablate steps` lists the steps'],
    ['data folder', 'say where with --root FOLDER'],
    ['data check webdataset', 'say where with --root FOLDER'],
    [`data show ${quickstart} --out a.svg`, `a picture's name ends in .png, found "a.svg"`],
    [`data show ${quickstart} --pictures none`, "option '--pictures <count>' argument 'none' is invalid"],
    ['recipe show compact --draw a.pdf', `a picture's name ends in .svg or .png, found "a.pdf"`],
    ['recipe show compact --pictures 0', 'Expected a whole number above 0'],
    ['summary --model resnet-50 --draw png', `a picture's name ends in .svg or .png, found "png"`],
    ['summary --model resnet-50 --against swin-tiny', 'add --draw'],
    ['doctor --gpu --webgpu', "cannot be used with option '--webgpu'"],
    ['doctor --compilers', '--compilers goes with --ops'],
    ['new-step Bad', 'lower-case words and hyphens'],
    ['new-step gelu', 'there is a step "gelu" already'],
    ['data fashion-mnst', 'did you mean "fashion-mnist"?'],
    ['predict --model resnet-50 --weights w', "required option '--input <paths...>' not specified"],
    ['predict --model resnet-50 --weights w --input nowhere', 'nowhere: there is no such file or folder'],
    ['predict --model resnet-50 --weights w --input p.png --gradients', '--gradients is for an --input of safetensors'],
    ['evaluate --model resnet-50 --weights w', '--data NAME, or --pictures DIR'],
    ['evaluate --model resnet-50 --weights w --data nope', 'there is no dataset "nope"'],
    ['evaluate --model resnet-50 --weights w --pictures nowhere', 'nowhere: there is no such file or folder'],
    ['evaluate --run nowhere', 'nowhere/run.json: there is no such file; name the folder of a run'],
    ['predict --model resnet-50 --weights w --input p.png x.safetensors', '--input x.safetensors is prepared tensors'],
    [
      'predict --run nowhere/run.json --input p.png',
      'nowhere/run.json: there is no such file; name the folder of a run',
    ],
    ['predict --run nowhere --input p.png', 'nowhere/run.json: there is no such file; name the folder of a run'],
    ['import a b', 'name a network with --model'],
    ['names --run nowhere', 'run.json: there is no such file; name the folder of a run'],
    ['names --run a --model resnet-50', 'leave --model out'],
    [
      'import a nowhere/b --model resnet-50',
      'nowhere/b: cannot be written: nowhere is not there.\nNext: mkdir -p nowhere',
    ],
    ['export a nowhere/b --model resnet-50', 'nowhere/b: cannot be written'],
    ['predict --model resnet-50 --weights w --input p.safetensors --output nowhere/b', 'nowhere/b: cannot be written'],
    ['import a b --model resnet-50', 'a: there is no such file'],
    ['summary --model resnet-50 --against nope --draw a.svg', 'there is no network "nope"'],
    ['bench step', 'name a suite file, or one network with --model'],
    [`bench step ${quickstart} --only nothing-*`, 'fits no network'],
    [`bench step ${quickstart} --chart a.pdf`, 'ends in .svg or .png'],
    [`bench step ${quickstart} --markdown /proc/nowhere/a.md`, 'no folder can be made in /proc'],
    ['setup --frobnicate', "unknown option '--frobnicate'"],
    [`submit ${quickstart}`, "required option '--to <cluster>' not specified"],
  ];

  it.each(lines)('%s: exit code 2, a sentence, no stack trace, nothing written', async (line, sentence) => {
    const { status, stdout, stderr } = await here(line);
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

describe('a picture is what its name says', () => {
  const kinds = {
    '.png': Buffer.from('\x89PNG', 'latin1'),
    '.PNG': Buffer.from('\x89PNG', 'latin1'),
    '.svg': Buffer.from('<'),
  };
  const lines = ['recipe show compact --draw', 'summary --model convnext-tiny --against swin-tiny --draw'];
  const cases = lines.flatMap((line) => Object.entries(kinds).map(([ending, start]) => [line, ending, start] as const));

  it.each(cases)('%s FILE%s', (line, ending, start) => {
    const file = join('pictures', `one${ending}`);
    expect(run(`${line} ${file}`).status).toBe(0);
    const written = readFileSync(join(folder, file));
    expect(written.subarray(0, start.length)).toEqual(start);
    rmSync(join(folder, 'pictures'), { recursive: true });
  });
});

describe('in a narrow terminal', () => {
  const lines = ['steps', 'models', 'data', 'recipe list', `flops ${quickstart}`, 'names --model convnext-tiny'];

  it.each(lines)('ablate %s keeps to its columns', (line) => {
    const { status, stdout } = ablate(line.split(' '), { cwd: folder, columns: 60 });
    expect(status).toBe(0);
    for (const row of stdout.trimEnd().split('\n')) expect(row.length).toBeLessThanOrEqual(60);
  });

  it('a pipe gets a line a row', () => {
    expect(run('steps').stdout.split('\n').length).toBeLessThan(
      ablate(['steps'], { columns: 60 }).stdout.split('\n').length,
    );
  });
});

it('MACs and the FLOPs that are the same by definition stand in one column', () => {
  expect(run('flops --model resnet-50').stdout.split('\n')[0]).toBe('variant    MACs = FLOPs (paper)  parameters');
  expect(run('flops --model resnet-50 --convention ops').stdout).toMatch(
    / 4,089,184,256 {2}8,178,368,512 {2}25,557,032/,
  );
});
