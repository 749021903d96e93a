import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { packageVersion } from './packages.js';
import { bindingFolder } from './tensorflow/setup/binding.js';
import { cacheRoot, isWhole, libraryFolder } from './tensorflow/setup/cache.js';
import { cpuInstructionSet, kernelLibrary } from './tensorflow/setup/kernels.js';
import { execute } from './tensorflow/setup/process.js';
import { findCompiler, findPip, findPython } from './tensorflow/setup/tools.js';
import { type Flavour, TENSORFLOW_VERSION, wheelsFor } from './tensorflow/setup/wheels.js';
import { adapterAdvice, webgpuInstall, WEBGPU_PACKAGES } from './webgpu/adapter.js';
import { command, installCommand } from '../shell/program.js';

/** One thing that an engine needs. */
export interface Check {
  readonly what: string;
  /** What is there; null if it is missing. */
  readonly found: string | null;
  /** The command that would bring it; null if it is there or nothing can. */
  readonly next: string | null;
  /** The engine works without it, but slower. */
  readonly optional?: true;
}

export interface EngineReport {
  readonly engine: 'tensorflow' | 'tensorflow-gpu' | 'wasm' | 'webgpu';
  readonly ready: boolean;
  readonly checks: readonly Check[];
}

export interface DoctorReport {
  readonly machine: {
    readonly platform: string;
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly instructionSet: string | null;
  };
  readonly cache: string;
  readonly engines: readonly EngineReport[];
}

/** What is here and what is missing for each engine. Looks only; loads no engine and changes nothing. */
export async function examine(): Promise<DoctorReport> {
  return {
    machine: {
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGb: Math.round(totalmem() / 1e8) / 10,
      instructionSet: cpuInstructionSet(),
    },
    cache: cacheRoot(),
    engines: [await tensorflow('cpu'), await tensorflow('gpu'), wasm(), await webgpu()],
  };
}

const report = (engine: EngineReport['engine'], checks: readonly Check[]): EngineReport => ({
  engine,
  ready: checks.every(({ found, optional }) => found !== null || optional),
  checks,
});

async function tensorflow(flavour: Flavour): Promise<EngineReport> {
  const name = flavour === 'gpu' ? 'tensorflow-gpu' : 'tensorflow';
  if (!wheelsFor(flavour)) {
    const what = `a system that it runs on (Linux x64${flavour === 'gpu' ? '' : ' or arm64'})`;
    return report(name, [{ what, found: null, next: null }]);
  }
  const setup = command(flavour === 'gpu' ? 'setup --gpu' : 'setup');
  const library = isWhole(libraryFolder(flavour)) ? libraryFolder(flavour) : null;
  const addon = isWhole(bindingFolder(flavour)) ? bindingFolder(flavour) : null;
  const kernels = kernelLibrary(flavour)?.instructionSet ?? null;
  const parts: Check[] = [
    { what: `TensorFlow ${TENSORFLOW_VERSION}`, found: library, next: library ? null : setup },
    { what: 'the addon for Node, for these sources', found: addon, next: addon ? null : setup },
  ];
  if (flavour === 'cpu') {
    parts.push({
      what: 'the fused kernels, for these sources',
      found: kernels,
      next: kernels ? null : setup,
      optional: true,
    });
  }
  const complete = parts.every(({ found }) => found !== null);
  const driver = flavour === 'gpu' ? [await nvidiaDriver()] : [];
  // What setup needs matters only where it still has something to do.
  return report(name, [...driver, ...(complete ? [] : await buildTools()), ...parts]);
}

async function buildTools(): Promise<Check[]> {
  const python = await findPython();
  const pip = python && (await findPip(python));
  const compiler = await findCompiler();
  return [
    {
      what: 'python3',
      found: python?.version ?? null,
      next: python ? null : 'sudo apt-get install python3 python3-pip',
    },
    { what: 'pip', found: pip?.version ?? null, next: pip ? null : 'sudo apt-get install python3-pip' },
    { what: 'a C++ compiler', found: compiler?.version ?? null, next: compiler ? null : 'sudo apt-get install g++' },
  ];
}

async function nvidiaDriver(): Promise<Check> {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  const { code, stdout } = await execute('nvidia-smi', query);
  const found = code === 0 && stdout.trim() ? stdout.trim().split('\n').join('; ') : null;
  const next = found ? null : 'install the NVIDIA driver, 525 or newer, of your system (nvidia-smi must list a GPU)';
  return { what: 'an NVIDIA GPU and its driver', found, next };
}

function wasm(): EngineReport {
  const found = packageVersion('@tensorflow/tfjs-backend-wasm');
  return report('wasm', [{ what: 'its package', found, next: found ? null : installCommand() }]);
}

async function webgpu(): Promise<EngineReport> {
  const packages = WEBGPU_PACKAGES.map((name): Check => {
    const found = packageVersion(name);
    return { what: `the package ${name}`, found, next: found ? null : webgpuInstall() };
  });
  const complete = packages.every(({ found }) => found !== null);
  return report('webgpu', complete ? [...packages, await webgpuAdapter()] : packages);
}

async function webgpuAdapter(): Promise<Check> {
  const { code, stdout } = await execute(process.execPath, [
    fileURLToPath(new URL('webgpu/check.js', import.meta.url)),
  ]);
  const found = code === 0 ? stdout : null;
  return { what: 'a device', found, next: found ? null : adapterAdvice() };
}
