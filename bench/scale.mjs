/**
 * What do plan, status, an idle `run` and report take at thousands of finished runs, and what did another state of these
 * sources take? The records are made up, whole and with the right hashes; nothing is trained.
 *
 *     node bench/scale.mjs [--runs 1024,10240,39936] [--against ../other] [--against-most 10240] [--most-seconds 300] [--markdown FILE]
 *
 * The other state is measured up to `--against-most` runs. Seconds of processor time of each command, its children included, and the peak memory of its largest process. Writes the
 * section `scale`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { provenance } from '../dist/bench/provenance.js';
import { writeSection } from '../dist/bench/results-file.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1024,10240,39936' },
    against: { type: 'string' },
    'against-most': { type: 'string', default: '10240' },
    'most-seconds': { type: 'string', default: '300' },
    markdown: { type: 'string' },
  },
});
const root = resolve(import.meta.dirname, '..');
const builds = [...(values.against ? [{ name: 'before', root: resolve(values.against) }] : []), { name: 'now', root }];
const commands = {
  plan: (suite, out) => ['plan', suite, '--out', out, '--json'],
  status: (suite, out) => ['status', suite, '--out', out, '--json'],
  run: (suite, out) => ['run', suite, '--out', out, '--json'],
  report: (_, out) => ['report', join(out, 'scale'), '--json'],
};
const variants = 512;

/** Nine toggles in every combination. */
const suiteText = (seeds) => `name: scale
dataset: { name: fashion-mnist, train_limit: 640, test_limit: 200 }
network: { base: resnet-50, scale: { resolution: 16, width: 1/8, stem_stride: 2 } }
recipe: { extends: compact, epochs: 3, batch_size: 32 }
base_recipe: { extends: compact-sgd, epochs: 3, batch_size: 32 }
road: [training-recipe, stage-ratio, patchify-stem, depthwise-conv, gelu, kernel-size, layer-norm, final-norm, layer-scale]
strategy: all
seeds: [${Array.from({ length: seeds }, (_, seed) => seed)}]
`;

const folder = mkdtempSync(join(tmpdir(), 'ablate-scale-'));
const rows = [];
try {
  for (const wanted of values.runs.split(',').map(Number)) {
    const suite = join(folder, `${wanted}.yaml`);
    writeFileSync(suite, suiteText(Math.round(wanted / variants)));
    for (const build of builds) {
      if (build.name === 'before' && wanted > Number(values['against-most'])) continue;
      const out = join(folder, `${build.name}-${wanted}`);
      const runs = await makeRecords(build.root, suite, out);
      const measured = Object.fromEntries(
        Object.entries(commands).map(([name, argsOf]) => [name, measure(build.root, argsOf(suite, out))]),
      );
      rows.push({ build: build.name, runs, measured });
      process.stderr.write(`${build.name}, ${runs} runs: ${JSON.stringify(measured)}\n`);
      rmSync(out, { recursive: true });
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (values.markdown) await writeSection(values.markdown, section());
else process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);

/** The records of a suite whose every run is done, as a build of the program plans it. */
async function makeRecords(build, suite, out) {
  const at = (path) => pathToFileURL(join(build, 'dist', path)).href;
  const { openPlan } = await import(at('cli/planned.js'));
  const { plan } = await openPlan(suite, { out }, true);
  const records = join(root, 'reports/fashion-mnist-road/records/gelu/seed-0');
  const read = (name) => JSON.parse(readFileSync(join(records, name), 'utf8'));
  const [run, result] = [read('run.json'), read('result.json')];
  const metrics = Array.from({ length: 33 }, (_, at) =>
    at % 11 === 10
      ? { kind: 'evaluation', step: 2 * at, epoch: (at + 1) / 11, top1: 0.4, top5: 0.8, loss: 1.8, ema: null }
      : { kind: 'train', step: 2 * at, epoch: (at + 1) / 11, loss: 2.3, learningRate: 0.001, imagesPerSecond: 200 },
  );
  const lines = metrics.map((line) => `${JSON.stringify(line)}\n`).join('');
  const suiteFolder = join(out, 'scale');
  for (const [at, { spec, hash, macs, params, fingerprint }] of plan.runs.entries()) {
    const place = join(suiteFolder, spec.variant, `seed-${spec.seed}`);
    mkdirSync(place, { recursive: true });
    const top1 = Math.round(200 * (0.4 + 0.1 * Math.abs(Math.sin(at)))) / 200;
    const own = { ...run, hash, spec, cost: { macs, params }, datasetFingerprint: fingerprint, testImages: 200 };
    writeFileSync(join(place, 'run.json'), JSON.stringify(own, null, 2));
    const numbers = { ...result, hash, top1, best: { top1, epoch: 1 }, top5: Math.max(top1, 0.8) };
    writeFileSync(join(place, 'result.json'), JSON.stringify(numbers, null, 2));
    writeFileSync(join(place, 'metrics.jsonl'), lines);
    writeFileSync(join(place, 'log.txt'), '---\n');
  }
  writeFileSync(join(suiteFolder, 'plan.json'), JSON.stringify(plan.record, null, 2));
  return plan.runs.length;
}

/**
 * Processor seconds of a command, its children included, and the peak MiB of its largest process; or how it failed.
 */
function measure(build, args) {
  const usage = join(folder, 'usage');
  rmSync(usage, { recursive: true, force: true });
  mkdirSync(usage);
  const hook = `import { writeFileSync } from 'node:fs'; process.on('exit', () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage(); writeFileSync(${JSON.stringify(usage)} + '/' + process.pid, JSON.stringify({ seconds: (userCPUTime + systemCPUTime) / 1e6, mebibytes: maxRSS / 1024 })); });`;
  const { status, signal, stderr } = spawnSync(process.execPath, [join(build, 'bin/ablate.js'), ...args], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` },
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    timeout: 1000 * Number(values['most-seconds']),
  });
  if (signal) return { failed: `not ended after ${values['most-seconds']} s` };
  if (status !== 0) return { failed: stderr.trim().split('\n')[0].slice(0, 80) };
  const processes = readdirSync(usage).map((name) => JSON.parse(readFileSync(join(usage, name), 'utf8')));
  return {
    seconds: processes.reduce((sum, { seconds }) => sum + seconds, 0),
    mebibytes: Math.max(...processes.map(({ mebibytes }) => mebibytes)),
  };
}

function section() {
  const shown = ({ seconds, mebibytes, failed }) => failed ?? `${seconds.toFixed(1)} s, ${Math.round(mebibytes)} MiB`;
  return {
    id: 'scale',
    title: 'Commands at thousands of finished runs',
    provenance: provenance(process.argv.slice(2), [], 'node bench/scale.mjs'),
    method:
      'Processor time of each command, its children included, and peak memory of its largest process, on records that are made up: 512 variants, three epochs of metrics a run, everything done.',
    table: {
      columns: [
        { heading: 'build' },
        { heading: 'runs', right: true },
        ...Object.keys(commands).map((heading) => ({ heading, right: true })),
      ],
      rows: rows.map(({ build, runs, measured }) => [
        build,
        runs.toLocaleString('en'),
        ...Object.keys(commands).map((name) => shown(measured[name])),
      ]),
    },
    findings: [],
  };
}
