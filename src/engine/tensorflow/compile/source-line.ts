/**
 * Where in the caller's code a stack was made: the first frame that is neither a library's nor this engine's own.
 * `trace` is any Error made there; formatting it is what costs, so it is left until someone asks.
 */
export function sourceLine(trace: Error): string {
  const frames = (trace.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const outside = frames.filter((line) => !/[\\/]node_modules[\\/]|\(?node:|<anonymous>\)?$/.test(line));
  const callers = outside.filter((line) => !/[\\/](src|dist)[\\/]engine[\\/]/.test(line));
  const frame = callers[0] ?? outside.at(-1);
  return frame
    ? frame
        .replace(/^\s+at (?:.*\()?/, '')
        .replace(/\)$/, '')
        .replace(/^file:\/\//, '')
    : 'an unknown place';
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
