import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import type { Problem } from '../config/problem.js';
import type { PluginContent } from '../records/run.js';
import { type Catalogue, createCatalogue } from '../roadmap/catalogue.js';
import type { Step } from '../roadmap/step.js';
import { packageName } from '../shell/program.js';
import { pluginContent } from './plugin-content.js';

const program = fileURLToPath(new URL('../index.js', import.meta.url));

/**
 * Loads plug-ins in TypeScript or JavaScript; they import this program as `ablate` or by its package's name, and zod and tfjs
 * from wherever it has them.
 */
const require = createRequire(import.meta.url);
const jiti = createJiti(import.meta.url, {
  alias: {
    ablate: program,
    [packageName()]: program,
    zod: dirname(require.resolve('zod/package.json')),
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
      const found = existsSync(path) ? stepsOf(await jiti.import<Record<string, unknown>>(path)) : null;
      if (!found) throw new Error(`there is no file ${path}`);
      if (found.length === 0) throw new Error('it exports no step; export what defineStep returns');
      createCatalogue([...steps, ...found]);
      const content = pluginContent(path, jiti);
      steps.push(...found);
      paths.push(path);
      contents.push(content);
      for (const { id } of found) origins.set(id, path);
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);
      problems.push({
        path: ['plugins', index],
        on: 'value',
        message: `the plug-in ${plugin} cannot be used: ${reason}`,
      });
    }
  }
  return { catalogue: createCatalogue(steps), paths, origins, contents, problems };
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
    typeof step.apply === 'function' &&
    'requires' in step
  );
}
