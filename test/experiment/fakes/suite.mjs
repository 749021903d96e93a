// `ablate run` without the training: node suite.mjs FOLDER VARIANT...
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url);
const { localProcesses } = await jiti.import('../../../src/experiment/executor.ts');
const { lockFolder } = await jiti.import('../../../src/experiment/lock.ts');
const { runSchedule } = await jiti.import('../../../src/experiment/schedule.ts');
const { fakeRun, fakeWorker } = await jiti.import('./runs.ts');

const [suiteFolder, ...variants] = process.argv.slice(2);
const stop = new AbortController();
const kill = new AbortController();
process.on('SIGTERM', () => stop.abort());
const release = await lockFolder(suiteFolder);
const { done, failed, left } = await runSchedule({
  runs: variants.map((variant) => fakeRun(variant)),
  suiteFolder,
  executor: localProcesses(fakeWorker),
  share: { parallel: 2, threads: 1, gpus: [], note: null },
  eager: false,
  codeVersion: 'test',
  onEvent: () => {},
  stop: stop.signal,
  kill: kill.signal,
});
await release();
console.log(JSON.stringify({ done: done.length, failed: failed.length, left: left.length }));
