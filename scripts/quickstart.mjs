// `npm run quickstart`: from a fresh clone to a report, in one command.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { signals } from './beside.mjs';
import { prepare, root } from './prepare.mjs';

const suite = 'configs/suites/quickstart.yaml';
const interrupted = 75;
const began = Date.now();
const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
const say = (text) => process.stderr.write(`[${seconds().padStart(5)}] ${text}\n`);

/** A command of the program under way: its exit code once it has ended, 75 where a signal ended it. */
function ablate(...args) {
  const child = spawn(process.execPath, [join(root, 'bin', 'ablate.js'), ...args], { cwd: root, stdio: 'inherit' });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ? interrupted : code)));
  working.add(child);
  ended.then(() => working.delete(child));
  return { ended, stop: () => child.kill() };
}

const working = new Set();
let stopped = false;
/** Every command clears away or saves what it has begun; a terminal tells them by itself, others tell this process alone. */
function stop(name) {
  stopped = true;
  for (const child of working) child.kill(name);
}

function need(status, otherwise) {
  if (stopped) process.exit(interrupted);
  if (status === 0) return;
  say(otherwise);
  process.exit(status ?? 1);
}

await prepare({ say });
for (const name of signals) process.on(name, stop);
say('setting up the tensorflow engine and fetching Fashion-MNIST (once; kept in a cache outside this folder)');
const engine = ablate('setup');
const data = await ablate('data', 'fashion-mnist').ended;
if (data !== 0) {
  engine.stop();
  await engine.ended;
}
need(data, 'without data there is nothing to train on');
const setup = await engine.ended;
if (setup !== 0 && !stopped) say('going on with the wasm engine: it works everywhere, but trains several times slower');
need(0);
say('training the road');
const trained = await ablate('run', suite).ended;
if (trained !== 0 && trained !== 1) need(trained, `the run did not finish; the same command goes on where it stopped`);
say('writing the report');
need(await ablate('report', suite).ended, 'the report could not be written');
say(`done: open ${join('reports', 'quickstart', 'index.html')}`);
process.exit(trained);
