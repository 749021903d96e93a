/**
 * One run in a process of its own, so that a crash, an out-of-memory kill or a NaN ends this run and no other. Its parent
 * sends a `WorkerTask`, gets `WorkerMessage`s, and asks for an end with SIGTERM; a parent that dies has the same effect.
 */
import { join } from 'node:path';
import { countCost } from '../cost/count.js';
import { openDatasets } from '../data/open.js';
import { openEngine } from '../engine/open.js';
import { trainRun } from '../training/train.js';
import { describeMachine } from './machine.js';
import { modelOf } from './network.js';
import { loadPlugins } from './plugins.js';
import type { RunRecord, RunResult, WorkerMessage } from './records.js';
import { writeJson } from './store.js';
import { type WorkerTask, workerExit } from './worker-task.js';

/** `performance.now()` counts from the start of the process. */
const processStart = 0;

const send = (message: WorkerMessage): void => {
  if (process.connected) process.send?.(message);
};

async function work({ spec, hash, folder, threads, eager, codeVersion }: WorkerTask, signal: AbortSignal): Promise<number> {
  send({ kind: 'phase', phase: 'loading' });
  const { catalogue, problems } = await loadPlugins(spec.plugins, '/');
  if (problems[0]) throw new Error(problems[0].message);
  const model = modelOf(spec.network, catalogue);
  const { macs, params } = countCost(model);
  const engine = await openEngine({ device: spec.device, threads, eager, onWarning: (text) => send({ kind: 'warning', text }) });
  const datasets = await openDatasets(spec.dataset);
  const record: RunRecord = {
    schema: 'ablate/run/1',
    hash,
    spec,
    cost: { macs, params },
    engine: engine.description,
    machine: describeMachine(),
    codeVersion,
    datasetFingerprint: `${datasets.train.fingerprint} ${datasets.test.fingerprint}`,
    testImages: datasets.test.length,
    startedAt: new Date().toISOString(),
  };
  await writeJson(join(folder, 'run.json'), record);
  const outcome = await trainRun({ spec, hash, model, engine, datasets, directory: folder, onMessage: send, signal, startedAt: processStart });
  if (outcome.status === 'interrupted') return workerExit.interrupted;
  const result: RunResult = outcome;
  await writeJson(join(folder, 'result.json'), result);
  send({ kind: 'finished', result });
  return workerExit.finished;
}

const ending = new AbortController();
process.on('SIGTERM', () => ending.abort());
// Ctrl-C reaches the whole group of processes; the parent decides.
process.on('SIGINT', () => {});
process.on('disconnect', () => ending.abort());
process.once('message', async (task: WorkerTask) => {
  try {
    process.exitCode = await work(task, ending.signal);
  } catch (error) {
    process.stderr.write(`${(error as Error).stack ?? error}\n`);
    process.exitCode = workerExit.crashed;
  }
  if (process.connected) process.disconnect();
  // TensorFlow's threads would keep the process alive.
  setImmediate(() => process.exit());
});
