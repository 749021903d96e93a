import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { dataFolder } from './cache.js';
import { DataError } from './error.js';
import { counted } from '../words/counted.js';
import { command } from '../shell/program.js';

const run = promisify(execFile);

/** A file to have. */
export interface NeededFile {
  readonly name: string;
  readonly sha256: string;
  /** Whether the checksum is that of the unzipped content: archives of the same content differ from packer to packer. */
  readonly ofContent: boolean;
}

export interface FetchOptions {
  readonly name: string;
  readonly files: readonly NeededFile[];
  /** A folder that has the files already; null looks in the Debian archive, then at the public address. */
  readonly root: string | null;
  /** A package that has the files, and the folder where it installs them. */
  readonly debian: { readonly package: string; readonly folder: string } | null;
  /** What the files' names follow. */
  readonly address: string;
  onProgress(text: string): void;
}

/**
 * Puts a dataset's files into the cache, every one checked against its SHA-256, all or none. Returns the folder. Throws
 * a `DataError` that says what each place answered and how to do it by hand.
 */
export async function fetchFiles(options: FetchOptions): Promise<string> {
  const { name, files, root, debian, onProgress } = options;
  const folder = dataFolder(name);
  if (root === null && (await isComplete(folder, files))) return folder;
  const temporary = `${folder}.partial-${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  // Ended by a signal, the program comes to no `finally`.
  const clear = () => rmSync(temporary, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    const answers: string[] = [];
    const places = root !== null ? [fromFolder] : debian ? [fromDebian, fromAddress] : [fromAddress];
    for (const place of places) {
      try {
        for (const [file, bytes] of await place(options)) await writeFile(join(temporary, file), bytes);
        await rm(folder, { recursive: true, force: true });
        await rename(temporary, folder);
        onProgress(`${name}: ${counted(files.length, 'file')}, checksums right`);
        return folder;
      } catch (error) {
        answers.push((error as Error).message.trim());
      }
    }
    throw new DataError(
      `${name} could not be fetched.\n${answers.map((answer) => `- ${answer}`).join('\n')}\n` +
        `Next: put ${files.map((file) => file.name).join(', ')} into a folder and run: ${command(`data ${name} --root FOLDER`)}`,
    );
  } finally {
    process.off('exit', clear);
    await rm(temporary, { recursive: true, force: true });
  }
}

type Files = Map<string, Uint8Array>;

/** Whether all files are in the cache; they were checked when they were put there. */
async function isComplete(folder: string, files: readonly NeededFile[]): Promise<boolean> {
  const present = await readdir(folder).catch((): string[] => []);
  return files.every(({ name }) => present.includes(name));
}

async function fromFolder({ files, root }: FetchOptions): Promise<Files> {
  return collect(files, async ({ name, ofContent }) => {
    const folder = root as string;
    const unzipped = name.replace(/\.gz$/, '');
    for (const file of ofContent ? [name, unzipped] : [name]) {
      const bytes = await readFile(join(folder, file)).catch(() => null);
      if (bytes) return bytes;
    }
    throw new DataError(`${folder} has ${ofContent ? `neither ${name} nor ${unzipped}` : `no ${name}`}`);
  });
}

/** Unpacks the package without installing it, so that no rights are needed. */
async function fromDebian({ name, files, debian, onProgress }: FetchOptions): Promise<Files> {
  const { package: packageName, folder: inside } = debian as NonNullable<FetchOptions['debian']>;
  const folder = await mkdtemp(join(tmpdir(), 'ablate-data-'));
  try {
    onProgress(`${name}: fetching the Debian package ${packageName}`);
    await run('apt-get', ['download', packageName], { cwd: folder });
    const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
    if (!archive) throw new DataError('apt-get download left no package');
    await run('dpkg', ['-x', archive, 'files'], { cwd: folder });
    return await collect(files, (file) => readFile(join(folder, 'files', inside, file.name)));
  } catch (error) {
    const { stderr, code, message } = error as { stderr?: string; code?: unknown; message: string };
    const reason =
      code === 'ENOENT' ? 'this system has no apt-get or dpkg' : stderr?.trim().split('\n').at(-1) || message;
    throw new DataError(`Debian package ${packageName}: ${reason}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fromAddress({ name: dataset, files, address, onProgress }: FetchOptions): Promise<Files> {
  return collect(files, async ({ name }) => {
    const url = `${address}/${name}`;
    onProgress(`${dataset}: fetching ${url}`);
    const response = await fetch(url, { signal: AbortSignal.timeout(600_000) }).catch((error: Error) => {
      throw new DataError(`${url}: ${(error.cause as Error | undefined)?.message ?? error.message}`);
    });
    if (!response.ok) throw new DataError(`${url}: answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  });
}

async function collect(files: readonly NeededFile[], read: (file: NeededFile) => Promise<Uint8Array>): Promise<Files> {
  const collected: Files = new Map();
  for (const file of files) {
    const bytes = await read(file);
    const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const content = file.ofContent && zipped ? gunzipSync(bytes) : bytes;
    const found = createHash('sha256').update(content).digest('hex');
    if (found !== file.sha256) {
      const what = file.ofContent ? "the content's SHA-256" : 'its SHA-256';
      throw new DataError(
        `${file.name.replace(/\.gz$/, file.ofContent ? '' : '.gz')}: ${what} is ${found}, expected ${file.sha256}`,
      );
    }
    collected.set(file.name, bytes);
  }
  return collected;
}
