import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { cacheRoot, isWhole, keyOf, libraryFolder, packageRoot, publish } from './cache.js';
import { compileSharedObjects, tensorflowLink } from './compiler.js';
import type { Progress } from './library.js';
import { withSetupLock } from './lock.js';
import { requireCompiler } from './tools.js';
import { type Flavour, TENSORFLOW_VERSION } from './wheels.js';

const require = createRequire(import.meta.url);

/** An instruction set that the kernels are compiled for; the best that the CPU has is loaded. */
interface InstructionSet {
  readonly name: string;
  /** Flags that compilers older than the names x86-64-v2 to -v4 know too. */
  readonly flags: readonly string[];
  /** What /proc/cpuinfo must list. */
  readonly needs: readonly string[];
}

const X64: readonly InstructionSet[] = [
  {
    name: 'x86-64-v4',
    flags: ['-march=skylake-avx512', '-mprefer-vector-width=512'],
    needs: ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl', 'avx2', 'fma', 'bmi2'],
  },
  { name: 'x86-64-v3', flags: ['-march=haswell'], needs: ['avx2', 'fma', 'bmi1', 'bmi2', 'f16c', 'movbe', 'abm'] },
  { name: 'x86-64-v2', flags: ['-march=nehalem'], needs: ['sse4_2', 'ssse3', 'popcnt'] },
];

const ARM64: readonly InstructionSet[] = [{ name: 'arm64', flags: ['-march=armv8-a'], needs: [] }];

const instructionSets = (): readonly InstructionSet[] => (process.arch === 'arm64' ? ARM64 : X64);

const FLAGS = [
  ...['-O3', '-std=c++17', '-fPIC', '-fvisibility=hidden', '-Wno-psabi', `-DNAPI_VERSION=8`],
  ...['-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast', '-pthread'],
];

const sources = (pattern: RegExp): string[] => {
  const folder = join(packageRoot, 'native', 'kernels');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
};

/** A folder for each instruction set: a cache may be shared by machines with different CPUs. */
function kernelsFolder(flavour: Flavour, set: InstructionSet): string {
  const salt = [TENSORFLOW_VERSION, flavour, ...FLAGS, ...set.flags].join(' ');
  return join(cacheRoot(), `kernels-${set.name}-${keyOf(sources(/\.(cc|h|inc)$/), salt)}`);
}

const fileName = (set: InstructionSet): string => `ablate_kernels-${set.name}.so`;

export interface KernelLibrary {
  readonly file: string;
  readonly instructionSet: string;
}

/** The kernels for this CPU, where `ablate setup` has compiled the present sources; else null. */
export function kernelLibrary(flavour: Flavour): KernelLibrary | null {
  const set = best();
  if (!set || sources(/\.cc$/).length === 0) return null;
  const folder = kernelsFolder(flavour, set);
  if (!isWhole(folder)) return null;
  return { file: join(folder, fileName(set)), instructionSet: set.name };
}

/** The best instruction set that kernels are compiled for and this CPU has; null if it has none of them. */
export const cpuInstructionSet = (): string | null => best()?.name ?? null;

function best(): InstructionSet | undefined {
  const cpu = cpuFlags();
  return instructionSets().find(({ needs }) => needs.every((flag) => cpu.has(flag)));
}

function cpuFlags(): ReadonlySet<string> {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    return new Set(line?.[1]?.trim().split(/\s+/));
  } catch {
    return new Set();
  }
}

/** The kernels of the present sources, compiled where they are not: by one process at a time, the others wait for it. */
export async function ensureKernels(flavour: Flavour, progress: Progress): Promise<void> {
  if (kernelLibrary(flavour)) return;
  await withSetupLock(progress, () => compileKernels(flavour, progress));
}

/**
 * Every file of native/kernels into one shared object, for the best instruction set of this CPU. To be called under the
 * setup's lock, which it does not take.
 */
export async function compileKernels(flavour: Flavour, progress: Progress): Promise<void> {
  const set = best();
  const files = sources(/\.cc$/);
  if (!set || files.length === 0) return;
  const folder = kernelsFolder(flavour, set);
  if (isWhole(folder)) return;
  const compiler = await requireCompiler();
  progress(`compiling the fused kernels for ${set.name}`);
  const library = libraryFolder(flavour);
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  await publish(folder, (temporary) =>
    compileSharedObjects(compiler, [
      {
        sources: files,
        flags: [...FLAGS, ...set.flags, `-I${headers}`, `-I${join(library, 'tensorflow', 'include')}`],
        link: [...tensorflowLink(library, `$ORIGIN/../${basename(library)}/tensorflow`), '-pthread'],
        output: join(temporary, fileName(set)),
      },
    ]),
  );
}
