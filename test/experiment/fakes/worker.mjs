// A worker that counts instead of training: quick, but with the process, lock, checkpoint and result of a real one.
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url);
const { serveTask } = await jiti.import('../../../src/experiment/worker-process.ts');
const { readJson, writeJson } = await jiti.import('../../../src/experiment/store.ts');
const { EnvironmentError } = await jiti.import('../../../src/engine/engine.ts');

const steps = 20;

serveTask(async ({ spec, hash, folder, threads, gpu, codeVersion }, send, signal) => {
  const [behaviour] = spec.variant.split('-');
  if (behaviour === 'unable') throw new EnvironmentError('there is no engine here');
  const record = { schema: 'ablate/run/1', hash, spec, cost: {}, engine: {}, machine: {}, codeVersion, threads, gpu };
  await writeJson(join(folder, 'run.json'), record);
  const checkpoint = join(folder, 'checkpoint.json');
  const from = (await readJson(checkpoint))?.step ?? 0;
  send({ kind: 'started', totalSteps: steps, engine: {} });
  for (let step = from + 1; step <= steps; step++) {
    await sleep(5);
    await appendFile(join(folder, 'trace.txt'), `${process.pid} ${step}\n`);
    if (behaviour === 'crash' && step === 3) {
      console.error('RangeError: this worker was told to crash');
      process.exit(9);
    }
    if (behaviour === 'killed' && step === 3) process.kill(process.pid, 'SIGKILL');
    if (behaviour === 'nan' && step === 3) {
      return {
        schema: 'ablate/result/1',
        status: 'failed',
        hash,
        reason: 'loss is NaN at step 3',
        step,
        finishedAt: 'now',
      };
    }
    if (behaviour === 'endless' && step === steps) step = 1;
    send({ kind: 'progress', step, loss: 1 / step, imagesPerSecond: 1000 });
    if (step % 5 === 0 || signal.aborted) await writeJson(checkpoint, { step });
    if (signal.aborted) return { status: 'interrupted' };
  }
  return { schema: 'ablate/result/1', status: 'done', hash, top1: 0.5, finishedAt: `${Date.now()}-${process.pid}` };
});
