import { namedNetwork } from '../architecture/models.js';
import { recipeSchema } from '../config/recipe.js';
import type { Compiler, Device } from '../engine/engine.js';
import { createCatalogue } from '../roadmap/catalogue.js';
import { measureStep } from './measure-step.js';

/** A network's training step by one compiler; null where it does not run, and why. */
export interface CompilerTrial {
  readonly network: string;
  readonly compiler: Compiler;
  readonly picturesPerSecond: number | null;
  readonly reason: string | null;
}

export interface TrialSize {
  readonly device: Device;
  readonly resolution: number;
  readonly batch: number;
  readonly threads: number;
}

/** The two ends of the paper's road: convolutions under batch norm, and depthwise ones with wide products. */
const networks = ['resnet-50', 'convnext-tiny'] as const;

/** Times training steps of both ends of the road by both compilers, one after the other, each in a process of its own. */
export async function tryCompilers(
  { device, resolution, batch, threads }: TrialSize,
  onTrial: (trial: CompilerTrial) => void,
): Promise<CompilerTrial[]> {
  const recipe = recipeSchema.parse({
    name: 'trial',
    epochs: 1,
    batch_size: batch,
    optimizer: { name: 'adamw', learning_rate: 1e-3 },
    schedule: { name: 'constant' },
  });
  const trials: CompilerTrial[] = [];
  for (const network of networks) {
    for (const compiler of ['tensorflow', 'xla'] as const) {
      const classes = namedNetwork(network)?.classes ?? 1000;
      const spec = { base: network, steps: [], resolution, width: 1, stemStride: null, classes };
      const step = { name: network, spec, recipe, recompute: 'none', compiler, plugins: [] } as const;
      const found = await measureStep(
        { ...step, catalogue: createCatalogue() },
        { device, threads, onCpu: false },
      ).then(
        ({ picturesPerSecond }) => ({ picturesPerSecond, reason: null }),
        (error: Error) => ({ picturesPerSecond: null, reason: error.message }),
      );
      trials.push({ network, compiler, ...found });
      onTrial(trials.at(-1) as CompilerTrial);
    }
  }
  return trials;
}

/** By how much XLA must be ahead before its seconds of compiling a network are worth it. */
const worthwhile = 1.05;

/** XLA where it ran on every network and is ahead in the geometric mean, else TensorFlow; with XLA's speed over TensorFlow's. */
export function fasterCompiler(trials: readonly CompilerTrial[]): { compiler: Compiler; ratio: number | null } {
  const speed = (network: string, by: Compiler) =>
    trials.find((trial) => trial.network === network && trial.compiler === by)?.picturesPerSecond ?? null;
  const names = [...new Set(trials.map(({ network }) => network))];
  const ratios = names.map((name) => (speed(name, 'xla') ?? Number.NaN) / (speed(name, 'tensorflow') ?? Number.NaN));
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return { compiler: mean >= worthwhile ? 'xla' : 'tensorflow', ratio: Number.isFinite(mean) ? mean : null };
}
