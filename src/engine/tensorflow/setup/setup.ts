import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../engine.js';
import { bindingFolder, ensureBinding } from './binding.js';
import { cacheRoot, libraryFolder, removeLeftovers } from './cache.js';
import { compileKernels, kernelLibrary } from './kernels.js';
import { ensureLibrary, type Progress } from './library.js';
import { withSetupLock } from './lock.js';
import { execute, tail } from './process.js';
import { MEANWHILE } from './tools.js';
import { type Flavour, TENSORFLOW_VERSION } from './wheels.js';
import { command } from '../../../shell/program.js';

export interface SetupOptions {
  readonly flavour: Flavour;
  /** Rebuild although everything is there. */
  readonly force?: boolean;
  readonly progress?: Progress;
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
 * call on a finished cache only checks it. It ends with a gradient computed in a process of its own.
 *
 * @throws EnvironmentError with what is missing and the next command.
 */
export async function setupTensorflow({
  flavour,
  force = false,
  progress = () => {},
}: SetupOptions): Promise<SetupResult> {
  const root = cacheRoot();
  return withSetupLock(progress, async () => {
    removeLeftovers(root);
    if (force)
      for (const folder of [libraryFolder(flavour), bindingFolder(flavour)])
        rmSync(folder, { recursive: true, force: true });
    await ensureLibrary(flavour, progress);
    const binding = await ensureBinding(flavour, progress);
    await compileKernels(flavour, progress);
    progress('checking');
    const device = await check(flavour);
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
