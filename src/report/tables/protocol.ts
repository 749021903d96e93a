import { basename } from 'node:path';
import type { RunRecord, RunSpec } from '../../records/run.js';
import { counted, grouped, listed } from '../format.js';
import type { Study } from '../study.js';
import type { Table } from './table.js';

/** How the paper trained its road (section 2 and Table 5) beside how this study did. */
export function protocolTable(study: Study): Table | null {
  const runs = study.rows.flatMap(({ states }) =>
    states.flatMap(({ status, files }) => (status === 'done' && files.run ? [files.run] : [])),
  );
  if (runs.length === 0) return null;
  const ofStart = new Set(study.rows.flatMap(({ variant }) => (variant.kind === 'base' ? [variant.name] : [])));
  const [start, others] = [true, false].map((is) => runs.filter(({ spec }) => ofStart.has(spec.variant) === is));
  const of = (describe: (spec: RunSpec) => string): string => {
    const valuesOf = (some: typeof runs = []) => [...new Set(some.map(({ spec }) => describe(spec)))];
    const [first, rest] = [valuesOf(start), valuesOf(others)];
    if (rest.length === 0) return few(first);
    const apart = first.filter((value) => !rest.includes(value));
    return apart.length === 0 ? few(rest) : `${few(rest)} (the start: ${few(apart)})`;
  };
  const seeds = new Set(runs.map(({ spec }) => spec.seed)).size;
  const hardware = [
    ...new Set(
      runs.map(({ engine, machine }) => `${engine.device} (${machine.cpu}), ${engine.engine} ${engine.version}`),
    ),
  ];
  return {
    columns: [{ heading: 'what' }, { heading: 'the paper' }, { heading: 'this study' }],
    rows: [
      [
        'data set',
        'ImageNet-1K, 1000 classes',
        of(({ dataset, network }) => `${dataset.name}${limits(dataset)}, ${network.classes} classes`),
      ],
      [
        'resolution',
        '224×224',
        [...new Set(study.plan.variants.map(({ resolution }) => `${resolution}×${resolution}`))].join('; '),
      ],
      [
        'widths',
        'full',
        of(({ network }) => (network.width === 1 ? 'full' : `× ${Number(network.width.toPrecision(3))}`)),
      ],
      [
        'stem stride',
        '4',
        of(({ network }) => (network.stemStride === null ? "the network's own" : String(network.stemStride))),
      ],
      ...(study.plan.validation
        ? [
            [
              'choices made on',
              'not said',
              `${grouped(100 * study.plan.validation.share)}% of the training images, held out`,
            ],
          ]
        : []),
      ['starting weights', 'drawn at random', of(startingWeights)],
      ['epochs', '300 (the start: 90)', of(({ recipe }) => String(recipe.epochs))],
      ['batch', '4096 (the start: 256)', of(({ recipe }) => String(recipe.batch_size))],
      ['optimizer', 'AdamW, rate 0.004, decay 0.05 (the start: SGD, rate 0.1, decay 1e-4)', optimizers(runs, of)],
      ['schedule', '20 epochs of warm-up, cosine (the start: steps)', of(schedule)],
      [
        'augmentation',
        'random resized crop, flip, RandAugment 9/0.5, mixup 0.8, CutMix 1, erasing 0.25 (the start: crop and flip)',
        of(augmentation),
      ],
      ['regularisation', 'label smoothing 0.1, stochastic depth 0.1, no EMA on the road', of(regularisation)],
      ['precision', 'mixed', listed([...new Set(runs.map(({ engine }) => engine.precision))])],
      ['seeds', '3 (ResNet-200 road: 1)', String(seeds)],
      [
        'hardware',
        'GPUs, batch norm over 128 images each',
        hardware.length > 3 ? `${hardware.length} different machines` : hardware.join('; '),
      ],
    ],
  };
}

const few = (values: readonly string[]): string =>
  values.length > 3 ? `${values.length} different ones` : values.join('; ');

function limits({ train_limit: train, test_limit: test }: RunSpec['dataset']): string {
  const parts = [
    ...(train === null ? [] : [`${counted(train, 'training image')}`]),
    ...(test === null ? [] : [`${counted(test, 'test image')}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** The file that training started from, told from others of its name by its content. */
function startingWeights({ network: { weights } }: RunSpec): string {
  return weights ? `${basename(weights.file)}, SHA-256 ${weights.sha256.slice(0, 12)}…` : 'drawn at random';
}

/** Where each network has a rate of its own, the least and the most of them. */
function optimizers(runs: readonly RunRecord[], of: (describe: (spec: RunSpec) => string) => string): string {
  return of(({ recipe: { optimizer: used } }) => {
    const alike = runs.flatMap(({ spec: { recipe } }) =>
      recipe.optimizer.name === used.name && recipe.optimizer.weight_decay === used.weight_decay
        ? [recipe.optimizer.learning_rate]
        : [],
    );
    const [least, most] = [Math.min(...alike), Math.max(...alike)];
    const rate = least === most ? `rate ${least}` : `rates ${least} to ${most}`;
    return `${used.name === 'adamw' ? 'AdamW' : 'SGD'}, ${rate}, decay ${used.weight_decay}`;
  });
}

function schedule({ recipe: { schedule: used } }: RunSpec): string {
  const warmup = used.warmup_epochs > 0 ? `${counted(used.warmup_epochs, 'epoch')} of warm-up, ` : '';
  return `${warmup}${used.name === 'step' ? 'steps' : used.name}`;
}

function augmentation({ recipe: { augmentation: used } }: RunSpec): string {
  const parts = [
    used.random_resized_crop && 'random resized crop',
    used.random_crop && `random crop, padding ${used.random_crop.padding}`,
    used.flip && 'flip',
    used.rand_augment !== null && `RandAugment ${used.rand_augment}`,
    used.color_jitter !== null && `colour jitter ${used.color_jitter}`,
    used.mixup > 0 && `mixup ${used.mixup}`,
    used.cutmix > 0 && `CutMix ${used.cutmix}`,
    used.random_erasing > 0 && `erasing ${used.random_erasing}`,
    used.repeats > 1 && `${used.repeats} repeats`,
  ];
  return parts.filter(Boolean).join(', ') || 'none';
}

function regularisation({ recipe }: RunSpec): string {
  const parts = [
    recipe.label_smoothing > 0 && `label smoothing ${recipe.label_smoothing}`,
    recipe.drop_path > 0 && `stochastic depth ${recipe.drop_path}`,
    recipe.clip_gradient_norm !== null && `gradients clipped at ${recipe.clip_gradient_norm}`,
    recipe.ema ? `EMA ${recipe.ema.decay}` : 'no EMA',
  ];
  return parts.filter(Boolean).join(', ');
}
