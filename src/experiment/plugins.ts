import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import * as zod from 'zod';
import type { Problem } from '../config/problem.js';
import { pluginLine } from '../engine/source-line.js';
import * as ablate from '../index.js';
import type { PluginContent } from '../records/run.js';
import { type Catalogue, createCatalogue } from '../roadmap/catalogue.js';
import type { Step } from '../roadmap/step.js';
import { packageName } from '../shell/program.js';
import { pluginContent } from './plugin-content.js';

const require = createRequire(import.meta.url);
const tfjs = ['@tensorflow/tfjs-core', '@tensorflow/tfjs'];

/**
 * Loads plug-ins in TypeScript or JavaScript. What they import of this program (as `ablate` or by its package's name), of zod
 * and of tfjs is this program's own, wherever they lie: a second copy would have other classes and another tape. Nothing is
 * kept between two starts: the folder for it would be that of temporary files, where others may write, too.
 */
const jiti = createJiti(import.meta.url, {
  fsCache: false,
  virtualModules: Object.defineProperties(
    { ablate, [packageName()]: ablate, zod },
    // Loaded by those that ask for it: everybody else does without a tensor library.
    Object.fromEntries(tfjs.map((name) => [name, { enumerable: true, get: () => require(name) as unknown }])),
  ),
});

const program = fileURLToPath(new URL('../index.js', import.meta.url));

/** Finds the files of what plug-ins import, for their content. */
const resolver = createJiti(import.meta.url, {
  fsCache: false,
  alias: {
    ablate: program,
    [packageName()]: program,
    zod: dirname(require.resolve('zod/package.json')),
    ...Object.fromEntries(tfjs.map((name) => [name, require.resolve(name)])),
  },
});

export interface LoadedPlugins {
  /** The paper's steps and those of the plug-ins. */
  readonly catalogue: Catalogue;
  /** Absolute, of those that could be loaded. */
  readonly paths: readonly string[];
  /** By step: the path of the plug-in that it comes from. */
  readonly origins: ReadonlyMap<string, string>;
  /** What each holds, in the order of `paths`. */
  readonly contents: readonly PluginContent[];
  readonly problems: readonly Problem[];
}

/** The steps of a suite's plug-ins beside the paper's, with what is wrong with a plug-in at its place in the suite. */
export async function loadPlugins(plugins: readonly string[], suiteFile: string): Promise<LoadedPlugins> {
  const problems: Problem[] = [];
  const steps: Step[] = [];
  const paths: string[] = [];
  const origins = new Map<string, string>();
  const contents: PluginContent[] = [];
  for (const [index, plugin] of plugins.entries()) {
    const path = resolve(dirname(suiteFile), plugin);
    try {
      const found = await loadSteps(path);
      createCatalogue([...steps, ...found]);
      const content = pluginContent(path, resolver);
      steps.push(...found);
      paths.push(path);
      contents.push(content);
      for (const { id } of found) origins.set(id, path);
    } catch (error) {
      problems.push({
        path: ['plugins', index],
        on: 'value',
        message: `the plug-in ${plugin} cannot be used: ${reasonOf(error, path)}`,
      });
    }
  }
  return { catalogue: createCatalogue(steps), paths, origins, contents, problems };
}

/** The steps that a plug-in exports. Throws what its code throws, and where it is no file or has no step. */
export async function loadSteps(path: string): Promise<Step[]> {
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  const module = await withoutExit(() => jiti.import<Record<string, unknown>>(path));
  const found = stepsOf(module);
  if (found.length === 0) throw new Error('it exports no step; export what defineStep returns');
  return found;
}

/** What a person needs of an error in a plug-in: its text, and the place in the plug-in. */
export function reasonOf(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const [first = '', second = ''] = error.message.split('\n').map((line) => line.trim());
  // Of a step that cannot be compiled the second line says why, of a syntax error where.
  if (first.endsWith(':') && second) return `${first} ${second.replace(/^- /, '')}`;
  if (second.startsWith(path)) return `${first.replace(/^ParseError: /, '')} at ${second}`;
  const line = pluginLine(error);
  return line && !first.includes(path) ? `${first} (at ${line})` : first;
}

/** A plug-in's code must not end the process that reads it: whatever else is being done would end without a word. */
async function withoutExit<T>(work: () => Promise<T>): Promise<T> {
  const { exit, abort } = process;
  const refuse = (): never => {
    throw new Error('it ends the process (process.exit) as it is loaded; throw an error instead');
  };
  process.exit = refuse;
  process.abort = refuse;
  try {
    return await work();
  } finally {
    process.exit = exit;
    process.abort = abort;
  }
}

/** What a module exports that is a step, or a list of steps. */
function stepsOf(module: Record<string, unknown>): Step[] {
  return [...new Set(Object.values(module).flat())].filter(isStep);
}

function isStep(value: unknown): value is Step {
  const step = value as Partial<Step> | null;
  return (
    typeof step === 'object' &&
    step !== null &&
    typeof step.id === 'string' &&
    // What they hold is the catalogue's to judge.
    'apply' in step &&
    'requires' in step
  );
}
