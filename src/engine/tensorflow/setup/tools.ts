import { EnvironmentError } from '../../engine.js';
import { execute } from './process.js';
import { command } from '../../../shell/program.js';

/** What every failure of setup ends with. */
export const MEANWHILE = 'Meanwhile the wasm engine works without any of this: add --device wasm.';

export const missing = (what: string, next: string): EnvironmentError =>
  new EnvironmentError(`${what}\nNext: ${next}\n${MEANWHILE}`);

export interface Tool {
  readonly program: string;
  readonly version: string;
}

async function firstThatRuns(programs: readonly string[], args: readonly string[]): Promise<Tool | null> {
  for (const program of programs) {
    const { code, stdout } = await execute(program, args);
    if (code === 0) return { program, version: stdout.split('\n')[0]!.trim() };
  }
  return null;
}

/** The C++ compiler: $CXX, else g++, else clang++; null if none runs. */
export const findCompiler = (): Promise<Tool | null> =>
  firstThatRuns(process.env['CXX'] ? [process.env['CXX']] : ['g++', 'clang++', 'c++'], ['--version']);

export const findPython = (): Promise<Tool | null> =>
  firstThatRuns(process.env['PYTHON'] ? [process.env['PYTHON']] : ['python3', 'python'], ['--version']);

export const findPip = async (python: Tool): Promise<Tool | null> => {
  const { code, stdout } = await execute(python.program, ['-m', 'pip', '--version']);
  return code === 0 ? { program: python.program, version: stdout.replace(/ from .*/s, '') } : null;
};

export async function requireCompiler(): Promise<Tool> {
  const tool = await findCompiler();
  if (tool) return tool;
  const asked = process.env['CXX'];
  throw asked
    ? missing(
        `The C++ compiler that CXX names, "${asked}", does not run.`,
        `unset CXX or point it at g++ or clang++, then ${command('setup')}`,
      )
    : missing(
        'No C++ compiler (tried g++, clang++, c++); the engine is compiled on this machine, which takes a minute or so.',
        `sudo apt-get install g++   (Fedora: sudo dnf install gcc-c++), then ${command('setup')}`,
      );
}

export async function requirePip(): Promise<Tool> {
  const python = await findPython();
  if (!python) {
    throw missing(
      'No python3; its pip fetches the TensorFlow library, which is published as a Python package.',
      `sudo apt-get install python3 python3-pip, then ${command('setup')}`,
    );
  }
  const pip = await findPip(python);
  if (pip) return pip;
  throw missing(
    `${python.version} has no pip, which fetches the TensorFlow library.`,
    `sudo apt-get install python3-pip   (or: python3 -m ensurepip --user), then ${command('setup')}`,
  );
}
