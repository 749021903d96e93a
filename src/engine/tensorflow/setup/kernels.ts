import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../../engine.js';
import { cacheRoot, isWhole, keyOf, libraryFolder, packageRoot, publish } from './cache.js';
import { type Compiling, compileSharedObjects, tensorflowLink } from './compiler.js';
import type { Progress } from './library.js';
import { withSetupLock } from './lock.js';
import { execute } from './process.js';
import { requireCompiler, type Tool } from './tools.js';
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

const AVX512 = ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl', 'avx2', 'fma', 'bmi2'];

const BFLOAT16 = {
  flags: ['-march=cooperlake', '-mprefer-vector-width=512'],
  needs: ['avx512_bf16', 'avx512_vnni', ...AVX512],
};

const X64: readonly InstructionSet[] = [
  {
    name: 'x86-64-v4-amx',
    flags: [...BFLOAT16.flags, '-mamx-tile', '-mamx-bf16'],
    needs: ['amx_tile', 'amx_bf16', ...BFLOAT16.needs],
  },
  { name: 'x86-64-v4-bfloat16', ...BFLOAT16 },
  { name: 'x86-64-v4', flags: ['-march=skylake-avx512', '-mprefer-vector-width=512'], needs: AVX512 },
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

/**
 * Begun first: the others fill the cores until these are done, where one of them begun last would keep one core busy alone.
 * The order changes nothing that is compiled.
 */
export const slowSources = [
  'product.cc',
  'tile-filters.cc',
  'tile-filters-strided.cc',
  'tile-rows.cc',
  'tile-rows-strided.cc',
];

const slowestFirst = (files: readonly string[]): string[] => {
  const count = slowSources.length + 1;
  const place = (file: string): number => (slowSources.indexOf(basename(file)) + count) % count;
  return [...files].sort((a, b) => place(a) - place(b));
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

/** The best kernels for this CPU that `ablate setup` has compiled from the present sources; null where there are none. */
export function kernelLibrary(flavour: Flavour): KernelLibrary | null {
  if (sources(/\.cc$/).length === 0) return null;
  for (const set of fitting()) {
    const folder = kernelsFolder(flavour, set);
    if (isWhole(folder)) return { file: join(folder, fileName(set)), instructionSet: set.name };
  }
  return null;
}

/** The best instruction set that kernels are compiled for and this CPU has; null if it has none of them. */
export const cpuInstructionSet = (): string | null => fitting()[0]?.name ?? null;

/**
 * Those that this CPU has, the best first; none better than $ABLATE_INSTRUCTION_SET, where it is set.
 * @throws EnvironmentError if it names none.
 */
function fitting(): readonly InstructionSet[] {
  const cpu = cpuFlags();
  const sets = instructionSets();
  const best = process.env['ABLATE_INSTRUCTION_SET'];
  const first = best ? sets.findIndex(({ name }) => name === best) : 0;
  if (first < 0) {
    const names = sets.map(({ name }) => name).join(', ');
    throw new EnvironmentError(
      `ABLATE_INSTRUCTION_SET: expected one of ${names}, found ${best}\nNext: set it to one of these, or unset it`,
    );
  }
  return sets.slice(first).filter(({ needs }) => needs.every((flag) => cpu.has(flag)));
}

/** The best that this CPU has and the compiler knows: g++ 9 has no bfloat16. */
async function compilable(compiler: Tool): Promise<InstructionSet | undefined> {
  for (const set of fitting()) {
    const { code } = await execute(compiler.program, [...set.flags, '-E', '-x', 'c++', '/dev/null']);
    if (code === 0) return set;
  }
  return undefined;
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
  await withSetupLock(progress, () => compileKernels(flavour, progress, {}));
}

/**
 * Every file of native/kernels into one shared object, for the best instruction set of this CPU. Only linking needs
 * TensorFlow. To be called under the setup's lock, which it does not take.
 */
export async function compileKernels(flavour: Flavour, progress: Progress, compiling: Compiling): Promise<void> {
  const files = sources(/\.cc$/);
  const [best] = fitting();
  if (!best || files.length === 0 || isWhole(kernelsFolder(flavour, best))) return;
  const compiler = await requireCompiler();
  const set = await compilable(compiler);
  if (!set) return;
  const folder = kernelsFolder(flavour, set);
  if (isWhole(folder)) return;
  progress(`compiling the fused kernels for ${set.name}`);
  const library = libraryFolder(flavour);
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  await publish(folder, (temporary) =>
    compileSharedObjects(
      compiler,
      [
        {
          sources: slowestFirst(files),
          flags: [...FLAGS, ...set.flags, `-I${headers}`],
          link: [...tensorflowLink(library, `$ORIGIN/../${basename(library)}/tensorflow`), '-pthread'],
          output: join(temporary, fileName(set)),
        },
      ],
      compiling,
    ),
  );
}
