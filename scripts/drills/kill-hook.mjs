/**
 * Loaded into `ablate run` and its workers by kills.mjs: ends the process by SIGKILL at a file operation on its records.
 * Which kind, and at which time that it comes by, is drawn when the process starts; what was chosen and hit is logged.
 */
import fs from 'node:fs';
import { kindOf, meetOperations, who } from './file-operations.mjs';

const log = process.env.ABLATE_KILL_LOG;
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

  await meetOperations((path, name, moment) => {
    if (!meets(path, name, moment)) return undefined;
    return moment === 'amid' ? die : die();
  });
  // Now and then at no file operation at all.
  if (draw(6) === 0) {
    const timer = setTimeout(() => {
      fs.appendFileSync(log, `${who}: by the clock\n`);
      process.kill(process.pid, 'SIGKILL');
    }, 500 + draw(8000));
    timer.unref();
  }
}
