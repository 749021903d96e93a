import { dirname, resolve } from 'node:path';
import type { Path } from '../config/problem.js';
import type { SuiteParts } from '../config/parse.js';
import type { Road } from '../roadmap/road.js';
import type { Variant } from '../roadmap/variants.js';
import { type LoadedPlugins, loadPlugins } from './plugins.js';

/** What of a suite only its plug-ins can tell. */
export interface LeftOut {
  /** Absolute paths, there or not. */
  readonly plugins: readonly string[];
  /** Entries of the road that are no steps of this program, each once. */
  readonly steps: readonly string[];
  /** Networks with such a step. */
  readonly variants: readonly string[];
}

/** Whether the code of a suite's plug-ins is run. */
export interface PluginChoice {
  /** False: they are not read. What the road names and nothing here has is taken for theirs and left out. */
  readonly run?: boolean;
  /** Told of the files, by absolute path, before their code is run. */
  readonly onRun?: (files: readonly string[]) => void;
}

/** A suite's plug-ins, as far as they are to be run; `unread`: absolute paths of those that are not. */
export async function openPlugins(
  { plugins }: SuiteParts,
  file: string,
  { run = true, onRun }: PluginChoice,
  report: (path: Path, message: string) => void,
): Promise<LoadedPlugins & { readonly unread: readonly string[] }> {
  const named = [...plugins.entries()].filter((entry): entry is [number, string] => typeof entry[1] === 'string');
  const names = named.map(([, name]) => name);
  const files = names.map((name) => resolve(dirname(file), name));
  if (run && files.length > 0) onRun?.(files);
  const opened = await loadPlugins(run ? names : [], file);
  for (const { path, message } of opened.problems) report(['plugins', named[path[1] as number]?.[0] ?? 0], message);
  return { ...opened, unread: run ? [] : files };
}

/** A road's networks but for those with steps of plug-ins that were not run. */
export function withoutUnknown(
  all: readonly Variant[],
  road: Road,
  plugins: readonly string[],
): { variants: readonly Variant[]; leftOut: LeftOut | null } {
  if (plugins.length === 0) return { variants: all, leftOut: null };
  const steps = new Set(road.filter(({ step, enabled }) => enabled && step.leftOut).map(({ step }) => step.id));
  const isUnknown = (variant: Variant) => variant.steps.some(({ id }) => steps.has(id));
  const left = all.filter(isUnknown).map(({ name }) => name);
  return {
    variants: all.filter((variant) => !isUnknown(variant)),
    leftOut: { plugins, steps: [...steps], variants: left },
  };
}
