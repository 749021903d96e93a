/**
 * rank.mjs RANK HOSTS CASES FILE: one of several processes that train the cases of cases.mjs named in CASES, one after the
 * other, on pictures made up; without hosts, alone. Writes what it came to into FILE: by case, the losses of its steps and
 * a digest of every variable.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { buildModel } from '../../../dist/architecture/build.js';
import { namedNetwork } from '../../../dist/architecture/models.js';
import { recipeSchema } from '../../../dist/config/recipe.js';
import { openEngine } from '../../../dist/engine/open.js';
import { createState } from '../../../dist/training/state.js';
import { createStepper } from '../../../dist/training/stepper.js';
import { mixBatch } from './batches.mjs';
import { cases } from './cases.mjs';

const [who, list, names, file] = process.argv.slice(2);
const hosts = list === '' ? [] : list.split(',');
const rank = Number(who);
const steps = 3;

/** @type {import('../../../dist/engine/group.js').Group | null} */
let group = null;
const found = {};
for (const name of names.split(',')) {
  const { base, network = {}, recipe: changes = {}, precision = 'float32' } = cases[name];
  const engine = await openEngine({ device: 'cpu', threads: 1, precision });
  group ??= hosts.length > 0 ? await join(engine) : null;
  const named = namedNetwork(base, { resolution: 32, classes: 5, widthScale: 1 / 8, ...network });
  const model = buildModel({ ...named, depths: [1, 1, 1, 1] });
  const recipe = recipeSchema.parse({
    ...{ name, epochs: 1, batch_size: 8, micro_batch_size: 2, schedule: { name: 'constant' } },
    ...{ clip_gradient_norm: 0.5, drop_path: 0.2, ema: { decay: 0.9 } },
    optimizer: { name: 'adamw', learning_rate: 0.004, weight_decay: 0.05 },
    ...changes,
  });
  const state = createState(engine.ops, model, recipe, 7, group?.size ?? 1);
  const stepper = await createStepper({ engine, model, recipe, state, seed: 7, group });
  const losses = [];
  for (let step = 0; step < steps; step++) {
    let pass = step * (recipe.batch_size / stepper.batchSize) + (group?.rank ?? 0) * stepper.passes;
    losses.push(await stepper.step(async () => mixBatch(pass++, stepper.batchSize, 5), step, 0.004));
  }
  const digests = {};
  for (const [variable, values] of state.all) {
    const { buffer, byteOffset, byteLength } = values.dataSync();
    digests[variable] = createHash('sha256')
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest('hex')
      .slice(0, 16);
  }
  found[name] = { losses, digests };
  stepper.dispose();
  state.dispose();
}
await group?.leave();
writeFileSync(file, JSON.stringify(found));
process.exit(0);

async function join(engine) {
  const joined = engine.join({ hosts, rank, comeWithin: 60, timeout: 60, lostAfter: 10 });
  await joined.exchange(Float32Array.of(rank), 60);
  joined.watch();
  return joined;
}
