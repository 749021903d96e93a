import { fileURLToPath } from 'node:url';

/** This program's own folder of code: src, or dist once it is built. */
const own = fileURLToPath(new URL('../', import.meta.url));
const engine = fileURLToPath(new URL('./', import.meta.url));

/**
 * Where in the caller's code a stack was made: the first frame that is neither a library's nor this engine's own.
 * `trace` is any Error made there; formatting it is what costs, so it is left until someone asks.
 */
export function sourceLine(trace: Error): string {
  const outside = framesOf(trace);
  return outside.find((place) => !place.startsWith(engine)) ?? outside.at(-1) ?? 'an unknown place';
}

/** The first frame of a stack that is a plug-in's: outside this program and its libraries. Null where there is none. */
export function pluginLine(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  return framesOf(error).find((place) => !place.startsWith(own)) ?? null;
}

/** The places of a stack that are in files, and not in those of libraries. */
function framesOf(trace: Error): string[] {
  return (trace.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/[\\/]node_modules[\\/]|\(?node:|<anonymous>\)?$/.test(line))
    .map((line) =>
      line
        .replace(/^\s+at (?:.*\()?/, '')
        .replace(/\)$/, '')
        .replace(/^file:\/\//, ''),
    );
}

/** tfjs puts some fifteen frames between a layer's line and the addon. */
const FRAMES = 60;

export function withDeepStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
