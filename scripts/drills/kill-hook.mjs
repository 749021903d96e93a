/**
 * Loaded into `ablate run` and its workers by kills.mjs: ends the process by SIGKILL at a file operation on its records.
 * Which kind, and at which time that it comes by, is drawn when the process starts; what was chosen and hit is logged.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const log = process.env.ABLATE_KILL_LOG;
const program = process.argv[1] ?? '';
const who = program.endsWith('/experiment/worker.js')
  ? 'worker'
  : program.endsWith('/bin/ablate.js')
    ? 'scheduler'
    : null;

/** What of the records a path is, or null. */
function kindOf(path) {
  const name = String(path);
  if (/(state|next|previous)\.safetensors/.test(name)) return 'checkpoint';
  if (name.endsWith('/checkpoint')) return 'checkpoint folder';
  return ['result.json', 'run.json', 'plan.json', 'metrics.jsonl', '.lock'].find((one) => name.includes(one)) ?? null;
}

const places = {
  worker: [
    ...['open', 'write', 'sync', 'rename'].map((operation) => ['checkpoint', operation]),
    ...['rm'].map((operation) => ['checkpoint folder', operation]),
    ...['open', 'write', 'sync', 'rename'].flatMap((operation) => [
      ['result.json', operation],
      ['run.json', operation],
    ]),
    ...['open', 'write', 'sync'].map((operation) => ['metrics.jsonl', operation]),
    ...['open', 'write', 'rm'].map((operation) => ['.lock', operation]),
  ],
  scheduler: [
    ...['open', 'write', 'sync', 'rename'].map((operation) => ['plan.json', operation]),
    ...['open', 'write', 'rm'].map((operation) => ['.lock', operation]),
  ],
};

const draw = (below) => Math.floor(Math.random() * below);

// A scheduler that always dies would never let a worker work.
if (who && log && (who === 'worker' || draw(4) === 0)) {
  const [kind, operation] = places[who][draw(places[who].length)];
  const when = ['before', 'after', ...(operation === 'write' ? ['amid'] : [])][draw(operation === 'write' ? 3 : 2)];
  // Steps come by often, results once: early and late moments of either.
  let left = kind === 'checkpoint' || kind === 'metrics.jsonl' ? 1 + draw(60) : 1;
  const site = `${who}: ${when} ${operation} of ${kind}`;

  const die = () => {
    fs.appendFileSync(log, `${site}\n`);
    process.kill(process.pid, 'SIGKILL');
    // The signal is on its way: nothing more may happen.
    for (;;);
  };
  const meets = (path, name, moment) => name === operation && moment === when && kindOf(path) === kind && --left === 0;

  const paths = new WeakMap();
  const wrap = (holder, method, name, pathOf) => {
    const original = holder[method];
    holder[method] = async function (...args) {
      const path = pathOf(this, args);
      if (meets(path, name, 'before')) die();
      if (name === 'write' && meets(path, name, 'amid')) {
        const [data] = args;
        await original.call(
          this,
          typeof data === 'string' ? data.slice(0, data.length / 2) : data.subarray(0, data.length / 2),
        );
        die();
      }
      const value = await original.apply(this, args);
      if (method === 'open') paths.set(value, path);
      if (meets(path, name, 'after')) die();
      return value;
    };
  };
  const handle = await fsp.open(program, 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  for (const [method, name] of [
    ['write', 'write'],
    ['writeFile', 'write'],
    ['appendFile', 'write'],
    ['sync', 'sync'],
  ])
    wrap(prototype, method, name, (self) => paths.get(self) ?? '');
  for (const method of ['open', 'rm']) wrap(fsp, method, method, (_, [path]) => path);
  // A rename is of what it becomes.
  wrap(fsp, 'rename', 'rename', (_, [, to]) => to);
  syncBuiltinESMExports();
  // Now and then at no file operation at all.
  if (draw(6) === 0) {
    const timer = setTimeout(() => {
      fs.appendFileSync(log, `${who}: by the clock\n`);
      process.kill(process.pid, 'SIGKILL');
    }, 500 + draw(8000));
    timer.unref();
  }
}
