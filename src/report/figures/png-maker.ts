import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Makes PNGs of SVGs beside this process; one at a time. */
export interface PngMaker {
  /** Throws where the process ends without one. */
  make(svg: string): Promise<Uint8Array>;
  end(): void;
}

export function startPngMaker(): PngMaker {
  // Run from the sources, as tests do, there is no JavaScript to start.
  if (import.meta.url.endsWith('.ts'))
    return { make: async (svg) => (await import('./png.js')).toPng(svg), end: () => {} };
  const child = fork(fileURLToPath(new URL('./png-process.js', import.meta.url)), { serialization: 'advanced' });
  return { make: (svg) => answer(child, svg), end: () => child.disconnect() };
}

function answer(child: ChildProcess, svg: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null) =>
      reject(new Error(`the process that makes PNGs ended by ${signal ?? `code ${code}`}; run the command again`));
    child.once('exit', ended);
    child.once('message', (png: Uint8Array) => {
      child.off('exit', ended);
      resolve(png);
    });
    child.send(svg);
  });
}
