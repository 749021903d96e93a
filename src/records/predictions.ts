import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { writeWhole } from '../files/whole.js';
import { safetensorsHead } from '../files/safetensors-head.js';
import { halfBits, halfValue } from './half.js';
import type { Found } from './read.js';
import type { PredictionsNote } from './result.js';
import { hashSchema } from './schema.js';

/** What a network says of each picture of a set, in the data set's own order, so that runs pair picture by picture. */
export interface Predictions {
  /** Number of classes. */
  readonly classes: number;
  /** The right class. */
  readonly label: Uint32Array;
  /**
   * The class that it names: the right one exactly where the accuracy counts it as right, so that of a tie with the right
   * class it is another. `classes` where the picture could not be read.
   */
  readonly predicted: Uint32Array;
  /** Minus the logarithm of the right class's probability; NaN where the picture could not be read. */
  readonly loss: Float32Array;
  /** Probability of the class that it names. */
  readonly confidence: Float32Array;
}

export const predictionsName = 'predictions.safetensors.gz';
const schema = 'ablate/predictions/1';

/** A small file unpacks to at most so much. */
const mostBytes = 2 ** 26;

/**
 * Writes the predictions of a run beside its records, whole or not at all: a gzipped safetensors file with `loss` and
 * `confidence` in half precision, `label` and `predicted` in as many bytes as the classes need. What comes back goes into
 * result.json.
 */
export async function writePredictions(
  folder: string,
  hash: string,
  predictions: Predictions,
): Promise<PredictionsNote> {
  const bytes = encode(predictions, hash);
  await writeWhole(join(folder, predictionsName), gzipSync(bytes));
  return { pictures: predictions.label.length, sha256: sha256(bytes) };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Classes and one more number, for what could not be read. */
const widthFor = (classes: number): 'U8' | 'U16' | 'U32' =>
  classes < 2 ** 8 ? 'U8' : classes < 2 ** 16 ? 'U16' : 'U32';

function encode({ classes, label, predicted, loss, confidence }: Predictions, hash: string): Uint8Array {
  const count = label.length;
  const dtype = widthFor(classes);
  // The wider type first: every array begins at a multiple of its elements.
  const tensors = [
    { name: 'loss', dtype: 'F16', bytes: Uint16Array.from(loss, halfBits) },
    { name: 'confidence', dtype: 'F16', bytes: Uint16Array.from(confidence, halfBits) },
    { name: 'label', dtype, bytes: integers[dtype].from(label) },
    { name: 'predicted', dtype, bytes: integers[dtype].from(predicted) },
  ];
  const entries = tensors.map(({ bytes, ...about }) => ({ ...about, shape: [count], bytes: bytes.byteLength }));
  const head = safetensorsHead(entries, { schema, hash, classes: String(classes) });
  const parts = tensors.map(({ bytes }) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return Buffer.concat([...head, ...parts]);
}

const integers = { U8: Uint8Array, U16: Uint16Array, U32: Uint32Array } as const;

const tensorOf = <Type extends string>(...dtype: Type[]) =>
  z.strictObject({
    dtype: z.enum(dtype),
    shape: z.tuple([z.int().min(1)]),
    data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
  });

const headerSchema = z.strictObject({
  __metadata__: z.object({
    schema: z.literal(schema),
    hash: hashSchema,
    classes: z.string().regex(/^[1-9]\d{0,6}$/),
  }),
  loss: tensorOf('F16'),
  confidence: tensorOf('F16'),
  label: tensorOf('U8', 'U16', 'U32'),
  predicted: tensorOf('U8', 'U16', 'U32'),
});

/**
 * Reads the predictions that a result notes; absent where it notes none, as older records. A file that is missing, of
 * another run or not what the result says is damage, and named.
 */
export function readPredictions(
  folder: string,
  result: { readonly hash: string; readonly top1: number; readonly predictions?: PredictionsNote | undefined },
): Found<Predictions> {
  const { predictions: note, hash, top1 } = result;
  if (!note) return { state: 'absent' };
  const file = join(folder, predictionsName);
  const damaged = (reason: string) => ({ state: 'damaged', file, reason }) as const;
  let bytes: Buffer;
  try {
    bytes = gunzipSync(readFileSync(file), { maxOutputLength: mostBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return damaged('is missing, and result.json says that there is one');
    return damaged(/^Z_|^ERR_BUFFER/.test(code ?? '') ? `is damaged: ${message}` : `cannot be read: ${message}`);
  }
  if (sha256(bytes) !== note.sha256) return damaged('is damaged: it has not the checksum that result.json gives');
  const found = decode(bytes);
  if (typeof found === 'string') return damaged(`is damaged: ${found}`);
  if (found.hash !== hash) return damaged('is of another run');
  const { label, predicted, classes } = found;
  if (label.length !== note.pictures)
    return damaged(`has ${label.length} pictures, and result.json says ${note.pictures}`);
  const read = predicted.reduce((sum, one) => sum + (one < classes ? 1 : 0), 0);
  const right = predicted.reduce((sum, one, at) => sum + (one === label[at] ? 1 : 0), 0);
  if (Math.abs(right - top1 * read) > 0.5)
    return damaged(`has ${right} of ${read} pictures right, and result.json says another accuracy`);
  return { state: 'read', value: found };
}

/** All of a file, or what is wrong with it. */
function decode(bytes: Buffer): (Predictions & { readonly hash: string }) | string {
  const begin = bytes.length < 8 ? Number.NaN : 8 + Number(bytes.readBigUInt64LE(0));
  if (!(begin <= bytes.length)) return 'its header is cut off';
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8', 8, begin));
  } catch {
    return 'its header is no JSON';
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) return `its header is wrong at ${parsed.error.issues[0]?.path.join('.') || 'its root'}`;
  const { __metadata__: about, ...tensors } = parsed.data;
  const classes = Number(about.classes);
  const count = tensors.label.shape[0];
  const values: Record<string, Uint16Array | Uint32Array | Uint8Array> = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of Object.entries(tensors)) {
    const kind = dtype === 'F16' ? Uint16Array : integers[dtype];
    if (shape[0] !== count || to - from !== count * kind.BYTES_PER_ELEMENT || begin + to > bytes.length)
      return `${name} has not ${count} values`;
    // A copy: the file's own bytes may begin anywhere.
    values[name] = new kind(Uint8Array.from(bytes.subarray(begin + from, begin + to)).buffer);
  }
  const label = Uint32Array.from(values.label as Uint8Array);
  const predicted = Uint32Array.from(values.predicted as Uint8Array);
  if (label.some((one) => one >= classes) || predicted.some((one) => one > classes))
    return `it names classes that ${classes} classes have not`;
  return {
    hash: about.hash,
    classes,
    label,
    predicted,
    loss: Float32Array.from(values.loss as Uint16Array, halfValue),
    confidence: Float32Array.from(values.confidence as Uint16Array, halfValue),
  };
}
