import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../engine.js';
import { bindingFile, bindingFolder, ensureBinding } from './binding.js';
import { cacheRoot, libraryFolder, removeLeftovers } from './cache.js';
import { compileKernels, kernelLibrary } from './kernels.js';
import { fetchLibrary, findFetcher, type Progress } from './library.js';
import { withSetupLock } from './lock.js';
import { execute, tail } from './process.js';
import { createTurns, together } from './together.js';
import { MEANWHILE, requireCompiler } from './tools.js';
import { type Flavour, TENSORFLOW_VERSION } from './wheels.js';
import { command } from '../../../shell/program.js';

export interface SetupOptions {
  readonly flavour: Flavour;
  /** Rebuild although everything is there. */
  readonly force?: boolean;
  readonly progress?: Progress;
  /** Ends it, with its reason; nothing half made stays. */
  readonly signal?: AbortSignal;
}

export interface SetupResult {
  readonly flavour: Flavour;
  readonly tensorflow: string;
  readonly cache: string;
  readonly binding: string;
  readonly kernels: string | null;
  readonly device: string;
}

/**
 * Builds the tensorflow engine into the cache: what is there and whole is kept, so a call after a kill goes on, and a
 * call on a finished cache only checks it. The kernels compile while TensorFlow is on its way. It ends with a gradient
 * computed in a process of its own.
 *
 * @throws EnvironmentError with what is missing and the next command.
 */
export async function setupTensorflow({
  flavour,
  force = false,
  progress = () => {},
  signal,
}: SetupOptions): Promise<SetupResult> {
  const root = cacheRoot();
  return withSetupLock(progress, async () => {
    removeLeftovers(root);
    if (force)
      for (const folder of [libraryFolder(flavour), bindingFolder(flavour)])
        rmSync(folder, { recursive: true, force: true });
    const fetcher = await findFetcher(flavour);
    // Whoever has none is told before TensorFlow is fetched for nothing.
    if (fetcher) await requireCompiler();
    await together(signal, (ending) => {
      const library = fetcher ? fetchLibrary(flavour, fetcher, progress, ending) : Promise.resolve();
      const compiling = { library, turns: createTurns(), signal: ending };
      return [library, compileKernels(flavour, progress, compiling), ensureBinding(flavour, progress, compiling)];
    });
    progress('checking');
    const device = await check(flavour);
    const binding = bindingFile(flavour);
    const kernels = kernelLibrary(flavour)?.file ?? null;
    return { flavour, tensorflow: TENSORFLOW_VERSION, cache: root, binding, kernels, device };
  });
}

/** Loads the engine in a child process and computes a gradient; returns the device it ran on. */
async function check(flavour: Flavour): Promise<string> {
  const script = fileURLToPath(new URL(`./check.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
  const loader = import.meta.url.endsWith('.ts') ? ['--import', 'jiti/register'] : [];
  const { code, stdout, stderr } = await execute(process.execPath, [...loader, script, flavour]);
  if (code === 0) return stdout.trim();
  throw new EnvironmentError(
    `The engine was built but does not run:\n${tail(stderr)}\nNext: ${command('setup --force')}\n${MEANWHILE}`,
  );
}
