import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EnvironmentError } from '../../engine.js';
import { execute, tail } from './process.js';
import { createTurns, together, type Turns } from './together.js';
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

/** How sources are compiled beside other work. */
export interface Compiling {
  /** Ends the compilers that are at work; what they were for throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Turns that are shared with all else that is compiled at the same time; left out, one compiler a core. */
  readonly turns?: Turns;
  /** What the linker needs and the compiler does not. */
  readonly library?: Promise<unknown>;
}

/** Compiles in the order of the sources, and links; objects lie beside the output. The first failure ends the others. */
export async function compileSharedObjects(
  compiler: Tool,
  targets: readonly SharedObject[],
  { signal, turns = createTurns(), library }: Compiling = {},
): Promise<void> {
  const object = (target: SharedObject, source: string): string => `${target.output}.${basename(source)}.o`;
  const sources = targets.flatMap((target) => target.sources.map((source) => ({ target, source })));
  await together(signal, (ending) =>
    sources.map(({ target, source }) =>
      turns(() => {
        const flags = [...target.flags, ...(target.flagsOf?.[basename(source)] ?? [])];
        return compile(compiler, ['-c', ...flags, source, '-o', object(target, source)], source, ending);
      }),
    ),
  );
  await library;
  for (const target of targets) {
    const objects = target.sources.map((source) => object(target, source));
    await compile(compiler, ['-shared', ...objects, '-o', target.output, ...target.link], target.output, signal);
    for (const file of objects) rmSync(file);
  }
}

async function compile(
  compiler: Tool,
  args: readonly string[],
  subject: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const { code, stderr } = await execute(compiler.program, args, { signal });
  signal?.throwIfAborted();
  if (code === 0) return;
  const line = [compiler.program, ...args].join(' ');
  throw new EnvironmentError(
    `Compiling ${subject} failed (${compiler.version}):\n${tail(stderr, 20)}\nThe command was: ${line}\n` +
      `Next: CXX=/another/compiler ${command('setup')} (g++ 9 or clang++ 10, or newer)\n${MEANWHILE}`,
  );
}

/** Link flags for TensorFlow's libraries, found at run time relative to the object, so that the cache can be moved. */
export const tensorflowLink = (library: string, rpath: string): readonly string[] => [
  `-L${join(library, 'tensorflow')}`,
  '-l:libtensorflow_cc.so.2',
  '-l:libtensorflow_framework.so.2',
  `-Wl,-rpath,${rpath}`,
];
