import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { classesIn, listClassFolders } from '../../data/formats/class-folders.js';
import type { Dataset } from '../../data/dataset.js';
import { isNumberedAsText, naturally } from '../../data/formats/class-order.js';
import { fromFiles } from '../../data/listing/files.js';
import { warningsOf } from '../../data/remarks.js';
import { limitDataset } from '../../data/limit.js';
import { openEngine } from '../../engine/open.js';
import { classNames } from '../../inference/class-names.js';
import { evaluateWeights } from '../../inference/evaluate.js';
import { evaluationFit, resizedSide } from '../../inference/preparation.js';
import { loadWeights } from '../../weights/load.js';
import { testSplit } from '../dataset-option.js';
import { UsageError } from '../errors.js';
import { addInferenceOptions, type InferenceOptions } from '../inference-options.js';
import { classesAsked, networkFrom, whole } from '../network-options.js';
import { note, printJson, printText } from '../output.js';
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
    .option('--data <name>', 'a dataset (see `ablate data`)')
    .option('--pictures <dir>', 'instead: one folder of pictures a class, such as the validation set of ImageNet')
    .option('--limit <pictures>', 'only so many, balanced over classes', whole)
    .addHelpText(
      'after',
      `
Examples:
  ablate evaluate --model convnext-tiny --weights convnext_tiny.safetensors --pictures imagenet/val
  ablate evaluate --model resnet-50 --weights resnet50.safetensors --data imagenet-1k --root imagenet --interpolation bilinear

The second is how torchvision evaluates its first ResNet-50 weights; its second take --resize 232 as well.`,
    )
    .action(evaluateAction);
}

async function evaluateAction(options: EvaluateOptions): Promise<void> {
  const asked = await classesAsked(options);
  const all = await testPictures({ ...options, classes: asked });
  for (const text of warningsOf(all)) note(text);
  const classes = asked ?? all.classes.length;
  const { network, model } = await networkFrom({ ...options, classes });
  if (all.classes.length !== model.classes) {
    throw new UsageError(
      `the network tells ${counted(model.classes, 'class', 'classes')} apart, ${all.name} has ${all.classes.length}; name them all in --class-names FILE`,
    );
  }
  const dataset = limitDataset(all, options.limit ?? null);
  const resolution = model.input[0] as number;
  const fit = evaluationFit(resolution, dataset.size !== null, options.interpolation, options.resize);
  const engine = await openEngine({ device: options.device, threads: options.threads, onWarning: note });
  const { naming, variables } = await loadWeights(engine.ops, network, model, options.weights, options.naming);
  const began = performance.now();
  let told = began;
  let damaged = 0;
  const accuracy = await evaluateWeights({
    engine,
    model,
    weights: variables,
    dataset,
    fit,
    batchSize: Math.min(options.batch, dataset.length),
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
  const prepared = { resolution, resize: resizedSide(resolution, fit), interpolation: fit.interpolation };
  if (options.json) {
    const { name: model } = network;
    const about = { network: model, weights: options.weights, naming, dataset: dataset.name, pictures: dataset.length };
    return printJson({ schema: 'ablate/evaluation/1', ...about, damaged, prepared, ...accuracy });
  }
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  printText(
    `${network.name} on ${counted(dataset.length, 'picture')} of ${dataset.name}, weights in ${naming}'s names`,
  );
  printText(`top-1 ${percent(accuracy.top1)}   top-5 ${percent(accuracy.top5)}   loss ${accuracy.loss.toFixed(4)}`);
  note(`shorter side ${prepared.resize}, ${prepared.interpolation}, middle ${resolution}x${resolution}`);
  if (damaged > 0)
    note(`${counted(damaged, 'picture')} could not be read, counted as what the network makes of a blank one`);
}

async function testPictures({ data, root, pictures, classNames: file, classes }: EvaluateOptions): Promise<Dataset> {
  if ((data === undefined) === (pictures === undefined)) {
    throw new UsageError('say what to evaluate on: --data NAME, or --pictures DIR with one folder a class');
  }
  if (data !== undefined) return testSplit(data, root);
  const folder = pictures as string;
  await stat(folder);
  const present = await classesIn(folder);
  const known = (await classNames(classes ?? 1000, file))?.folders ?? [];
  // A part of ImageNet's classes keeps their numbers; other folders are numbered in their order.
  const list = await listClassFolders(
    folder,
    '.',
    present.every((name) => known.includes(name)) ? known : numbered(present),
  );
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
