import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

let folder: string;
let files: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-package-'));
  mkdirSync(join(folder, 'empty'));
  const archive = packFreshClone(join(folder, 'clone'));
  files = run('tar', ['-tzf', archive]).stdout.trim().split('\n');
  run('npm', ['install', '--prefer-offline', archive]);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command as a user would, in the folder that was empty; fails the test with what it said. */
function run(program: string, args: readonly string[], cwd = join(folder, 'empty')) {
  // What npm and vitest have set for this process is not a user's.
  const own = Object.entries(process.env).filter(
    ([key]) => !/^(npm_|ABLATE_COMMAND|INIT_CWD|VITEST|NODE_ENV)/.test(key),
  );
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', env: Object.fromEntries(own) });
  expect(status, `${program} ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return { stdout, stderr };
}

/** What git has, beside packages that are installed already, and nothing that was built. */
function packFreshClone(clone: string): string {
  const known = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], root).stdout.split('\0');
  for (const file of known.filter((one) => one !== '')) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(root, file), join(clone, file));
  }
  const linked = spawnSync('cp', ['-al', join(root, 'node_modules'), clone]).status === 0;
  if (!linked)
    cpSync(join(root, 'node_modules'), join(clone, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  run('npm', ['pack'], clone);
  return join(clone, readdirSync(clone).find((file) => file.endsWith('.tgz')) as string);
}

test('a fresh clone packs whole, with nothing that is ours alone', () => {
  const wanted = [
    ...['bin/ablate.js', 'dist/index.js', 'dist/index.d.ts', 'docs/suite.md', 'examples/plugins/squeeze-excitation.ts'],
    ...['schemas/suite.schema.json', 'configs/suites/quickstart.yaml', 'native/kernels/op.cc', 'bench/step_torch.py'],
    ...['vendor/tfjs-node-gpu/binding/tfjs_binding.cc', 'vendor/tfjs-node-gpu/LICENSE', 'shims/canvas/index.js'],
    ...['node_modules/chartjs-node-canvas/LICENSE', 'node_modules/canvas/index.js', 'LICENSE', 'README.md'],
  ];
  expect(wanted.filter((file) => !files.includes(`package/${file}`))).toEqual([]);
  expect(files.filter((file) => /^package\/(src|test|scripts|experiments|\.|dist\/.*\.map$)/.test(file))).toEqual([]);
});

test('its pages lead nowhere that it does not bring', () => {
  const pages = files.filter((file) => /^package\/(README\.md|docs\/[^/]+\.md)$/.test(file));
  expect(pages.length).toBeGreaterThan(10);
  const lost = pages.flatMap((page) => {
    const text = readFileSync(join(root, page.slice('package/'.length)), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target as string);
    return (
      targets
        .filter((target) => !/^\w+:/.test(target))
        .map((target) => join(dirname(page), target))
        // Sources are read in a clone; the package has what was built of them.
        .filter((target) => !target.startsWith('package/src/'))
        .filter((target) => !files.some((file) => file === target || file.startsWith(`${target}/`)))
    );
  });
  expect(lost).toEqual([]);
});

test('no script of what is installed fetches anything', () => {
  const { packages } = JSON.parse(readFileSync(join(folder, 'empty', 'node_modules', '.package-lock.json'), 'utf8'));
  const scripted = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
  // core-js asks for a donation; webgpu takes macOS's quarantine off its own file.
  expect(scripted.filter((path) => !/\/(core-js|webgpu)$/.test(path))).toEqual([]);
  expect(Object.keys(packages).filter((path) => path.endsWith('tfjs-node-gpu'))).toEqual([]);
});

test('it counts, trains with a typed plug-in and reports', () => {
  const npx = (...args: string[]) => run('npx', ['ablate', ...args]);
  expect(JSON.parse(npx('flops', '--model', 'resnet-50', '--json').stdout).rows[0].macs).toBe(4_089_184_256);
  writeFileSync(
    join(folder, 'empty', 'tiny.yaml'),
    `name: tiny
plugins: [./wider-kernels.ts]
dataset: { name: fashion-mnist, root: ${join(root, 'test', 'fixtures', 'fashion-mnist')}, train_limit: 32, test_limit: 16 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/16, stem_stride: 4 } }
recipe: { extends: compact, epochs: 1, batch_size: 16, schedule: { warmup_epochs: 0 } }
road: [wider-kernels]
seeds: [0]
`,
  );
  npx('new-step', 'wider-kernels');
  const step = join(folder, 'empty', 'wider-kernels.ts');
  writeFileSync(step, readFileSync(step, 'utf8').replace(/^ {2}requires.*\n/m, ''));
  const { stderr } = npx('run', 'tiny.yaml', '--device', 'wasm');
  expect(stderr).toContain(`next: npx ${name} report experiments/tiny\n`);
  npx('report', 'tiny.yaml');
  expect(readdirSync(join(folder, 'empty', 'reports', 'tiny'))).toEqual(
    expect.arrayContaining(['index.html', 'roadmap.png', 'roadmap.svg']),
  );

  writeFileSync(join(folder, 'empty', 'package.json'), '{ "type": "module" }');
  // Not 7: its lib.dom and the WebGPU types that tfjs-core 4.22 brings declare the same names; see findings.
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const [module, resolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ] as const) {
    const kind = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022'];
    const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false'];
    run(process.execPath, [tsc, ...strict, ...kind, 'wider-kernels.ts']);
  }
}, 300_000);
