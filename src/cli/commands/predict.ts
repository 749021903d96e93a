import { extname } from 'node:path';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { openEngine } from '../../engine/open.js';
import { predict } from '../../inference/predict.js';
import { readPredictInput } from '../../inference/tensors.js';
import { loadWeights } from '../../weights/load.js';
import { type Place, toTensors } from '../../weights/place.js';
import { checkTarget, type NamedTensor, WeightsError, writeSafetensors } from '../../weights/safetensors.js';
import { UsageError } from '../errors.js';
import { addInferenceOptions, type InferenceOptions } from '../inference-options.js';
import { networkFrom } from '../network-options.js';
import { note, printJson } from '../output.js';
import { pictureSetting, predictPictures } from '../predict-pictures.js';
import { loadOptions, recordedRun, weightsAsked } from '../recorded-run.js';

interface PredictCommandOptions extends InferenceOptions {
  readonly input: readonly string[];
  readonly output?: string;
  readonly gradients?: boolean;
  readonly train?: boolean;
}

export function predictCommand(): Command {
  const command = new Command('predict').description(
    'the likeliest classes of pictures; or logits of prepared tensors, and for given labels the loss with all its gradients',
  );
  return addInferenceOptions(command)
    .requiredOption(
      '--input <paths...>',
      'pictures, folders of them, or one file of safetensors with `input` [N, 3, H, W] (or [N, H, W, 3]) and, for gradients, `labels` [N]',
    )
    .option(
      '--data <name>',
      "the dataset that the pictures are like: its normalisation and its classes' names; default: as the run's, or ImageNet's",
    )
    .option(
      '--output <file>',
      "for safetensors: where `logits`, `loss` and gradients go, gradients under the weights' own names",
    )
    .option('--gradients', 'for safetensors: the gradients of the mean cross-entropy for the labels')
    .option('--train', 'for safetensors: batch statistics, and the running statistics after the pass')
    .addHelpText(
      'after',
      `
Examples:
  ablate predict --model convnext-tiny --weights convnext_tiny.safetensors --input photos
  ablate predict --run experiments/mine/gelu/seed-0 --input photos
  ablate predict --model convnext-tiny --weights w.safetensors --input x.safetensors --output y.safetensors --gradients`,
    )
    .action(predictAction);
}

async function predictAction(options: PredictCommandOptions): Promise<void> {
  const tensors = options.input.find((path) => extname(path) === '.safetensors');
  if (tensors !== undefined) {
    if (options.input.length > 1)
      throw new UsageError(`--input ${tensors} is prepared tensors: one file at a time, and no pictures beside it`);
    return predictTensors(tensors, options);
  }
  const given = (['output', 'gradients', 'train'] as const).find((name) => options[name] !== undefined);
  if (given) throw new UsageError(`--${given} is for an --input of safetensors, ${options.input.join(', ')} is none`);
  const weights = weightsAsked(options);
  const ofRun = options.run === undefined ? null : await networkFrom(options);
  const run = ofRun && (await recordedRun(options.run as string, ofRun));
  const setting = await pictureSetting(options.input, options, run?.preparation ?? null);
  const { network, model } = ofRun ?? (await networkFrom({ ...options, classes: setting.classes }));
  const { ops } = await openEngine({
    device: options.device ?? 'auto',
    threads: options.threads,
    eager: true,
    onWarning: note,
  });
  const { variables, lines, partial } = await loadWeights(ops, network, model, weights, loadOptions(options));
  if (partial) for (const line of lines) note(line);
  await predictPictures(ops, model, variables, setting, options);
}

async function predictTensors(path: string, options: PredictCommandOptions): Promise<void> {
  const { output } = options;
  if (output === undefined) throw new UsageError('an --input of safetensors needs --output FILE');
  await checkTarget(output);
  const weights = weightsAsked(options);
  const { network, model } = await networkFrom(options);
  const input = await readPredictInput(path, model.classes);
  const [height, width] = input.side;
  if (height !== model.input[0] || width !== model.input[1]) {
    throw new WeightsError(
      `${path}: the pictures are ${height}x${width}, the network takes ${model.input[0]}x${model.input[1]}; add --resolution ${height}`,
    );
  }
  if (options.gradients && !input.targets)
    throw new UsageError(`--gradients needs labels: ${path} has no tensor "labels"`);
  const { ops } = await openEngine({
    device: options.device ?? 'auto',
    threads: options.threads,
    eager: true,
    onWarning: note,
  });
  const { tf } = ops;
  const loaded = await loadWeights(ops, network, model, weights, loadOptions(options));
  const { naming, variables } = loaded;
  if (loaded.partial) for (const line of loaded.lines) note(line);
  const result = predict({
    ops,
    model,
    weights: variables,
    pictures: tf.tensor(input.pictures, [input.count, height, width, 3]),
    targets:
      options.gradients && input.targets ? (tf.tensor(input.targets, [input.count, model.classes]) as Tensor2D) : null,
    training: options.train === true,
  });

  const named = (name: string, tensor: Tensor): NamedTensor => ({
    name,
    shape: tensor.shape,
    dtype: 'F32',
    values: () => tensor.data() as Promise<Float32Array>,
  });
  const places = new Map(loaded.places.map((place) => [place.spec.name, place]));
  const foreign = (name: string, tensor: Tensor): NamedTensor[] => {
    const place = places.get(name) as Place;
    return place.tensors.map(({ name: exported, shape }, at) => {
      const values = async () => toTensors(place, (await tensor.data()) as Float32Array)[at] as Float32Array;
      return { name: exported, shape, dtype: 'F32', values };
    });
  };
  await writeSafetensors(output, [
    named('logits', result.logits),
    ...(result.loss ? [named('loss', result.loss)] : []),
    ...[...result.gradients].flatMap(([name, tensor]) => foreign(name, tensor)),
    ...[...result.statistics].flatMap(([name, tensor]) => foreign(name, tensor)),
  ]);
  const top = (await tf.topk(result.logits, Math.min(5, model.classes)).indices.array()) as number[][];
  if (options.json) printJson({ schema: 'ablate/predict/1', output, naming, top5: top });
  else note(`wrote ${output} (weights in ${naming}'s names); top classes ${top.map((row) => row[0]).join(', ')}`);
}
