/** A worker thread: reads, decodes and prepares pictures into shared memory until it is told to end. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSource } from '../listing/source.js';
import type { Job, JobDone, ThreadSetup } from './job.js';
import { createItemPreparation } from './prepare-item.js';

const { source, preparation }: ThreadSetup = workerData;
const reader = openSource(source);
const prepare = createItemPreparation(reader, preparation);

parentPort?.on('message', async ({ id, items, into, first }: Job) => {
  // Reading and decoding go on in the process's pool while this thread prepares the picture before.
  const waiting = items.map((item, at) => prepare(item, into, first + at));
  const answers = await Promise.all(waiting);
  const done: JobDone = { id, unreadable: answers.filter((answer) => answer !== undefined) };
  parentPort?.postMessage(done);
});
