import type { Augmentation, Optimizer, Recipe, Schedule } from './recipe.js';

/** What decides how a network is trained and evaluated; two of these that are equal are one training. */
export type Training = Omit<Recipe, 'name' | 'replaces'>;

/**
 * A recipe without its names and with all that no run makes use of at its default, so that recipes that train alike are
 * equal. Only for telling whether a step changes anything: records are known by the recipe as it is written.
 */
export function trainingOf({ name: _, replaces: __, ...recipe }: Recipe): Training {
  const { batch_size, evaluation } = recipe;
  const pass = Math.min(recipe.micro_batch_size ?? batch_size, batch_size);
  return {
    ...recipe,
    micro_batch_size: pass,
    reference_batch: recipe.reference_batch ?? batch_size,
    optimizer: usedOptimizer(recipe.optimizer),
    schedule: usedSchedule(recipe),
    augmentation: usedAugmentation(recipe.augmentation),
    evaluation: { ...evaluation, batch_size: evaluation.batch_size ?? pass },
  };
}

/** Which parameters do not decay makes no difference where none does. */
const usedOptimizer = (optimizer: Optimizer): Optimizer =>
  optimizer.weight_decay === 0 ? { ...optimizer, decay_norms_and_biases: false } : optimizer;

/** A rate that never drops is constant. */
function usedSchedule({ schedule, epochs }: Recipe | Omit<Recipe, 'name' | 'replaces'>): Schedule {
  const drops = schedule.name === 'step' && schedule.every_epochs < epochs && schedule.factor !== 1;
  return schedule.name !== 'step' || drops ? schedule : { name: 'constant', warmup_epochs: schedule.warmup_epochs };
}

/** As `drawMix` and `createPreparation` read it: what is drawn only where something else is on changes nothing without. */
function usedAugmentation(augmentation: Augmentation): Augmentation {
  const { random_crop, color_jitter } = augmentation;
  return {
    ...augmentation,
    random_crop: random_crop?.padding === 0 ? null : random_crop,
    color_jitter: color_jitter === 0 ? null : color_jitter,
    ...usedMixing(augmentation),
  };
}

type Mixing = Pick<Augmentation, 'mixup' | 'cutmix' | 'mix_probability' | 'mix_switch_probability'>;

function usedMixing({ mixup, cutmix, mix_probability, mix_switch_probability }: Mixing): Mixing {
  if (mix_probability === 0 || (mixup === 0 && cutmix === 0))
    return { mixup: 0, cutmix: 0, mix_probability: 0, mix_switch_probability: 0 };
  // The two take turns only where both are on.
  const turns = mixup > 0 && cutmix > 0;
  return { mixup, cutmix, mix_probability, mix_switch_probability: turns ? mix_switch_probability : 0 };
}

/** The fields of how often and in what batches pictures are evaluated, where two trainings differ in these alone; else none. */
export function onlyEvaluatedApart(one: Training, other: Training): string[] {
  const apart = differing(one, other);
  const cadence = ['evaluation.batch_size', 'evaluation.every_epochs'];
  return apart.every((field) => cadence.includes(field)) ? apart : [];
}

/** Whether two trainings differ in the learning rate and in nothing else. */
export function onlyRateApart(one: Training, other: Training): boolean {
  return String(differing(one, other)) === 'optimizer.learning_rate';
}

/** The fields in which two differ, by their paths. */
function differing(one: unknown, other: unknown, above = ''): string[] {
  if (!isPart(one) || !isPart(other)) return Object.is(one, other) ? [] : [above];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    differing(one[key], other[key], above ? `${above}.${key}` : key),
  );
}

const isPart = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object';
