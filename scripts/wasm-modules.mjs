// The WebAssembly modules that are kept in the repository beside their sources, and the hash that holds one to the other.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** They live in the memory of whoever loads them: they bring no data, no stack and no allocator. */
export const modules = [
  { source: 'native/wasm/kernels.ts', output: 'src/engine/wasm/kernels-module.ts', name: 'kernelsModule', flags: [] },
  {
    source: 'native/wasm/kernels.ts',
    output: 'src/engine/wasm/relaxed-kernels-module.ts',
    name: 'relaxedKernelsModule',
    flags: ['--enable', 'relaxed-simd'],
  },
  {
    source: 'native/wasm/resize.ts',
    output: 'src/data/pictures/augment/resize-module.ts',
    name: 'resizeModule',
    flags: ['--noAssert'],
  },
];

/** SHA-256 of a source and of the files in the folder of its name. */
export function hashOfSource(source) {
  const folder = source.replace(/\.ts$/, '');
  const parts = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
  const hash = createHash('sha256');
  for (const file of [source, ...parts.map((part) => `${folder}/${part}`)]) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
