import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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
