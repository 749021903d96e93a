import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { classesIn, listClassFolders } from '../../data/formats/class-folders.js';
import type { Dataset } from '../../data/dataset.js';
import { isNumberedAsText, naturally } from '../../data/formats/class-order.js';
import { fromFiles } from '../../data/listing/files.js';
import { warningsOf } from '../../data/remarks.js';
import { limitDataset } from '../../data/limit.js';
import { openDatasets } from '../../data/open.js';
import { openEngine } from '../../engine/open.js';
import { classNames } from '../../inference/class-names.js';
import { evaluateWeights } from '../../inference/evaluate.js';
import { resizedSide } from '../../inference/preparation.js';
import { loadWeights } from '../../weights/load.js';
import { testSplit } from '../dataset-option.js';
import { UsageError } from '../errors.js';
import { addInferenceOptions, type InferenceOptions } from '../inference-options.js';
import { networkFrom, whole } from '../network-options.js';
import { note, printJson, printText } from '../output.js';
import { fitAsked, loadOptions, type RecordedRun, recordedRun, weightsAsked } from '../recorded-run.js';
import { counted, grouped } from '../../words/counted.js';

interface EvaluateOptions extends InferenceOptions {
  readonly pictures?: string;
  readonly limit?: number;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate').description(
    'top-1, top-5 and loss of weights on the test pictures of a dataset, or on folders of pictures',
  );
  return addInferenceOptions(command)
    .option('--data <name>', "a dataset (see `ablate data`); with --run the run's own is the default")
    .option('--pictures <dir>', 'instead: one folder of pictures a class, such as the validation set of ImageNet')
    .option('--limit <pictures>', 'only so many, balanced over classes', whole)
    .addHelpText(
      'after',
      `
Examples:
  ablate evaluate --run experiments/mine/gelu/seed-0
  ablate evaluate --model convnext-tiny --weights convnext_tiny.safetensors --pictures imagenet/val
  ablate evaluate --model resnet-50 --weights resnet50.safetensors --data imagenet-1k --root imagenet --interpolation bilinear

The third is how torchvision evaluates its first ResNet-50 weights; its second take --resize 232 as well.`,
    )
    .action(evaluateAction);
}

async function evaluateAction(options: EvaluateOptions): Promise<void> {
  const weights = weightsAsked(options);
  const ofRun = options.run === undefined ? null : await networkFrom(options);
  const run = ofRun && (await recordedRun(options.run as string, ofRun));
  const recorded = run?.preparation ?? null;
  const asked = recorded ? recorded.classes.length : options.classes;
  const all = await testPictures({ ...options, classes: asked }, run);
  for (const text of warningsOf(all)) note(text);
  const classes = asked ?? all.classes.length;
  const { network, model } = ofRun ?? (await networkFrom({ ...options, classes }));
  if (all.classes.length !== model.classes) {
    throw new UsageError(
      `the network tells ${counted(model.classes, 'class', 'classes')} apart, ${all.name} has ${all.classes.length}.\nNext: --class-names FILE with a line for each of the network's ${model.classes} in its order, by their folders' names; folders of some of them are enough`,
    );
  }
  const dataset = limitDataset(all, options.limit ?? null);
  const resolution = model.input[0] as number;
  const small = recorded?.small ?? dataset.size !== null;
  const fit = fitAsked(options, { resolution, small, recorded });
  const recipe = run?.record.spec.recipe;
  const batch = options.batch ?? recipe?.evaluation.batch_size ?? recipe?.micro_batch_size ?? recipe?.batch_size ?? 32;
  const engine = await openEngine({
    device: options.device ?? run?.record.spec.device ?? 'auto',
    threads: options.threads,
    precision: recipe?.precision,
    onWarning: note,
  });
  const loaded = await loadWeights(engine.ops, network, model, weights, loadOptions(options));
  if (loaded.partial) for (const line of loaded.lines) note(line);
  const began = performance.now();
  let told = began;
  let damaged = 0;
  const accuracy = await evaluateWeights({
    engine,
    model,
    weights: loaded.variables,
    dataset,
    fit,
    small,
    batchSize: run ? batch : Math.min(batch, dataset.length),
    onDamaged: (text) => {
      damaged++;
      note(text);
    },
    onProgress: (done) => {
      if (performance.now() - told < 2000) return;
      told = performance.now();
      const rate = (1000 * done) / (told - began);
      note(`${grouped(done)} of ${counted(dataset.length, 'picture')}, ${rate.toFixed(1)} a second`);
    },
  });
  const { mean, sd } = dataset;
  const prepared = { resolution, resize: resizedSide(resolution, fit), interpolation: fit.interpolation, mean, sd };
  if (options.json) {
    const { naming } = loaded;
    const about = { network: network.name, weights, naming, dataset: dataset.name, pictures: dataset.length };
    return printJson({ schema: 'ablate/evaluation/1', ...about, damaged, prepared, ...accuracy });
  }
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  printText(
    `${network.name} on ${counted(dataset.length, 'picture')} of ${dataset.name}, weights in ${loaded.naming}'s names`,
  );
  printText(`top-1 ${percent(accuracy.top1)}   top-5 ${percent(accuracy.top5)}   loss ${accuracy.loss.toFixed(4)}`);
  note(`shorter side ${prepared.resize}, ${prepared.interpolation}, middle ${resolution}x${resolution}`);
  if (damaged > 0)
    note(
      `${counted(damaged, 'picture')} could not be read and ${damaged === 1 ? 'is' : 'are'} in none of these numbers`,
    );
}

/**
 * The pictures asked for, or a run's own test set. A run's network is shown all of them in the run's colours, and their
 * labels are numbers of the run's classes.
 */
async function testPictures(options: EvaluateOptions, run: RecordedRun | null): Promise<Dataset> {
  const { data, root, pictures } = options;
  if (data !== undefined && pictures !== undefined) throw new UsageError('say one of --data NAME and --pictures DIR');
  if (!run) {
    if (data !== undefined) return testSplit(data, root);
    if (pictures !== undefined) return picturesIn(pictures, options, null);
    throw new UsageError('say what to evaluate on: --data NAME, or --pictures DIR with one folder a class');
  }
  const { mean, sd, classes } = run.preparation;
  if (pictures !== undefined) return { ...(await picturesIn(pictures, options, classes)), mean, sd };
  const test = data === undefined ? await ownTestSet(run, root) : await testSplit(data, root);
  const strange = test.classes.findIndex((name, number) => name !== classes[number]);
  if (options.classNames === undefined && (strange >= 0 || test.classes.length !== classes.length)) {
    const [theirs, ours] = [test.classes, classes].map((names) => names[Math.max(strange, 0)] ?? 'none');
    throw new UsageError(
      `${test.name} has ${test.classes.length} classes, the run has ${classes.length}; class ${Math.max(strange, 0)} is "${theirs}" there and "${ours}" in the run. Where they mean the same, say --class-names FILE with the run's`,
    );
  }
  return { ...test, mean, sd };
}

/** The test set that a run was evaluated on; where it has changed since, that is said. */
async function ownTestSet({ record, folder }: RecordedRun, root: string | undefined): Promise<Dataset> {
  const { dataset, network } = record.spec;
  const { test } = await openDatasets({ ...dataset, root: root ?? dataset.root }, network.classes);
  if (!record.datasetFingerprint.endsWith(test.fingerprint))
    note(`the test pictures of ${dataset.name} are not those that ${folder} was evaluated on`);
  return test;
}

async function picturesIn(
  folder: string,
  { classNames: file, classes }: EvaluateOptions,
  own: readonly string[] | null,
): Promise<Dataset> {
  await stat(folder);
  const present = await classesIn(folder);
  const known = (file === undefined && own ? own : (await classNames(classes ?? 1000, file))?.folders) ?? [];
  const stranger = present.find((name) => !known.includes(name));
  if (own && stranger !== undefined) {
    throw new UsageError(
      `${folder}: the run has no class "${stranger}"; it has ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', ...' : ''}. Name the folders after them, or name the folders of its classes in order in --class-names FILE`,
    );
  }
  // A part of the known classes keeps their numbers; other folders are numbered in their order.
  const list = await listClassFolders(folder, '.', stranger === undefined ? known : numbered(present));
  return fromFiles(folder, 'test', folder, list);
}

/** Folders in torchvision's order, or by what they count to where they are numbers. */
function numbered(folders: readonly string[]): readonly string[] {
  if (!isNumberedAsText(folders)) return folders;
  note(
    'the folders are numbers and taken for them, 2 before 10, as timm does; torchvision takes them for text, 10 before 2: for that, name them in its order in --class-names FILE',
  );
  return naturally(folders);
}
