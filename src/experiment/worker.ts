/** One run in a process of its own, so that a crash, an out-of-memory kill or a NaN ends this run and no other. */
import { join } from 'node:path';
import { countCost } from '../cost/count.js';
import { openDatasets } from '../data/open.js';
import { warningsOf } from '../data/remarks.js';
import { openEngine } from '../engine/open.js';
import { trainRun } from '../training/train.js';
import { datasetFingerprint, designHash, runHash } from './hash.js';
import { keepWeights } from './keep-weights.js';
import { describeMachine } from './machine.js';
import { modelOf, networkOf } from './network.js';
import { loadPlugins } from './plugins.js';
import type { RunRecord } from './records.js';
import { writeJson } from './store.js';
import { openWeights } from './weights.js';
import { serveTask } from './worker-process.js';

/** `performance.now()` counts from the start of the process. */
const processStart = 0;

serveTask(async ({ spec, hash, folder, threads, eager, codeVersion }, send, signal) => {
  send({ kind: 'phase', phase: 'loading' });
  const { catalogue, problems } = await loadPlugins(spec.plugins, '/');
  if (problems[0]) throw new Error(problems[0].message);
  const model = modelOf(spec.network, catalogue);
  const { macs, params } = countCost(model);
  const engine = await openEngine({
    device: spec.device,
    threads,
    eager,
    precision: spec.recipe.precision,
    onWarning: (text) => send({ kind: 'warning', text }),
  });
  const datasets = await openDatasets(spec.dataset, spec.network.classes);
  for (const text of warningsOf(datasets.train, datasets.test)) send({ kind: 'warning', text });
  const fingerprint = datasetFingerprint(datasets);
  if (runHash(designHash(spec, model), fingerprint) !== hash) {
    throw new Error('the program, a plug-in or the data has changed since the suite was started; start it again');
  }
  const record: RunRecord = {
    schema: 'ablate/run/1',
    hash,
    spec,
    cost: { macs, params },
    engine: engine.description,
    machine: describeMachine(),
    codeVersion,
    datasetFingerprint: fingerprint,
    testImages: datasets.test.length,
    startedAt: new Date().toISOString(),
  };
  await writeJson(join(folder, 'run.json'), record);
  const network = networkOf(spec.network, catalogue);
  const weights = spec.network.weights && (await openWeights(spec.network.weights, network));
  try {
    return await trainRun({
      spec,
      hash,
      model,
      engine,
      datasets,
      weights: weights ?? null,
      keep: spec.keepWeights
        ? (trained, averages) => keepWeights(folder, network, model, trained, averages)
        : undefined,
      directory: folder,
      onMessage: send,
      signal,
      cores: threads,
      startedAt: processStart,
    });
  } finally {
    await weights?.close();
  }
});
