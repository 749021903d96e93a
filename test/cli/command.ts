import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { main } from '../../src/cli/main.js';

export const program = fileURLToPath(new URL('../../bin/ablate.js', import.meta.url));

/** Runs the built program as a person would, in a terminal of so many columns or piped: `npm test` builds it first. */
export function ablate(
  args: readonly string[],
  { cwd, env = {}, columns }: { cwd?: string; env?: Record<string, string>; columns?: number } = {},
) {
  const terminal = columns === undefined ? [] : ['--import', `data:text/javascript,process.stdout.columns=${columns}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...terminal, program, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

/** Runs a command line in this process, from a folder. */
export async function ablateHere(
  args: readonly string[],
  cwd: string,
): Promise<{ status: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const take = (name: keyof typeof said) => (text: string | Uint8Array) => {
    said[name] += text;
    return true;
  };
  const back = process.cwd();
  process.chdir(cwd);
  vi.spyOn(process.stdout, 'write').mockImplementation(take('stdout'));
  vi.spyOn(process.stderr, 'write').mockImplementation(take('stderr'));
  try {
    const status = await main(args);
    return { status, ...said };
  } finally {
    vi.restoreAllMocks();
    process.chdir(back);
    process.stdout.removeAllListeners('error');
  }
}
