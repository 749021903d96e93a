// Damaged data by the thousand, from a seed: what is opened must be right in its shape and tell what it leaves out, all else
// must be refused by a DataError. Used by scripts/mutate-data.mjs and, in short, by a test.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const fixtures = fileURLToPath(new URL('../test/fixtures/', import.meta.url));

export const kinds = ['tar', 'idx', 'cifar', 'pictures'];

/** Numbers in [0, 1): mulberry32. */
function numbers(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (end) => Math.floor(next() * end) };
}

/** Bits, bytes and runs of them changed, stretches cut, doubled and moved, mostly near the beginning, where headers are. */
function mutated(whole, random) {
  let bytes = Buffer.from(whole);
  for (let change = 1 + random.below(3); change > 0; change--) {
    const end = Math.max(1, random.next() < 0.7 ? Math.min(bytes.length, 64 * 2 ** random.below(7)) : bytes.length);
    const at = random.below(end);
    const length = 1 + random.below(16);
    const kind = random.below(7);
    if (kind === 0) bytes[at] ^= 1 << random.below(8);
    else if (kind === 1) bytes[at] = random.below(256);
    else if (kind === 2)
      bytes.fill([0, 0xff, 0x7f, 0x80, 0x39][random.below(5)], at, Math.min(bytes.length, at + length));
    else if (kind === 3) bytes = bytes.subarray(0, at);
    else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if (kind === 5) bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    else {
      // Some bytes only: the end copied over what is before it is a whole archive of fewer files.
      const from = random.below(bytes.length);
      bytes.copy(bytes, at, from, from + length);
    }
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

/** The same with checksums put right, so that what is behind them is met. */
function withTarChecksums(bytes) {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
    bytes.fill(0x20, at + 148, at + 156);
    let sum = 0;
    for (let next = at; next < at + 512; next++) sum += bytes[next];
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return bytes;
}

/** Unpacks the layouts of a dataset whose description has one of these words, each to a folder. */
function layouts(folder, { dataset, words }) {
  const all = join(folder, 'layouts');
  mkdirSync(all, { recursive: true });
  execFileSync('tar', ['-xzf', join(fixtures, 'layouts/layouts.tar.gz'), '-C', all]);
  const cases = JSON.parse(readFileSync(join(all, 'cases.json'), 'utf8'));
  return cases
    .filter((one) => !one.refused && dataset.test(one.dataset) && words.some((word) => one.about.includes(word)))
    .map((one) => ({ ...one, folder: join(all, one.folder) }));
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());

/**
 * Prepares a kind in a folder of its own; `open(dataset, folder)` and `decode` are the program's. Gives a function of a
 * number: it makes the damage of that number, reads it, and gives 'opened' or 'refused', or throws.
 */
export function prepareKind(kind, folder, { open, decode, entries }) {
  return kind === 'pictures' ? pictures(decode, entries) : sets(kind, folder, open);
}

const chosenOf = {
  tar: {
    dataset: /webdataset/,
    words: ['own writer', 'GNU tar', 'links, halves of pairs', 'train, val and test shards'],
  },
  idx: { dataset: /mnist/, words: ['MNIST'] },
  cifar: { dataset: /cifar/, words: ['CIFAR'] },
};

function sets(kind, folder, open) {
  const all = layouts(folder, chosenOf[kind]).map((one) => ({ ...one, files: filesIn(one.folder) }));
  const work = join(folder, 'work');
  process.env.ABLATE_CACHE = join(folder, 'cache');
  return async (number) => {
    const random = numbers(number);
    const chosen = all[random.below(all.length)];
    const name = chosen.files[random.below(chosen.files.length)];
    rmSync(work, { recursive: true, force: true });
    cpSync(chosen.folder, work, { recursive: true });
    writeFileSync(join(work, name), damaged(readFileSync(join(work, name)), name, random));
    let opened;
    try {
      opened = await open(chosen.dataset, work);
    } catch (error) {
      if (error.name === 'DataError') return 'refused';
      throw error;
    }
    for (const split of [opened.train, opened.test]) await checkSplit(split, chosen[split.split].length, kind, name);
    return 'opened';
  };
}

function damaged(bytes, name, random) {
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b && random.next() < 0.7;
  const changed = mutated(packed ? gunzipSync(bytes) : bytes, random);
  if (name.endsWith('.tar') && random.next() < 0.7) withTarChecksums(changed);
  return packed ? gzipSync(changed, { level: 1 }) : changed;
}

async function checkSplit(split, pictures, kind, name) {
  if (split.length === 0) throw new Error(`${name}: a split without pictures was opened`);
  for (let index = 0; index < split.length; index++) {
    const label = split.label(index);
    if (!(label >= 0 && label < split.classes.length))
      throw new Error(`${name}: label ${label} of ${split.classes.length}`);
    if (kind !== 'tar') await split.picture(index);
  }
  if (split.length < pictures && split.remarks.length === 0) {
    throw new Error(`${name}: ${pictures - split.length} of ${pictures} pictures are gone without a word`);
  }
}

/** Damaged pictures are not named or kept anywhere: what they do to a decoder is for its makers to know. */
function pictures(decode, entries) {
  const archive = join(fixtures, 'pixels/pixels.tar.gz');
  const bytes = gunzipSync(readFileSync(archive));
  const files = new Map(
    [...entries(bytes, archive)].map(({ name, offset, size }) => [name, bytes.subarray(offset, offset + size)]),
  );
  const { cases } = JSON.parse(files.get('cases.json').toString());
  const whole = cases.filter(({ pixels }) => pixels).map(({ file }) => files.get(file));
  return async (number) => {
    const random = numbers(number);
    const changed = mutated(whole[random.below(whole.length)], random);
    let picture;
    try {
      picture = await decode(changed, 'picture');
    } catch (error) {
      if (error.name === 'DataError') return 'refused';
      throw error;
    }
    const { width, height, pixels } = picture;
    if (!(width > 0 && height > 0) || pixels.length !== width * height * 3)
      throw new Error(`${width}x${height} in ${pixels.length} bytes`);
    return 'opened';
  };
}
