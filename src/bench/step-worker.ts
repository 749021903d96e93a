/**
 * A training step of one network in a process of its own: lines `{"steps": n}` in, times in milliseconds out; with
 * `"profile": true` also where the time went.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { recipeSchema } from '../config/recipe.js';
import type { Device } from '../engine/engine.js';
import { openEngine } from '../engine/open.js';
import { modelOf } from '../experiment/network.js';
import { loadPlugins } from '../experiment/plugins.js';
import { createState } from '../training/state.js';
import { createStepper } from '../training/stepper.js';
import { measureRates } from './machine-rates.js';
import { startSeed, stepBatch } from './same-start.js';
import type { StepTask } from './task.js';

const task = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as StepTask;
const device = (process.argv[3] ?? 'auto') as Device;
const compiler = process.argv[4] === 'xla' ? 'xla' : task.compiler;
const engine = await openEngine({ device, threads: task.threads, precision: task.precision, compiler });
const { catalogue } = await loadPlugins(task.plugins, '/');
const model = modelOf(task.spec, catalogue);
const { engine: name, version, kernels, compiler: by = null } = engine.description;
const about = `${name === 'tensorflow' ? 'TensorFlow' : 'tfjs wasm'} ${version}, ${by === 'xla' ? 'XLA' : `kernels ${kernels}`}`;
const plain = {
  name: 'bench',
  epochs: 1,
  optimizer: { name: 'adamw', learning_rate: 1e-3, weight_decay: 0.05 },
  schedule: { name: 'constant' },
};
const { batch: size, precision, recompute } = task;
const recipe = recipeSchema.parse({ ...(task.recipe ?? plain), batch_size: size, micro_batch_size: null, precision });
const state = createState(engine.ops, model, recipe, startSeed);
const stepper = await createStepper({ engine, model, recipe, state, seed: startSeed, recompute });
const batch = stepBatch(task, model);

const names = new Map([...state.all].map(([parameter, variable]) => [variable.name, parameter]));

let number = 0;
let firstLoss: number | null = null;
for await (const line of createInterface({ input: process.stdin })) {
  const times: number[] = [];
  const question = JSON.parse(line) as { readonly steps: number; readonly profile?: boolean };
  const profiler = question.profile ? engine.profiler : undefined;
  profiler?.start(names);
  for (let step = 0; step < question.steps; step++) {
    const start = performance.now();
    const loss = await stepper.step(async () => batch, number++, 1e-3);
    firstLoss ??= loss;
    times.push(performance.now() - start);
  }
  const profile = profiler && { ...profiler.take(), rates: await measureRates(engine, profiler) };
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(`${JSON.stringify({ times, firstLoss, about, peakBytes, profile })}\n`);
}
process.exit();
