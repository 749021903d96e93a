import { spawn } from 'node:child_process';

export interface Finished {
  /** Exit code; null where the program could not be started or was ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether there is no such program. */
  readonly missing: boolean;
}

/**
 * Runs a program to its end, or until `signal` ends it; never throws. Its input is empty and nothing of it reaches our own
 * streams.
 */
export function execute(
  program: string,
  args: readonly string[],
  { signal, ...options }: { cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => void child.kill();
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: null, stdout, stderr: stderr || error.message, missing: error.code === 'ENOENT' }),
    );
    child.once('close', (code) => {
      signal?.removeEventListener('abort', end);
      resolve({ code, stdout, stderr, missing: false });
    });
  });
}

/** The last lines of a program's output, for an error text. */
export const tail = (text: string, lines = 12): string => text.trimEnd().split('\n').slice(-lines).join('\n');
