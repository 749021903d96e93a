/**
 * What a person with NVIDIA cards starts, at most eight minutes of them: are the operations and XLA's steps right, which
 * compiler is faster, how do steps stand beside PyTorch, does a suite run on all cards.
 *
 *     ablate setup --gpu                                  # once, 12 GB
 *     node scripts/gpu.mjs [--torch python3] [--markdown bench/RESULTS.md] [--cpu]
 *
 * Writes the section `gpu` of the file and those of `ablate bench step`; a part that fails or finds no time left is said there,
 * the others stand. --cpu goes through the same parts on the CPU in small, in six minutes at most: a rehearsal, with nothing to learn from its times.
 */
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';

const { values } = parseArgs({
  options: {
    torch: { type: 'string' },
    markdown: { type: 'string', default: join(root, 'bench', 'RESULTS.md') },
    cpu: { type: 'boolean', default: false },
  },
});
await prepare({ say: (text) => process.stderr.write(`${text}\n`) });
// What is built is there only now.
const { checkDevice } = await import('../dist/engine/available.js');
const { provenance } = await import('../dist/bench/provenance.js');
const { writeSection } = await import('../dist/bench/results-file.js');
const { devicesFor } = await import('../dist/experiment/machine.js');

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const device = values.cpu ? 'cpu' : 'gpu';
try {
  checkDevice(device);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(3);
}
const { gpus } = devicesFor({ engine: 'tensorflow', gpu: !values.cpu });
const cards = Math.max(1, gpus.length);
const most = values.cpu ? 360 : 480;
const end = performance.now() + 1000 * most;
const folder = await mkdtemp(join(tmpdir(), 'ablate-gpu-'));
const program = join(root, 'bin', 'ablate.js');
const results = ['--markdown', values.markdown];
// Of a rehearsal's minutes most would be LLVM's.
if (values.cpu) process.env.XLA_FLAGS ??= '--xla_backend_optimization_level=0';
let faster = 'tensorflow';

const doctor = {
  what: "operations against the wasm engine's, and the faster compiler",
  args: [program, 'doctor', ...(values.cpu ? ['--ops', '--compilers'] : ['--gpu']), '--json'],
  seconds: 150,
  said: ({ operations, compilers }) => {
    if (compilers) faster = compilers.compiler;
    const trials = (compilers?.trials ?? []).map(
      ({ network, compiler, picturesPerSecond, reason }) =>
        `${network} by ${compiler}: ${picturesPerSecond === null ? reason : `${picturesPerSecond.toFixed(0)} pictures/s`}`,
    );
    const most = Math.max(...operations.map(({ distance }) => distance));
    return [`${operations.length} operations within ${most.toExponential(1)}`, ...trials].join('; ');
  },
};
const compilers = {
  what: "XLA's steps against TensorFlow's, without TF32",
  args: [
    ...[join(root, 'bench', 'compilers.mjs'), '--device', device, ...results],
    ...['--only', values.cpu ? 'resnet-50' : 'resnet-50,separate-downsampling,swin-t'],
  ],
  // Products of ten bits of mantissa would be further apart than any rounding of float32.
  env: { NVIDIA_TF32_OVERRIDE: '0' },
  seconds: 120,
  said: () => 'right: see its own section',
};
const beside = (model) => ({
  what: `steps of ${model}${values.torch ? ' beside PyTorch' : ''}`,
  args: [
    ...[program, 'bench', 'step', '--model', model, '--device', device, '--xla', '--json', ...results],
    ...(values.torch ? ['--torch', values.torch, ...(values.cpu ? [] : ['--torch-compile'])] : []),
    ...(values.cpu
      ? ['--resolution', '32', '--width', '1/8', '--stem-stride', '2', '--batch', '8', '--rounds', '2']
      : ['--resolution', '224', '--batch', '64', '--rounds', '5', '--steps', '5']),
  ],
  seconds: 150,
  said: ({ rows }) =>
    rows
      .flatMap(({ measured, dropped }) => [
        ...measured.map(
          ({ name, median, first }) => `${name} ${median.toFixed(1)} ms (first ${(first / 1000).toFixed(1)} s)`,
        ),
        ...dropped.map(({ name, reason }) => `${name} did not run: ${reason}`),
      ])
      .join('; '),
});
const suite = () => ({
  what: `a suite on ${values.cpu ? 'the CPU' : `${cards} ${cards === 1 ? 'card' : 'cards'}`}`,
  args: [
    ...[program, 'run', join(root, 'bench', 'two-hundred-steps.yaml'), '--device', device, '--compiler', faster],
    ...['--only', 'separate-downsampling', '--seeds', `0-${2 * cards - 1}`, '--out', folder, '--json'],
    ...(values.cpu ? ['--set', 'dataset.train_limit=640', '--set', 'dataset.test_limit=100'] : []),
  ],
  seconds: 120,
  said: async ({ done, failed, folder: records }) => {
    const results = done.map(({ variant, seed }) => readJson(join(records, variant, `seed-${seed}`, 'result.json')));
    const rates = (await Promise.all(results)).map(({ imagesPerSecond }) => imagesPerSecond.toFixed(0));
    return `${done.length} done, ${failed.length} failed, compiled by ${faster}; pictures/s each: ${rates.join(', ')}`;
  },
});

const readJson = async (file) => JSON.parse(await readFile(file, 'utf8'));

const rows = [];
const began = performance.now();
try {
  for (const part of [doctor, compilers, beside('resnet-50'), beside('convnext-tiny'), suite]) {
    const { what, args, env, seconds, said } = typeof part === 'function' ? part() : part;
    const left = Math.min(seconds, (end - performance.now()) / 1000);
    process.stderr.write(`${what}, at most ${Math.max(0, left).toFixed(0)} s\n`);
    const before = performance.now();
    const outcome = left < 20 ? 'not begun: no time left' : await outcomeOf(args, env, left, said);
    rows.push([what, ((performance.now() - before) / 1000).toFixed(0), outcome]);
    process.stderr.write(`${outcome}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
await writeSection(values.markdown, {
  id: values.cpu ? 'gpu-rehearsal' : 'gpu',
  title: values.cpu ? 'What a GPU is asked, rehearsed on a CPU' : 'On GPUs',
  provenance: provenance(
    process.argv.slice(2),
    [cardNames(), values.torch ? 'PyTorch beside' : 'without PyTorch'],
    'node scripts/gpu.mjs',
  ),
  method: `Parts one after the other, ${((performance.now() - began) / 1000).toFixed(0)} s of at most ${most} in all.`,
  table: { columns: [{ heading: 'part' }, { heading: 's', right: true }, { heading: 'found' }], rows },
  findings: [`The faster compiler, which the suite was trained by: ${faster}.`],
});
process.stdout.write(`written to ${values.markdown}\n`);
if (rows.some(([, , outcome]) => /^(failed|not )/.test(outcome))) process.exit(1);

/** What a part found, or how it failed: its last lines, or that its time was up. */
async function outcomeOf(args, env, seconds, said) {
  const { code, printed, words } = await call(args, env, seconds);
  if (code === null) return `not done: stopped after ${seconds.toFixed(0)} s`;
  if (code !== 0) return `failed with code ${code}: ${words}`;
  return said(printed.startsWith('{') ? JSON.parse(printed) : printed);
}

/** Runs a program of this folder; it and all that it started end when its time is up. Code null: they were ended. */
function call(args, env, seconds) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [printed, words] = ['', ''];
  child.stdout.on('data', (data) => {
    printed += data;
  });
  child.stderr.on('data', (data) => {
    words = `${words}${data}`.slice(-300);
  });
  let late = false;
  const endAll = () => process.kill(-child.pid, 'SIGKILL');
  const timer = setTimeout(() => {
    late = true;
    endAll();
  }, seconds * 1000);
  // In a group of its own it hears of no Ctrl-C.
  const onSignal = () => {
    endAll();
    rmSync(folder, { recursive: true, force: true });
    process.exit(75);
  };
  for (const signal of signals) process.once(signal, onSignal);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, onSignal);
      resolve({ code: late ? null : code, printed: printed.trim(), words: words.trim().replaceAll('\n', ' ') });
    }),
  );
}

/** As the driver names them. */
function cardNames() {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split('\n').join('; ') : 'no NVIDIA card';
}
