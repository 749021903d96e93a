/**
 * Does XLA compile every network of a suite, training and evaluation step, and are its values TensorFlow's but for rounding?
 * See src/bench/compilers.ts for how that is told. Exits with 1 where one is not.
 *
 *     node bench/compilers.mjs [--suite FILE] [--only GLOB] [--device cpu] [--batch 32] [--kept FILE] [--markdown FILE]
 *
 * Writes the section `compilers-SUITE` of RESULTS.md, or of FILE. Rows are put into the file named by --kept as they are
 * found, and those that lie there are not measured again: half a table is gone on with. A minute a network on a CPU, half with
 * XLA_FLAGS=--xla_backend_optimization_level=0, which leaves XLA's own work as it is and LLVM's out.
 */
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildModel } from '../dist/architecture/build.js';
import { bothCompilers, compareCompilers, tooFar } from '../dist/bench/compilers.js';
import { provenance } from '../dist/bench/provenance.js';
import { writeSection } from '../dist/bench/results-file.js';
import { fits } from '../dist/cli/select.js';
import { recipeSchema } from '../dist/config/recipe.js';
import { networkOf } from '../dist/experiment/network.js';
import { openSuite } from '../dist/experiment/suite.js';
import { markdown } from './suite.mjs';

const { values } = parseArgs({
  options: {
    markdown,
    suite: { type: 'string', default: 'configs/suites/quickstart.yaml' },
    only: { type: 'string' },
    device: { type: 'string', default: 'cpu' },
    batch: { type: 'string', default: '32' },
    kept: { type: 'string' },
    one: { type: 'string' },
  },
});
const steps = 3;
const { suite, variants, catalogue } = await openSuite(values.suite);

if (values.one) {
  // In a process of its own: what XLA has compiled stays in memory until the process ends.
  const engines = bothCompilers({ device: values.device, threads: 1 });
  const { spec, recipe: own } = variants.find(({ variant }) => variant.name === values.one);
  const changed = { batch_size: Number(values.batch), micro_batch_size: null, precision: 'float32' };
  const recipe = recipeSchema.parse({ ...own, ...changed });
  const apart = await compareCompilers(engines, { model: buildModel(networkOf(spec, catalogue)), recipe, steps });
  const { version, device } = engines.xla.description;
  console.log(JSON.stringify({ name: values.one, ...apart, about: `TensorFlow ${version}, ${device}, XLA` }));
} else await measureAll();

async function measureAll() {
  const kept = values.kept && existsSync(values.kept) ? await readFile(values.kept, 'utf8') : '';
  const rows = kept
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  for (const { variant, sameAs } of variants) {
    const { name } = variant;
    if (sameAs !== null || !fits(values.only)(name) || rows.some((row) => row.name === name)) continue;
    const line = await measureOne(name);
    rows.push(JSON.parse(line));
    if (values.kept) await appendFile(values.kept, `${line}\n`);
    console.error(`${name}: ${tooFar(rows.at(-1)).join('; ') || 'right'}`);
  }
  const wrong = rows.filter((row) => tooFar(row).length > 0);
  await write(rows, wrong);
  if (wrong.length > 0) process.exit(1);
}

function measureOne(name) {
  const program = fileURLToPath(import.meta.url);
  const args = ['--suite', values.suite, '--device', values.device, '--batch', values.batch, '--one', name];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [printed, said] = ['', ''];
    child.stdout.on('data', (data) => {
      printed += data;
    });
    child.stderr.on('data', (data) => {
      said = `${said}${data}`.slice(-2000);
    });
    child.on('close', (code) =>
      code === 0 ? resolve(printed.trim()) : reject(new Error(`${name} was not compared: ${said}`)),
    );
  });
}

async function write(rows, wrong) {
  const right = true;
  const short = (value) => (value === null ? '–' : value === 0 ? '0' : value.toExponential(1));
  const most = (of) => short(Math.max(...rows.map(of)));
  await writeSection(values.markdown, {
    id: `compilers-${suite.name}`,
    title: `XLA beside TensorFlow: ${suite.name}`,
    provenance: provenance(
      process.argv.slice(2),
      rows.map(({ about }) => about),
      'node bench/compilers.mjs',
    ),
    method: `TensorFlow's own ops in float32, batch ${values.batch}, compiled by each from the same weights and pictures, the suite's recipes. Distances are relative; those of variables are over weights, moments and statistics together, beside TensorFlow's own from weights and pictures four last bits away (the largest of eight tries).`,
    table: {
      columns: [
        { heading: 'network' },
        { heading: 'first loss, XLA', right },
        { heading: 'four last bits', right },
        { heading: 'evaluation', right },
        { heading: 'running statistics', right },
        { heading: 'variables after a step, XLA', right },
        { heading: 'four last bits', right },
        { heading: `after ${steps} steps, XLA`, right },
        { heading: 'four last bits', right },
        { heading: 'compiling, s', right },
      ],
      rows: rows.map(({ name, loss, evaluation, statistics, first, last, compileSeconds }) => [
        name,
        ...[loss.xla, loss.noise, evaluation, statistics, first.xla, first.noise, last.xla, last.noise].map(short),
        compileSeconds.toFixed(0),
      ]),
    },
    findings: [
      `First losses within ${most(({ loss }) => loss.xla)}, losses of evaluated pictures within ${most(({ evaluation }) => evaluation)}.`,
      wrong.length === 0
        ? "No variable is further from TensorFlow's than three times what four last bits make."
        : `Further apart than rounding explains: ${wrong.map((row) => `${row.name} (${tooFar(row).join('; ')})`).join(', ')}.`,
    ],
  });
  process.stdout.write(`written to ${values.markdown}\n`);
}
