// `npm run quickstart`: from a fresh clone to a report, in one command.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

const suite = 'configs/suites/quickstart.yaml';
const began = Date.now();
const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
const say = (text) => process.stderr.write(`[${seconds().padStart(5)}] ${text}\n`);

function ablate(...args) {
  const { status, signal } = spawnSync(process.execPath, [join(root, 'bin', 'ablate.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  return signal ? 75 : status;
}

function need(status, otherwise) {
  if (status === 0) return;
  say(otherwise);
  process.exit(status ?? 1);
}

prepare({ say });
say('setting up the tensorflow engine (once; kept in a cache outside this folder)');
const setup = ablate('setup');
if (setup !== 0) say('going on with the wasm engine: it works everywhere, but trains several times slower');
say('fetching Fashion-MNIST (once)');
need(ablate('data', 'fashion-mnist'), 'without data there is nothing to train on');
say('training the road');
const trained = ablate('run', suite);
if (trained !== 0 && trained !== 1) need(trained, `the run did not finish; the same command goes on where it stopped`);
say('writing the report');
need(ablate('report', suite), 'the report could not be written');
say(`done: open ${join('reports', 'quickstart', 'index.html')}`);
process.exit(trained);
