import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheRoot, isWhole, libraryFolder, publish } from './cache.js';
import { execute, tail } from './process.js';
import { MEANWHILE, missing, requirePip, type Tool } from './tools.js';
import { EnvironmentError } from '../../engine.js';
import { diskNeeded, type Flavour, type Wheel, wheelsFor } from './wheels.js';

export type Progress = (line: string) => void;

/** What TensorFlow's library is to be fetched by and from; null where it is here, whole. */
export async function findFetcher(flavour: Flavour): Promise<Fetcher | null> {
  if (isWhole(libraryFolder(flavour))) return null;
  const wheels = wheelsFor(flavour);
  if (!wheels) throw unsupported(flavour);
  const pip = await requirePip();
  checkDisk(flavour);
  return { pip, wheels };
}

export interface Fetcher {
  readonly pip: Tool;
  readonly wheels: readonly Wheel[];
}

/** TensorFlow's shared libraries and C headers, fetched, verified and unpacked. */
export async function fetchLibrary(
  flavour: Flavour,
  { pip, wheels }: Fetcher,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const downloads = join(cacheRoot(), 'downloads');
  const files: string[] = [];
  for (const [index, wheel] of wheels.entries()) {
    const count = wheels.length > 1 ? ` (${index + 1} of ${wheels.length})` : '';
    files.push(await ensureWheel(pip, wheel, downloads, (line) => progress(line + count), signal));
  }
  progress('unpacking TensorFlow');
  await publish(libraryFolder(flavour), async (temporary) => {
    for (const file of files) await unpack(pip, file, temporary, signal);
  });
  rmSync(downloads, { recursive: true, force: true });
}

const unsupported = (flavour: Flavour): EnvironmentError =>
  new EnvironmentError(
    `The tensorflow engine${flavour === 'gpu' ? ' for GPUs' : ''} runs on Linux (x64${flavour === 'gpu' ? '' : ', arm64'}); ` +
      `this is ${process.platform} ${process.arch}.\nNext: use --device wasm${flavour === 'gpu' ? `, or ${command('setup')} for the CPU` : ''}.`,
  );

function checkDisk(flavour: Flavour): void {
  mkdirSync(cacheRoot(), { recursive: true });
  const { bavail, bsize } = statfsSync(cacheRoot());
  if (bavail * bsize < diskNeeded(flavour)) throw diskFull(flavour, bavail * bsize);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const diskFull = (flavour: Flavour, free: number): EnvironmentError =>
  missing(
    `Too little disk for TensorFlow: ${gigabytes(diskNeeded(flavour))} needed, ${gigabytes(free)} free at ${cacheRoot()}.`,
    `free some space, or ABLATE_CACHE=/a/larger/disk ${command('setup')} (keep ABLATE_CACHE set afterwards)`,
  );

/** A wheel's path once its bytes are proven; a file cut off by an earlier kill is fetched again. */
async function ensureWheel(
  pip: Tool,
  wheel: Wheel,
  downloads: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  const folder = join(downloads, `${wheel.package}-${wheel.version}-${wheel.platform}`);
  const present = wheelIn(folder);
  if (present && (await sha256(present)) === wheel.sha256) return present;
  progress(`fetching ${wheel.package} ${wheel.version} from PyPI`);
  const temporary = `${folder}.partial`;
  for (const old of [folder, temporary]) rmSync(old, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  await pipDownload(pip, wheel, temporary, signal);
  const fetched = wheelIn(temporary);
  const found = fetched ? await sha256(fetched) : null;
  if (found !== wheel.sha256) {
    rmSync(temporary, { recursive: true, force: true });
    throw wrongChecksum(wheel, found ?? 'no file');
  }
  renameSync(temporary, folder);
  return wheelIn(folder)!;
}

function wheelIn(folder: string): string | null {
  const name = existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith('.whl')) : undefined;
  return name ? join(folder, name) : null;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

const wrongChecksum = (wheel: Wheel, found: string): EnvironmentError =>
  missing(
    `${wheel.package} ${wheel.version} does not have its published checksum; it was not used.\n` +
      `Expected SHA-256 ${wheel.sha256}, found ${found}.`,
    `${command('setup')} (fetches it again); if it repeats, the package index or a proxy in between (pip config list) alters files`,
  );

async function pipDownload(pip: Tool, wheel: Wheel, folder: string, signal: AbortSignal): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${wheel.package}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const python = wheel.python
    ? [
        '--python-version',
        wheel.python.replace(/cp(\d)(\d+)/, '$1.$2'),
        '--implementation',
        'cp',
        '--abi',
        wheel.python,
      ]
    : [];
  const args = [
    ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'],
    ...['--only-binary', ':all:', '--require-hashes', '--platform', wheel.platform, ...python],
    ...['--dest', folder, '--requirement', requirements],
  ];
  const { code, stderr } = await execute(pip.program, args, { signal });
  rmSync(requirements);
  if (code === 0) return;
  rmSync(folder, { recursive: true, force: true });
  signal.throwIfAborted();
  if (/DO NOT MATCH THE HASHES/.test(stderr)) {
    throw wrongChecksum(wheel, /Got\s+([0-9a-f]{64})/.exec(stderr)?.[1] ?? 'another');
  }
  if (/No space left|Errno 28/.test(stderr)) {
    throw missing(
      `The disk at ${cacheRoot()} (or pip's temporary folder) filled up.`,
      `free some space, then ${command('setup')} (it goes on)`,
    );
  }
  if (/connection|resolve|timed out|unreachable|ProxyError|SSLError|No matching distribution/i.test(stderr)) {
    throw missing(
      `pip could not fetch ${wheel.package} ${wheel.version}:\n${tail(stderr, 3)}`,
      `check the network (pip config list shows index and proxy), then ${command('setup')} (it goes on where it stopped)`,
    );
  }
  throw missing(`pip failed to fetch ${wheel.package}:\n${tail(stderr)}`, `repair pip, then ${command('setup')}`);
}

/** Only what compiling and running need: two libraries, CUDA's libraries, and the C API's headers. */
const UNPACK = `
import os, sys, zipfile
wheel, target = sys.argv[1:]
headers = tuple('tensorflow/include/' + p for p in (
    'tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tensorflow/core/common_runtime/next_pluggable_device/c/',
    'tsl/platform/ctstring', 'tsl/platform/platform.h', 'xla/tsl/c/'))
libraries = ('tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2')
with zipfile.ZipFile(wheel) as z:
    for name in z.namelist():
        if name.startswith(headers) or name in libraries or (name.startswith('nvidia/') and ('/lib/' in name or '/nvvm/' in name or '/bin/' in name)):
            path = z.extract(name, target)
            if '/bin/' in name and not name.endswith('/'):
                os.chmod(path, 0o755)
`;
import { command } from '../../../shell/program.js';

async function unpack(pip: Tool, wheel: string, target: string, signal: AbortSignal): Promise<void> {
  const { code, stderr } = await execute(pip.program, ['-c', UNPACK, wheel, target], { signal });
  if (code === 0) return;
  signal.throwIfAborted();
  if (/No space left|Errno 28/.test(stderr)) {
    throw missing(
      `The disk at ${cacheRoot()} filled up while unpacking.`,
      `free some space, then ${command('setup')} (it goes on)`,
    );
  }
  throw new EnvironmentError(`Unpacking ${wheel} failed:\n${tail(stderr)}\nNext: ${command('setup')}\n${MEANWHILE}`);
}
