import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { shown, WeightsError } from './error.js';
import type { TensorEntry } from './header.js';
import { parseJson } from './json.js';
import { recognise } from './recognise.js';
import { openSafetensors, type SafetensorsFile } from './safetensors.js';

const indexName = 'model.safetensors.index.json';
/** Bytes that an index of shards may have: some hundred thousand tensors. */
const longestIndex = 100_000_000;

/**
 * The files that hold the weights which a path names: itself; the shards of an index (`*.safetensors.index.json`); of a
 * folder its index, its `model.safetensors` or its only safetensors file. Throws a `WeightsError` that says what was found.
 */
export async function weightsFiles(path: string): Promise<readonly string[]> {
  const index = await indexOf(path);
  return typeof index === 'string' ? [index] : [...index.shards.keys()];
}

/** Opens weights as one file, whether they lie in one or in shards. Throws a `WeightsError`; close it. */
export async function openWeights(path: string): Promise<SafetensorsFile> {
  const index = await indexOf(path);
  return typeof index === 'string' ? openSafetensors(index) : openShards(index);
}

interface Index {
  readonly path: string;
  /** Names of tensors by the path of the shard that has them. */
  readonly shards: ReadonlyMap<string, readonly string[]>;
}

/** A single file's path, or an index. */
async function indexOf(path: string): Promise<string | Index> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new WeightsError(`${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  });
  if (found.isDirectory()) return inFolder(path);
  if (!found.isFile()) throw new WeightsError(`${path}: is no regular file, expected safetensors`);
  return path.endsWith('.json') ? readIndex(path, found.size) : path;
}

async function inFolder(folder: string): Promise<string | Index> {
  const names = (await readdir(folder)).sort();
  if (names.includes(indexName)) return indexOf(join(folder, indexName));
  const files = names.filter((name) => name.endsWith('.safetensors'));
  const only = names.includes('model.safetensors') ? 'model.safetensors' : files.length === 1 ? files[0] : undefined;
  if (only !== undefined) return join(folder, only);
  const others = names.filter((name) => /\.(bin|pth?|ckpt|npz|h5|json)$/.test(name));
  const has = files.length > 0 ? files : others;
  const more = has.length > 5 ? ` and ${has.length - 5} more` : '';
  const listed = has.length > 0 ? `it has ${has.slice(0, 5).join(', ')}${more}` : 'it has none';
  throw new WeightsError(
    `${folder}: expected ${indexName}, model.safetensors or one safetensors file in the folder; ${listed}.\nNext: name the file`,
  );
}

async function readIndex(path: string, size: number): Promise<Index> {
  if (size > longestIndex) throw new WeightsError(`${path}: ${size} bytes are too many for an index of shards`);
  const bytes = await readFile(path);
  const parsed = parseJson(bytes);
  if ('wrong' in parsed) throw new WeightsError(`${path}: ${recogniseBroken(path, bytes, parsed.wrong)}`);
  const index = parsed.value;
  const map =
    index !== null && typeof index === 'object' ? (index as Record<string, unknown>)['weight_map'] : undefined;
  if (map === null || typeof map !== 'object' || Array.isArray(map)) {
    throw new WeightsError(`${path}: ${recognise(path, bytes) ?? 'not an index of shards'}`);
  }
  const shards = new Map<string, string[]>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || file === '' || basename(file) !== file || file === '..' || file.includes('\\')) {
      throw new WeightsError(
        `${path}: tensor "${shown(tensor)}" should be in ${shown(file)}, which is no name of a file beside the index`,
      );
    }
    if (!file.endsWith('.safetensors')) {
      throw new WeightsError(
        `${path}: its shards are no safetensors files but ${shown(file)}.\nNext: take ${indexName} and its shards, or turn each shard into safetensors first (docs/weights.md says how)`,
      );
    }
    const place = join(dirname(path), file);
    const names = shards.get(place) ?? [];
    names.push(tensor);
    shards.set(place, names);
  }
  if (shards.size === 0) throw new WeightsError(`${path}: the index names no tensor`);
  return { path, shards: new Map([...shards].sort(([one], [other]) => (one < other ? -1 : 1))) };
}

/** JSON that cannot be read may be a pointer or a page all the same. */
const recogniseBroken = (path: string, bytes: Uint8Array, wrong: string): string =>
  (bytes[0] === 0x7b ? null : recognise(path, bytes)) ?? `the index of shards is ${wrong}; fetch it again`;

async function openShards({ path, shards }: Index): Promise<SafetensorsFile> {
  const opened: SafetensorsFile[] = [];
  const close = async () => {
    for (const shard of opened) await shard.close();
  };
  try {
    const entries = new Map<string, TensorEntry>();
    const homes = new Map<string, SafetensorsFile>();
    let metadata: Readonly<Record<string, string>> = {};
    for (const [file, names] of shards) {
      const shard = await openSafetensors(file);
      opened.push(shard);
      metadata = { ...metadata, ...shard.metadata };
      for (const name of names) {
        const entry = shard.entries.get(name);
        if (!entry)
          throw new WeightsError(`${file}: the tensor "${shown(name)}" is missing, which ${path} says is in it`);
        entries.set(name, entry);
        homes.set(name, shard);
      }
      const stray = [...shard.entries.keys()].find((name) => homes.get(name) !== shard);
      if (stray !== undefined) {
        throw new WeightsError(
          `${file}: the tensor "${shown(stray)}" is in it, which ${path} does not say; are they of one set?`,
        );
      }
    }
    const home = (name: string): SafetensorsFile => {
      const shard = homes.get(name);
      if (!shard) throw new WeightsError(`${path}: there is no tensor "${shown(name)}"`);
      return shard;
    };
    return {
      path,
      entries,
      metadata,
      readFloat32: async (name) => home(name).readFloat32(name),
      readNumbers: async (name) => home(name).readNumbers(name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
