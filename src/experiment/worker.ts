/** A run in a process of its own, or after one of the same network: a crash, an out-of-memory kill or a NaN ends this run and no other. */
import { join } from 'node:path';
import { countCost } from '../cost/count.js';
import { openDatasets } from '../data/open.js';
import { warningsOf } from '../data/remarks.js';
import type { Opened } from '../data/formats/format.js';
import type { Engine } from '../engine/engine.js';
import { openEngine } from '../engine/open.js';
import { datasetFingerprint, designHash, networkHash, protocolHash, runHash } from '../records/hash.js';
import { readRun, orNull } from '../records/read.js';
import { type RunRecord, type RunStart, startsOf } from '../records/run.js';
import { writeJson } from '../records/write.js';
import { removeCheckpoint } from '../training/checkpoint.js';
import { trainRun } from '../training/train.js';
import { choiceOf, requireSame } from './engine-choice.js';
import { type Facts, joinRanks } from './join-ranks.js';
import { keepWeights } from './keep-weights.js';
import { describeMachine } from './machine.js';
import { modelOf, networkOf } from './network.js';
import { loadPlugins } from './plugins.js';
import { preparationOf } from './preparation.js';
import { splitFor } from './split.js';
import { openWeights } from './weights.js';
import { serveTask, type Work } from './worker-process.js';

/** Of this process's last run, if it has had one. */
let last: { readonly engine: Engine; readonly data: { readonly key: string; readonly opened: Opened } } | null = null;

const train: Work = async (task, send, signal) => {
  // `performance.now()` counts from the start of the process, which is the first run's.
  const startedAt = last ? performance.now() : 0;
  const { spec, hash, folder, threads, eager, precision, engine: began, named, codeVersion } = task;
  const leads = (task.group?.rank ?? 0) === 0;
  send({ kind: 'phase', phase: 'loading' });
  const { catalogue, contents, problems } = await loadPlugins(spec.plugins, '/');
  if (problems[0]) throw new Error(problems[0].message);
  const model = modelOf(spec.network, catalogue);
  const { macs, params } = countCost(model);
  const wished = spec.recipe.precision;
  const engine = await openEngine({
    device: spec.device,
    threads,
    eager,
    compiler: spec.compiler,
    precision: wished === 'auto' ? (precision ?? wished) : wished,
    onWarning: (text) => send({ kind: 'warning', text }),
  });
  const what = `${spec.suite}, ${spec.variant} seed ${spec.seed},`;
  if (began) requireSame(began, choiceOf(engine.description), what, named);
  const key = JSON.stringify([spec.dataset, spec.network.classes]);
  const opened = last?.data.key === key ? last.data.opened : await openDatasets(spec.dataset, spec.network.classes);
  last = { engine, data: { key, opened } };
  for (const text of warningsOf(opened.train, opened.test)) send({ kind: 'warning', text });
  const fingerprint = datasetFingerprint(opened);
  const datasets = splitFor(spec, opened);
  const design = designHash(protocolHash(spec, networkHash(model), contents), spec.seed);
  if (runHash(design, fingerprint) !== hash) {
    throw new Error('the program, a plug-in or the data has changed since the suite was started; start it again');
  }
  // A checkpoint without the record of who trained it would mix two engines and say nothing.
  if (leads && orNull(readRun(folder))?.hash !== hash && (await removeCheckpoint(folder)))
    send({ kind: 'warning', text: `${folder} has a checkpoint and no run.json of this run; it starts again` });
  const network = networkOf(spec.network, catalogue);
  const group = task.group && (await joinRanks(engine, task.group, facts()));
  const weights = leads && spec.network.weights ? await openWeights(spec.network.weights, network) : null;
  try {
    const outcome = await trainRun({
      group,
      spec,
      hash,
      model,
      engine,
      datasets,
      weights,
      keep: spec.keepWeights
        ? (trained, averages) => keepWeights(folder, network, model, trained, averages)
        : undefined,
      directory: folder,
      onBegin: async (step) => {
        if (leads) await record(step);
      },
      onMessage: send,
      signal,
      cores: threads,
      startedAt,
      saveEvery: spec.saveEvery === undefined ? undefined : 1000 * spec.saveEvery,
    });
    await group?.leave();
    return outcome;
  } finally {
    await weights?.close();
  }

  /** What all ranks must share; the run's hash last, for it differs where the data does. */
  function facts(): Facts {
    const { version, kernels, precision: found, device } = engine.description;
    return {
      program: codeVersion,
      TensorFlow: version,
      'kernels and instruction set': kernels,
      device,
      precision: found,
      data: fingerprint,
      run: `${spec.variant} seed ${spec.seed} (${hash})`,
    };
  }

  /** Writes run.json with this start after those whose steps are part of the run. */
  async function record(step: number): Promise<void> {
    const start: RunStart = {
      step,
      engine: engine.description,
      machine: describeMachine(),
      codeVersion,
      startedAt: new Date().toISOString(),
      ...(group && { ranks: group.size }),
    };
    const before = orNull(readRun(folder));
    const earlier = before?.hash === hash ? startsOf(before).filter((one) => one.step < step) : [];
    const starts = [...earlier, start];
    const { step: _, ranks: __, ...first } = starts[0] as RunStart;
    const record: RunRecord = {
      schema: 'ablate/run/1',
      hash,
      spec,
      cost: { macs, params },
      ...first,
      datasetFingerprint: fingerprint,
      testImages: datasets.test.length,
      preparation: preparationOf(datasets.test, spec.recipe, model.input[0] as number),
      ...(weights && { initial: { naming: weights.naming, prefix: weights.prefix, fresh: [...weights.fresh] } }),
      starts,
      ...(contents.length > 0 && { plugins: contents }),
    };
    await writeJson(join(folder, 'run.json'), record);
  }
};

serveTask(train, () => last?.engine.renewal);
