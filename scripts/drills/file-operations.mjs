/** What `ablate run` and its workers do to files of their records, met one by one: for drills that end or hinder them there. */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const program = process.argv[1] ?? '';

/** Which of the two this process is; null for any other. */
export const who = program.endsWith('/experiment/worker.js')
  ? 'worker'
  : program.endsWith('/bin/ablate.js')
    ? 'scheduler'
    : null;

/** What of the records a path is, or null. */
export function kindOf(path) {
  const name = String(path);
  if (/(state|next|previous)\.safetensors/.test(name)) return 'checkpoint';
  if (name.endsWith('/checkpoint')) return 'checkpoint folder';
  return (
    ['result.json', 'run.json', 'plan.json', 'metrics.jsonl', 'log.txt', '.lock'].find((one) => name.includes(one)) ??
    null
  );
}

/**
 * Calls `meet(path, operation, moment)` before and after every opening, write, sync, renaming and removal of a file. Where it
 * gives a function `amid` a write, half of that is written and the function called. What either throws, the operation throws.
 */
export async function meetOperations(meet) {
  const paths = new WeakMap();
  const wrap = (holder, method, name, pathOf) => {
    const original = holder[method];
    holder[method] = async function (...args) {
      const path = pathOf(this, args);
      meet(path, name, 'before');
      const amid = name === 'write' ? meet(path, name, 'amid') : undefined;
      if (amid) {
        await original.call(this, halfOf(args[0]));
        amid();
      }
      const value = await original.apply(this, args);
      if (method === 'open') paths.set(value, path);
      meet(path, name, 'after');
      return value;
    };
  };
  const handle = await fsp.open(program, 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  for (const [method, name] of [
    ['write', 'write'],
    ['writeFile', 'write'],
    ['appendFile', 'write'],
    ['sync', 'sync'],
  ])
    wrap(prototype, method, name, (self) => paths.get(self) ?? '');
  // What writes a file whole hands it the open file, in pieces where it is large.
  const { writeFile } = fsp;
  fsp.writeFile = async (file, data, ...rest) => {
    const path = paths.get(file) ?? String(file);
    meet(path, 'write', 'before');
    const amid = meet(path, 'write', 'amid');
    await writeFile(file, amid ? halfOf(data) : data, ...rest);
    if (amid) amid();
    meet(path, 'write', 'after');
  };
  for (const method of ['open', 'rm']) wrap(fsp, method, method, (_, [path]) => path);
  // A rename is of what it becomes.
  wrap(fsp, 'rename', 'rename', (_, [, to]) => to);
  const { appendFileSync, openSync } = fs;
  fs.appendFileSync = (path, ...rest) => {
    meet(path, 'write', 'before');
    return appendFileSync(path, ...rest);
  };
  fs.openSync = (path, ...rest) => {
    if (kindOf(path)) meet(path, 'open', 'before');
    return openSync(path, ...rest);
  };
  syncBuiltinESMExports();
}

/** The first half of some bytes, or the first of several pieces. */
function halfOf(data) {
  if (typeof data === 'string') return data.slice(0, data.length / 2);
  if (ArrayBuffer.isView(data)) return data.subarray(0, data.byteLength / 2);
  return (async function* first() {
    for await (const piece of data) return yield piece;
  })();
}
