// Commands side by side. Uses only what Node has: it runs before npm ci.
import { spawn } from 'node:child_process';

export const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a command quietly, until `signal` ends it; where it fails, throws an error with all that it printed. */
export function call(command, args, cwd, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = () => child.kill();
    signal.addEventListener('abort', end);
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        printed += text;
      });
    }
    child.once('error', (error) => reject(new Error(`${command}: ${error.message}`)));
    child.once('close', (code, name) => {
      signal.removeEventListener('abort', end);
      if (code === 0) resolve();
      else reject(new Error(`${[command, ...args].join(' ')} ended with ${name ?? code}\n${printed.trim()}`));
    });
  });
}

/**
 * Waits for all that `begin` gives. The first failure, or Ctrl-C, aborts the others' signal; it is thrown when all have
 * ended and cleared away what they began.
 */
export async function beside(begin) {
  const failing = new AbortController();
  const stop = (name) => failing.abort(Object.assign(new Error(`stopped by ${name}`), { exitCode: 75 }));
  for (const name of signals) process.on(name, stop);
  const all = begin(failing.signal).map((one) =>
    one.catch((error) => {
      failing.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(all);
  for (const name of signals) process.off(name, stop);
  failing.signal.throwIfAborted();
}
