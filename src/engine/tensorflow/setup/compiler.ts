import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { EnvironmentError } from '../../engine.js';
import { execute, tail } from './process.js';
import { MEANWHILE, type Tool } from './tools.js';
import { command } from '../../../shell/program.js';

export interface SharedObject {
  readonly sources: readonly string[];
  readonly flags: readonly string[];
  /** Flags by a source's file name, on top of the others. */
  readonly flagsOf?: Readonly<Record<string, readonly string[]>>;
  readonly link: readonly string[];
  readonly output: string;
}

/** Compiles and links, as many sources at a time as there are cores; objects lie beside the output. */
export async function compileSharedObjects(compiler: Tool, targets: readonly SharedObject[]): Promise<void> {
  const object = (target: SharedObject, source: string): string => `${target.output}.${basename(source)}.o`;
  const jobs = targets.flatMap((target) =>
    target.sources.map((source) => async () => {
      const flags = [...target.flags, ...(target.flagsOf?.[basename(source)] ?? [])];
      await compile(compiler, ['-c', ...flags, source, '-o', object(target, source)], source);
    }),
  );
  await inParallel(jobs, availableParallelism());
  for (const target of targets) {
    const objects = target.sources.map((source) => object(target, source));
    await compile(compiler, ['-shared', ...objects, '-o', target.output, ...target.link], target.output);
    for (const file of objects) rmSync(file);
  }
}

async function compile(compiler: Tool, args: readonly string[], subject: string): Promise<void> {
  const { code, stderr } = await execute(compiler.program, args);
  if (code === 0) return;
  const line = [compiler.program, ...args].join(' ');
  throw new EnvironmentError(
    `Compiling ${subject} failed (${compiler.version}):\n${tail(stderr, 20)}\nThe command was: ${line}\n` +
      `Next: CXX=/another/compiler ${command('setup')} (g++ 9 or clang++ 10, or newer)\n${MEANWHILE}`,
  );
}

async function inParallel(jobs: readonly (() => Promise<void>)[], width: number): Promise<void> {
  const rest = jobs.slice();
  const worker = async (): Promise<void> => {
    for (let job = rest.shift(); job; job = rest.shift()) await job();
  };
  try {
    await Promise.all(Array.from({ length: width }, worker));
  } catch (error) {
    rest.length = 0;
    throw error;
  }
}

/** Link flags for TensorFlow's libraries, found at run time relative to the object, so that the cache can be moved. */
export const tensorflowLink = (library: string, rpath: string): readonly string[] => [
  `-L${join(library, 'tensorflow')}`,
  '-l:libtensorflow_cc.so.2',
  '-l:libtensorflow_framework.so.2',
  `-Wl,-rpath,${rpath}`,
];
