import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { dataFolder } from './cache.js';
import { DataError } from './error.js';
import { type MnistFile, type MnistSource, mnistFiles } from './mnist.js';

const run = promisify(execFile);

export interface FetchOptions {
  readonly source: MnistSource;
  /** A folder that has the files already; null looks in the Debian archive, then at the public address. */
  readonly root: string | null;
  readonly debianPackage: string;
  readonly address: string;
  onProgress(text: string): void;
}

/**
 * Puts a dataset's files into the cache, every one checked against its SHA-256, all or none. Returns the folder. Throws
 * a `DataError` that says what each place answered and how to do it by hand.
 */
export async function fetchFiles(options: FetchOptions): Promise<string> {
  const { source, root, onProgress } = options;
  const folder = dataFolder(source.name);
  if (root === null && (await isComplete(folder, source))) return folder;
  const temporary = `${folder}.partial-${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    const answers: string[] = [];
    const places = root === null ? [fromDebian, fromAddress] : [fromFolder];
    for (const place of places) {
      try {
        const files = await place(options);
        for (const [name, bytes] of files) await writeFile(join(temporary, `${name}.gz`), bytes);
        await rm(folder, { recursive: true, force: true });
        await rename(temporary, folder);
        onProgress(`${source.name}: ${mnistFiles.length} files, checksums right`);
        return folder;
      } catch (error) {
        answers.push((error as Error).message.trim());
      }
    }
    throw new DataError(
      `${source.name} could not be fetched.\n${answers.map((answer) => `- ${answer}`).join('\n')}\n` +
        `Next: put ${mnistFiles.map((name) => `${name}.gz`).join(', ')} into a folder and run: npx ablate data ${source.name} --root FOLDER`,
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

type Files = Map<MnistFile, Uint8Array>;

/** Whether all files are in the cache; they were checked when they were put there. */
async function isComplete(folder: string, source: MnistSource): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  return Object.keys(source.sha256).every((name) => names.includes(`${name}.gz`));
}

async function fromFolder({ source, root }: FetchOptions): Promise<Files> {
  return collect(source, async (name) => {
    const folder = root as string;
    for (const file of [join(folder, `${name}.gz`), join(folder, name)]) {
      const bytes = await readFile(file).catch(() => null);
      if (bytes) return bytes;
    }
    throw new DataError(`${folder} has neither ${name}.gz nor ${name}`);
  });
}

/** Unpacks the package without installing it, so that no rights are needed. */
async function fromDebian({ source, debianPackage, onProgress }: FetchOptions): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), 'ablate-data-'));
  try {
    onProgress(`${source.name}: fetching the Debian package ${debianPackage}`);
    await run('apt-get', ['download', debianPackage], { cwd: folder });
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (!archive) throw new DataError('apt-get download left no package');
    await run('dpkg', ['-x', archive, 'files'], { cwd: folder });
    const files = join(folder, 'files', 'usr', 'share', 'datasets', source.name);
    return await collect(source, (name) => readFile(join(files, `${name}.gz`)));
  } catch (error) {
    const { stderr, code, message } = error as { stderr?: string; code?: unknown; message: string };
    const reason =
      code === 'ENOENT' ? 'this system has no apt-get or dpkg' : stderr?.trim().split('\n').at(-1) || message;
    throw new DataError(`Debian package ${debianPackage}: ${reason}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fromAddress({ source, address, onProgress }: FetchOptions): Promise<Files> {
  return collect(source, async (name) => {
    const url = `${address}/${name}.gz`;
    onProgress(`${source.name}: fetching ${url}`);
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) }).catch((error: Error) => {
      throw new DataError(`${url}: ${(error.cause as Error | undefined)?.message ?? error.message}`);
    });
    if (!response.ok) throw new DataError(`${url}: answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  });
}

async function collect(source: MnistSource, read: (name: MnistFile) => Promise<Uint8Array>): Promise<Files> {
  const files: Files = new Map();
  for (const name of mnistFiles) {
    const bytes = await read(name);
    const content = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
    const found = createHash('sha256').update(content).digest('hex');
    if (found !== source.sha256[name]) {
      throw new DataError(`${name}: the content's SHA-256 is ${found}, expected ${source.sha256[name]}`);
    }
    files.set(name, bytes);
  }
  return files;
}
