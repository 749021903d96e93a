// A worker that counts instead of training: quick, but with the process, lock, checkpoint and result of a real one.
import { appendFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url);
const { serveTask } = await jiti.import('../../../src/experiment/worker-process.ts');
const { writeJson } = await jiti.import('../../../src/records/write.ts');
const { EnvironmentError } = await jiti.import('../../../src/engine/engine.ts');
const { doneResult, engine, failedResult, runRecord } = await jiti.import('./records.ts');

const steps = 20;

const train = async ({ spec, hash, folder, threads, gpu, codeVersion, engine: expected }, send, signal) => {
  const [behaviour] = spec.variant.split('-');
  if (behaviour === 'unable') throw new EnvironmentError('there is no engine here');
  if (behaviour === 'full')
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  if (behaviour === 'wordy') throw new Error('the first line\nthe second line');
  const record = runRecord(hash, { spec, codeVersion, engine: { ...engine, threads } });
  await writeJson(join(folder, 'run.json'), record);
  await writeJson(join(folder, 'task.json'), { gpu, expected });
  const checkpoint = join(folder, 'checkpoint', 'count.json');
  const from = await readFile(checkpoint, 'utf8').then(
    (text) => JSON.parse(text).step,
    () => 0,
  );
  send({ kind: 'started', totalSteps: steps, engine: record.engine });
  for (let step = from + 1; step <= steps; step++) {
    await sleep(5);
    await appendFile(join(folder, 'trace.txt'), `${process.pid} ${step}\n`);
    if (behaviour === 'crash' && step === 3) {
      console.error('RangeError: this worker was told to crash');
      // As TensorFlow says it of a step that XLA finds in its cache.
      console.error(
        'E0000 00:00:1.5 7 text_format.cc:378] Error parsing text-format tensorflow.XlaSerializedCacheEntry',
      );
      // As Node does after its last words, where memory is used up.
      console.error(' 1: 0xb78db3 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]');
      process.exit(9);
    }
    if (behaviour === 'killed' && step === 3) process.kill(process.pid, 'SIGKILL');
    if (behaviour === 'nan' && step === 3) return failedResult(hash, 'loss is NaN at step 3', step);
    if (behaviour === 'endless' && step === steps) step = 1;
    send({ kind: 'progress', step, loss: 1 / step, imagesPerSecond: 1000 });
    if (step % 5 === 0 || signal.aborted) {
      await writeJson(checkpoint, { step });
      send({ kind: 'saved', step });
    }
    if (signal.aborted) return { status: 'interrupted' };
  }
  // Badly ended after the result is on disk: its last words are no failure.
  if (behaviour === 'late') process.on('exit', () => process.kill(process.pid, 'SIGKILL'));
  kept = behaviour === 'kept';
  return doneResult(hash, { finishedAt: `${Date.now()}-${process.pid}` });
};

let kept = false;
const renewal = {
  renew: () => kept,
  writeOutputTo: (file) => appendFileSync(file, 'from now on\n'),
};
serveTask(train, () => renewal);
