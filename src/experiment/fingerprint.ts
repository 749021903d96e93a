import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { DatasetConfig } from '../config/dataset.js';
import { cacheFolder } from '../data/cache.js';
import { openDatasets } from '../data/open.js';
import { writeWhole } from '../files/whole.js';
import { datasetFingerprint } from '../records/hash.js';

/** To be counted up where fingerprints are worked out in another way. */
const schema = 'ablate/fingerprint/1';

const keptSchema = z.object({
  schema: z.literal(schema),
  fingerprint: z.string(),
  /** What every file, and every folder above it in which another could take its place, looked like. */
  seen: z.array(z.object({ path: z.string(), look: z.string() })).min(1),
});

/** Folders above a file that a format may look into. */
const levels = 3;
/** Nanoseconds: what has just been written may be written again within one tick of the file system's clock. */
const tooFresh = 2_000_000_000n;

/**
 * The fingerprint of a suite's data. Unpacking and hashing whole files for it takes longer than all else that planning
 * does, so it is kept in the cache, for as long as size, inode and times of change of all files that it comes from stay;
 * a worker works it out from the pictures that it trains on in any case.
 *
 * @throws DataError as `openDatasets`
 */
export async function fingerprintOf(dataset: DatasetConfig, classes?: number): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify([dataset, classes, cacheFolder()]));
  const file = join(cacheFolder(), 'fingerprints', `${key.digest('hex')}.json`);
  const kept = await readKept(file);
  if (
    kept &&
    (await Promise.all(kept.seen.map(async ({ path, look }) => (await lookOf(path)) === look))).every(Boolean)
  )
    return kept.fingerprint;
  const { train, test } = await openDatasets(dataset, classes);
  const fingerprint = datasetFingerprint({ train, test });
  if (train.files && test.files) await keep(file, fingerprint, [...train.files, ...test.files]);
  return fingerprint;
}

async function readKept(file: string): Promise<z.infer<typeof keptSchema> | null> {
  try {
    return keptSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data ?? null;
  } catch {
    // Not there or damaged: worked out anew and written over.
    return null;
  }
}

async function keep(file: string, fingerprint: string, files: readonly string[]): Promise<void> {
  // The first time this changes the cache's own folder, which may be above the files.
  await mkdir(dirname(file), { recursive: true }).catch(() => {});
  const paths = new Set<string>();
  for (const path of files) for (let at = path, up = 0; up <= levels; at = dirname(at), up++) paths.add(at);
  const seen = await Promise.all([...paths].map(async (path) => ({ path, look: await lookOf(path) })));
  if (seen.some(({ look }) => look === null)) return;
  // A cache that cannot be written costs time and nothing else.
  await writeWhole(file, `${JSON.stringify({ schema, fingerprint, seen })}\n`).catch(() => {});
}

/** What shows that a file or folder was changed or replaced; null where there is none, or it was changed just now. */
async function lookOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  if (!found) return null;
  const { size, ino, mtimeNs, ctimeNs } = found;
  if (BigInt(Date.now()) * 1_000_000n - ctimeNs < tooFresh) return null;
  return [size, ino, mtimeNs, ctimeNs].join(' ');
}
