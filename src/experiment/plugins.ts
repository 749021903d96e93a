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
import { strategyNames } from '../config/strategy.js';
import { type Catalogue, createCatalogue } from '../roadmap/catalogue.js';
import { isStepId } from '../roadmap/check-step.js';
import type { OwnStrategy } from '../roadmap/strategies/own.js';
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
  readonly strategies: readonly OwnStrategy[];
  readonly problems: readonly Problem[];
}

/** The steps and strategies of a suite's plug-ins beside the paper's, with what is wrong with a plug-in at its place in the suite. */
export async function loadPlugins(plugins: readonly string[], suiteFile: string): Promise<LoadedPlugins> {
  const problems: Problem[] = [];
  const steps: Step[] = [];
  const paths: string[] = [];
  const origins = new Map<string, string>();
  const contents: PluginContent[] = [];
  const strategies: OwnStrategy[] = [];
  for (const [index, plugin] of plugins.entries()) {
    const path = resolve(dirname(suiteFile), plugin);
    try {
      const found = await loadExports(path);
      createCatalogue([...steps, ...found.steps]);
      for (const strategy of found.strategies) checkStrategy(strategy, strategies);
      const content = pluginContent(path, resolver);
      steps.push(...found.steps);
      strategies.push(...found.strategies);
      paths.push(path);
      contents.push(content);
      for (const { id } of found.steps) origins.set(id, path);
    } catch (error) {
      problems.push({
        path: ['plugins', index],
        on: 'value',
        message: `the plug-in ${plugin} cannot be used: ${reasonOf(error, path)}`,
      });
    }
  }
  return { catalogue: createCatalogue(steps), paths, origins, contents, strategies, problems };
}

/** The steps that a plug-in exports. Throws what its code throws, and where it is no file or has no step. */
export async function loadSteps(path: string): Promise<readonly Step[]> {
  const { steps } = await loadExports(path);
  if (steps.length === 0) throw new Error('it exports no step; export what defineStep returns');
  return steps;
}

async function loadExports(path: string): Promise<{ steps: readonly Step[]; strategies: readonly OwnStrategy[] }> {
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  const module = await withoutExit(() => jiti.import<Record<string, unknown>>(path));
  // What CommonJS exports may be a step itself.
  const exported = [...new Set([module, ...Object.values(module)].flat())];
  const [steps, strategies] = [exported.filter(isStep), exported.filter(isStrategy)];
  if (steps.length + strategies.length === 0)
    throw new Error('it exports no step and no strategy; export what defineStep or defineStrategy returns');
  return { steps, strategies };
}

/** Throws where a strategy's name cannot be one, or is taken. */
function checkStrategy({ id, definedAt }: OwnStrategy, others: readonly OwnStrategy[]): void {
  const where = `the strategy ${JSON.stringify(id)}${definedAt ? ` (${definedAt})` : ''}`;
  if (!isStepId(id))
    throw new Error(`${where}: its id must be lower-case words, digits and hyphens, such as each-half`);
  if (strategyNames.includes(id) || others.some((other) => other.id === id))
    throw new Error(`${where}: there is a strategy of that name already; give it another id`);
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

function isStrategy(value: unknown): value is OwnStrategy {
  const strategy = value as Partial<OwnStrategy> | null;
  return (
    typeof strategy === 'object' &&
    strategy !== null &&
    typeof strategy.id === 'string' &&
    typeof strategy.sets === 'function'
  );
}
