import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import { imagenetColours } from '../data/listing/files.js';
import { createRemarks, warningsOf } from '../data/remarks.js';
import type { Ops } from '../engine/ops.js';
import { classNames } from '../inference/class-names.js';
import { type PictureKind, pictureFiles, preparePictures } from '../inference/pictures.js';
import { predict } from '../inference/predict.js';
import type { RunPreparation } from '../records/run.js';
import { testSplit } from './dataset-option.js';
import { Exit, exitCodes, UsageError } from './errors.js';
import type { InferenceOptions } from './inference-options.js';
import { note, printJson, printText } from './output.js';
import { counted } from '../words/counted.js';
import { fitAsked } from './recorded-run.js';

interface Guess {
  readonly class: number;
  readonly name: string;
  readonly probability: number;
}

/** A picture has guesses, or an error. */
interface Answer {
  readonly file: string;
  readonly top5?: readonly Guess[];
  readonly error?: string;
}

/** What is known of the pictures before one is seen. */
export interface PictureSetting {
  readonly files: readonly string[];
  readonly kind: PictureKind;
  /** Null where classes have numbers only. */
  readonly names: readonly string[] | null;
  /** The preparation of the run whose network it is. */
  readonly recorded: RunPreparation | null;
}

/** Looks everything up that does not need the network: files, normalisation, names; of a run, as it recorded them. */
export async function pictureSetting(
  paths: readonly string[],
  { data, root, classNames: file, classes: asked }: InferenceOptions,
  recorded: RunPreparation | null,
): Promise<PictureSetting & { readonly classes: number }> {
  const files: string[] = [];
  for (const path of paths) {
    const remarks = createRemarks();
    files.push(...(await pictureFiles(path, remarks)));
    for (const text of warningsOf({ split: path, remarks: remarks.all() })) note(text);
  }
  const classes = recorded?.classes.length ?? asked;
  if (data === undefined && recorded) {
    const names = await namesFor(recorded.classes, file);
    return { files, kind: recorded, names, classes: recorded.classes.length, recorded };
  }
  if (data === undefined) {
    const count = classes ?? 1000;
    const names = (await classNames(count, file))?.names ?? null;
    return { files, kind: { ...imagenetColours, small: false }, names, classes: count, recorded };
  }
  const test = await testSplit(data, root);
  const count = test.classes.length;
  if (classes !== undefined && classes !== count) {
    throw new UsageError(`${recorded ? "the run's network tells" : '--classes'} ${classes}: ${data} has ${count}`);
  }
  const names = await namesFor(test.classes, file);
  return { files, kind: { mean: test.mean, sd: test.sd, small: test.size !== null }, names, classes: count, recorded };
}

/** Classes for people to read: those of a file, or their own names where these are no WordNet ids. */
async function namesFor(classes: readonly string[], file: string | undefined): Promise<readonly string[]> {
  if (file === undefined && !classes.every((name) => /^n\d{8}$/.test(name))) return classes;
  return (await classNames(classes.length, file))?.names ?? classes;
}

/** Prints the five likeliest classes of every picture; ends with code 1 where some could not be read. */
export async function predictPictures(
  ops: Ops,
  model: Model,
  weights: ReadonlyMap<string, Variable>,
  { files, kind, names, recorded }: PictureSetting,
  options: InferenceOptions,
): Promise<void> {
  const resolution = model.input[0] as number;
  const fit = fitAsked(options, { resolution, small: kind.small, recorded });
  const batchSize = options.batch ?? 32;
  const answers: Answer[] = [];
  for (let at = 0; at < files.length; at += batchSize) {
    const batch = await preparePictures(files.slice(at, at + batchSize), resolution, fit, kind);
    const guesses = batch.files.length > 0 ? await topFive(ops, model, weights, batch.images, names) : [];
    const found: Answer[] = batch.files.map((file, row) => ({ file, top5: guesses[row] as readonly Guess[] }));
    answers.push(...found, ...batch.damaged);
    if (!options.json) for (const { file, top5 } of found) tell(file, top5 ?? []);
    for (const { error } of batch.damaged) note(error);
  }
  if (options.json) printJson({ schema: 'ablate/predictions/1', pictures: answers });
  const damaged = answers.filter(({ error }) => error !== undefined).length;
  if (damaged === 0) return;
  note(`${damaged} of ${counted(files.length, 'picture')} could not be read`);
  throw new Exit(exitCodes.someFailed);
}

async function topFive(
  ops: Ops,
  model: Model,
  weights: ReadonlyMap<string, Variable>,
  images: Float32Array,
  names: readonly string[] | null,
): Promise<Guess[][]> {
  const { tf } = ops;
  const count = images.length / model.input.reduce((product, side) => product * side, 1);
  const top = tf.tidy(() => {
    const pictures = tf.tensor(images, [count, ...model.input]);
    const { logits } = predict({ ops, model, weights, pictures, targets: null, training: false });
    return tf.topk(tf.softmax(logits as Tensor2D), Math.min(5, model.classes));
  });
  const probabilities = (await top.values.array()) as number[][];
  const classes = (await top.indices.array()) as number[][];
  tf.dispose([top.values, top.indices]);
  return classes.map((row, picture) =>
    row.map((number, place) => ({
      class: number,
      name: names?.[number] ?? `class ${number}`,
      probability: probabilities[picture]?.[place] as number,
    })),
  );
}

function tell(file: string, guesses: readonly Guess[]): void {
  printText(file);
  for (const { name, probability } of guesses) {
    printText(`${(100 * probability).toFixed(1).padStart(7)} %  ${name}`);
  }
}
