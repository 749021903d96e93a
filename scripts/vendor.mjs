// Puts the part of @tensorflow/tfjs-node-gpu that the tensorflow engine is built from and runs on into vendor/. As a
// dependency, the package would run its install script on every machine, which downloads a TensorFlow of 2022 and fails where
// that address is closed; its files, and the npm package made of this folder, need no script.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { call } from './beside.mjs';

const source = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  integrity: 'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
};

/** The sources of the addon, and the backend that calls it with all it requires of its own package. */
const parts = [
  'package.json',
  'README.md',
  'binding',
  'dist/register_all_kernels.js',
  'dist/nodejs_kernel_backend.js',
  'dist/int64_tensors.js',
  'dist/proto',
  'dist/kernels',
];

/** Fetches it with npm, from the registry that npm is set up for, unless it is there; throws where it cannot. */
export async function vendor(root, say, signal) {
  const folder = join(root, 'vendor', 'tfjs-node-gpu');
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === source.version) return;
  say(`fetching the sources of ${wanted} (npm pack)`);
  mkdirSync(join(root, 'vendor'), { recursive: true });
  const temporary = mkdtempSync(join(root, 'vendor', '.fetching-'));
  try {
    const whole = await unpack(await fetchArchive(temporary, signal), temporary, signal);
    cpSync(join(root, 'licenses', 'apache-2.0.txt'), join(whole, 'LICENSE'));
    rmSync(folder, { recursive: true, force: true });
    renameSync(whole, folder);
  } catch (error) {
    throw new Error(`${wanted} could not be fetched: ${error.message}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

const wanted = `${source.name}@${source.version}`;

async function fetchArchive(folder, signal) {
  const options = ['--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  await call('npm', ['pack', wanted, ...options], folder, signal);
  const archive = join(folder, readdirSync(folder)[0]);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== source.integrity) throw new Error(`it is not what it was: ${found} instead of ${source.integrity}`);
  return archive;
}

async function unpack(archive, folder, signal) {
  await call('tar', ['-xzf', archive], folder, signal);
  const whole = join(folder, 'whole');
  for (const part of parts) cpSync(join(folder, 'package', part), join(whole, part), { recursive: true, filter });
  return whole;
}

const filter = (path) => !/\.d\.ts$|_test\.js$/.test(path);
