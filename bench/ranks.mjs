/**
 * One run by two processes of one thread beside one process of two threads, in turn: the same network, pictures of noise and
 * passes, so the same numbers. Says pictures a second, memory of a process, what the exchange of all gradients takes alone, and
 * how much of that a step hides: beside two processes that take the passes of a rank each and tell each other nothing.
 *
 *   node bench/ranks.mjs [--model convnext-tiny] [--resolution 224] [--pass 8] [--passes 2] [--steps 2] [--turns 5] [--precision float32]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePorts } from '../dist/experiment/free-ports.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'convnext-tiny' },
    resolution: { type: 'string', default: '224' },
    pass: { type: 'string', default: '8' },
    passes: { type: 'string', default: '2' },
    steps: { type: 'string', default: '2' },
    turns: { type: 'string', default: '5' },
    precision: { type: 'string', default: 'float32' },
  },
});
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const worker = fileURLToPath(new URL('./ranks-worker.mjs', import.meta.url));

async function start(hosts, rank, threads, passes = values.passes) {
  const child = fork(worker, [JSON.stringify({ ...values, passes, hosts, rank, threads })], {
    env: { ...process.env, OMP_NUM_THREADS: String(threads), TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  child.once('exit', (code) => {
    if (code !== null) process.exit(1);
  });
  const ask = async (what) => {
    child.send(what);
    return (await once(child, 'message'))[0];
  };
  await once(child, 'message');
  return { ask, end: () => child.kill('SIGKILL') };
}

const hosts = await freePorts(2);
const half = Number(values.passes) / 2;
const [alone, ...pairs] = await Promise.all([
  start([], 0, 2),
  ...hosts.map((_, rank) => start(hosts, rank, 1)),
  ...hosts.map(() => start([], 0, 1, half)),
]);
const [ranks, strangers] = [pairs.slice(0, 2), pairs.slice(2)];
/** Both processes at once; a step takes as long as the slower one's. */
const both = (pair) => async (what) => {
  const said = await Promise.all(pair.map(({ ask }) => ask(what)));
  const steps = said[0].steps?.map((_, at) => Math.max(...said.map(({ steps: own }) => own[at])));
  return { ...said[0], steps, memory: Math.max(...said.map(({ memory }) => memory)) };
};
const together = both(ranks);
const sides = {
  'one process, 2 threads': alone.ask,
  'two ranks, 1 thread each': together,
  'two processes, half of the passes each, no exchange': both(strangers),
};
const found = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
for (const ask of Object.values(sides)) await ask('step');
const exchanges = [];
for (let turn = 0; turn < Number(values.turns); turn++) {
  for (const [name, ask] of Object.entries(sides)) found[name].push(await ask('steps'));
  exchanges.push((await together('exchange')).milliseconds);
}
const pictures = Number(values.pass) * Number(values.passes);
const rows = Object.entries(found).map(([name, turns]) => ({
  name,
  milliseconds: median(turns.flatMap(({ steps }) => steps)),
  memory: Math.max(...turns.map(({ memory }) => memory)),
}));
const [one, two, apart] = rows;
const exchange = median(exchanges);
for (const { name, milliseconds, memory } of rows)
  console.log(
    `${name}: ${milliseconds.toFixed(0)} ms a step of ${pictures} pictures, ${((1000 * pictures) / milliseconds).toFixed(2)} pictures/s, ${(memory / 2 ** 20).toFixed(0)} MiB a process`,
  );
console.log(`ratio of pictures/s: ${(one.milliseconds / two.milliseconds).toFixed(3)}`);
console.log(`exchange of all gradients alone: ${exchange.toFixed(0)} ms`);
const exposed = two.milliseconds - apart.milliseconds;
console.log(
  `of it a step shows ${exposed.toFixed(0)} ms, and hides ${(100 * (1 - Math.max(0, exposed) / exchange)).toFixed(0)} %`,
);
for (const process of [alone, ...pairs]) process.end();
