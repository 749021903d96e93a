// One process of bench/ranks.mjs: takes steps when it is asked to, and says how long each took.
import { buildModel } from '../dist/architecture/build.js';
import { namedNetwork } from '../dist/architecture/models.js';
import { recipeSchema } from '../dist/config/recipe.js';
import { openEngine } from '../dist/engine/open.js';
import { createState } from '../dist/training/state.js';
import { createStepper } from '../dist/training/stepper.js';
import { exampleBatch } from '../dist/training/try-out.js';

const task = JSON.parse(process.argv[2]);
const [pass, passes, count] = [task.pass, task.passes, task.steps].map(Number);
const engine = await openEngine({ device: 'cpu', threads: task.threads, precision: task.precision });
const { tf } = engine.ops;
const model = buildModel(namedNetwork(task.model, { resolution: Number(task.resolution), classes: 1000 }));
const recipe = recipeSchema.parse({
  ...{ name: 'bench', epochs: 1, batch_size: pass * passes, micro_batch_size: pass, schedule: { name: 'constant' } },
  optimizer: { name: 'adamw', learning_rate: 0.001, weight_decay: 0.05 },
});
const alone = task.hosts.length === 0;
const group = alone
  ? null
  : engine.join({ hosts: task.hosts, rank: task.rank, comeWithin: 120, timeout: 120, lostAfter: 60 });
await group?.exchange(Float32Array.of(task.rank));
const state = createState(engine.ops, model, recipe, 0, group?.size);
const stepper = await createStepper({ engine, model, recipe, state, seed: 0, group });
const batch = exampleBatch(model, pass, 0);
let exchange = null;
if (group) {
  const like = () => state.trainable.map(({ shape }) => tf.zeros(shape));
  const step = () => {
    const sums = group.sum(like());
    return { total: tf.addN(sums.map((sum) => tf.sum(sum))) };
  };
  exchange = await engine.prepare(step, [], [{}, {}]);
}
let number = 0;

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
const takeStep = () => timed(() => stepper.step(async () => batch, number++, 0.001));

process.on('message', async (what) => {
  const memory = () => process.resourceUsage().maxRSS * 1024;
  if (what === 'exchange') {
    const times = [];
    for (let at = 0; at < 3; at++)
      times.push(await timed(async () => tf.dispose(Object.values(await exchange.run({})))));
    process.send({ milliseconds: times.sort((a, b) => a - b)[1], memory: memory() });
    return;
  }
  const steps = [];
  for (let at = 0; at < (what === 'steps' ? count : 1); at++) steps.push(await takeStep());
  process.send({ steps, memory: memory() });
});
process.send({ ready: true });
