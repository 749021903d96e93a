import { Command, Option } from 'commander';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Device } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { predict } from '../../inference/predict.js';
import { readPredictInput } from '../../inference/tensors.js';
import type { ParameterSpec } from '../../layers/layer.js';
import { foreignShape, toForeign } from '../../weights/layout.js';
import { loadWeights } from '../../weights/load.js';
import { foreignName, type Naming, namings } from '../../weights/naming/index.js';
import { type NamedTensor, WeightsError, writeSafetensors } from '../../weights/safetensors.js';
import { UsageError } from '../errors.js';
import { addNetworkOptions, type NetworkOptions, networkFrom } from '../network-options.js';
import { note, printJson } from '../output.js';

interface PredictCommandOptions extends NetworkOptions {
  readonly weights: string;
  readonly input: string;
  readonly output: string;
  readonly gradients?: boolean;
  readonly train?: boolean;
  readonly naming?: Naming;
  readonly device: Device;
  readonly threads?: string;
  readonly json?: boolean;
}

export function predictCommand(): Command {
  const command = new Command('predict')
    .description('logits of a network for given pictures, and for given labels the loss with all its gradients')
    .requiredOption('--weights <file>', 'safetensors with names of timm, torchvision, the paper or this program')
    .requiredOption(
      '--input <file>',
      'safetensors with `input` [N, 3, H, W] (or [N, H, W, 3]) and, for gradients, `labels` [N]',
    )
    .requiredOption(
      '--output <file>',
      "where `logits`, `loss` and gradients go, gradients under the weights' own names",
    )
    .option('--gradients', 'the gradients of the mean cross-entropy for the labels')
    .option('--train', 'batch statistics, and the running statistics after the pass')
    .addOption(
      new Option('--naming <tool>', 'whose names the weights have; found out if left out').choices([...namings]),
    )
    .addOption(new Option('--device <device>').choices(['auto', 'gpu', 'cpu', 'wasm', 'webgpu']).default('auto'))
    .option('--json', 'one JSON document on stdout');
  return addNetworkOptions(command)
    .addHelpText(
      'after',
      `
Example:
  ablate predict --model convnext-tiny --weights w.safetensors --input x.safetensors --output y.safetensors --gradients`,
    )
    .action(predictAction);
}

async function predictAction(options: PredictCommandOptions): Promise<void> {
  const { network, model } = networkFrom(options);
  const input = await readPredictInput(options.input, model.classes);
  const [height, width] = input.side;
  if (height !== model.input[0] || width !== model.input[1]) {
    throw new WeightsError(
      `${options.input}: the pictures are ${height}x${width}, the network takes ${model.input[0]}x${model.input[1]}; add --resolution ${height}`,
    );
  }
  if (options.gradients && !input.targets)
    throw new UsageError(`--gradients needs labels: ${options.input} has no tensor "labels"`);
  const { ops } = await openEngine({ device: options.device, eager: true, onWarning: note });
  const { tf } = ops;
  const { naming, variables } = await loadWeights(ops, network, model, options.weights, options.naming);
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
    values: () => tensor.dataSync() as Float32Array,
  });
  const own = new Map(model.parameters.map((spec) => [spec.name, spec]));
  const foreign = (name: string, tensor: Tensor): NamedTensor => {
    const spec = own.get(name) as ParameterSpec;
    const { name: exported, layout } = foreignName(spec, network, naming);
    const values = () => toForeign(tensor.dataSync() as Float32Array, spec.shape, layout);
    return { name: exported, shape: foreignShape(spec.shape, layout), dtype: 'F32', values };
  };
  await writeSafetensors(options.output, [
    named('logits', result.logits),
    ...(result.loss ? [named('loss', result.loss)] : []),
    ...[...result.gradients].map(([name, tensor]) => foreign(name, tensor)),
    ...[...result.statistics].map(([name, tensor]) => foreign(name, tensor)),
  ]);
  const top = tf.topk(result.logits, Math.min(5, model.classes)).indices.arraySync() as number[][];
  if (options.json) printJson({ schema: 'ablate/predict/1', output: options.output, naming, top5: top });
  else
    note(`wrote ${options.output} (weights in ${naming}'s names); top classes ${top.map((row) => row[0]).join(', ')}`);
}
