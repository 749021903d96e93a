import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildModel } from '../architecture/build.js';
import type { Recipe } from '../config/recipe.js';
import { countCost } from '../cost/count.js';
import type { Compiler, Device } from '../engine/engine.js';
import { keptMemory } from '../engine/kept-memory.js';
import { networkOf } from '../experiment/network.js';
import type { NetworkSpec } from '../records/run.js';
import type { Catalogue } from '../roadmap/catalogue.js';
import { passesOf } from '../training/passes.js';
import { startContender, withContenders } from './contender-process.js';
import { quantile } from './interleave.js';
import { type StepTask, stepTask } from './task.js';

/** A network with what its training step needs. */
export interface MeasuredNetwork {
  readonly name: string;
  readonly spec: NetworkSpec;
  readonly recipe: Recipe;
  readonly recompute: 'none' | 'blocks';
  readonly compiler: Compiler;
  /** Absolute paths. */
  readonly plugins: readonly string[];
}

export interface MeasuringOn {
  readonly device: Device;
  readonly threads: number;
  readonly onCpu: boolean;
}

/** How fast a network trains while its pictures are at hand. */
export interface StepRate {
  readonly picturesPerSecond: number;
  readonly batch: number;
  readonly steps: number;
}

const program = fileURLToPath(new URL('./step-worker.js', import.meta.url));

/** Milliseconds of steps that are enough to tell, and the most of them. */
const enough = 3000;
const most = 40;

/** Forward multiply-adds of a timed step on a CPU, where few pictures tell as much as many: some seconds of two cores. */
const mostMacs = 50e9;

/**
 * Times a network's training step in a process of its own: the first two steps are left out, the median of at least two
 * others counts. On a CPU a step may have fewer pictures than the recipe's. Rejects with the engine's own reason where
 * there can be no step.
 */
export async function measureStep(
  { name, spec, catalogue, ...training }: MeasuredNetwork & { readonly catalogue: Catalogue },
  { device, threads, onCpu }: MeasuringOn,
): Promise<StepRate> {
  const network = networkOf(spec, catalogue);
  const model = buildModel(network);
  const pass = passesOf(training.recipe).batchSize;
  const batch = onCpu ? Math.min(pass, Math.max(4, Math.floor(mostMacs / countCost(model).macs))) : pass;
  const { plugins, recipe, recompute, compiler } = training;
  const size = { batch, threads, precision: recipe.precision };
  return timeTask(stepTask({ name, spec, plugins, network, model }, size, { recipe, recompute, compiler }), device);
}

async function timeTask(task: StepTask, device: Device): Promise<StepRate> {
  const folder = await mkdtemp(join(tmpdir(), 'ablate-step-'));
  try {
    const path = join(folder, 'task.json');
    await writeFile(path, JSON.stringify(task));
    const contender = startContender([process.execPath, program, path, device], keptMemory());
    return await withContenders([contender], async () => {
      await contender.ask({ steps: 2 });
      const times: number[] = [];
      for (let spent = 0; times.length < 2 || (spent < enough && times.length < most); ) {
        const {
          times: [time = 0],
        } = await contender.ask<{ times: readonly number[] }>({ steps: 1 });
        times.push(time);
        spent += time;
      }
      const median = quantile(
        times.sort((a, b) => a - b),
        0.5,
      );
      return { picturesPerSecond: (1000 * task.batch) / median, batch: task.batch, steps: times.length };
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
