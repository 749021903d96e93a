import { fileURLToPath } from 'node:url';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const engine = folder('./');
/** This program's code: src, or dist once it is built, and what starts it. */
const own = [folder('../'), folder('../../bin/')];
/** Other people's packages, changed for this one. */
const vendor = folder('../../vendor/');

const isOwn = (place: string): boolean => own.some((path) => place.startsWith(path));

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
  return framesOf(error).find((place) => !isOwn(place)) ?? null;
}

/** Who called a function of this program, if a plug-in did. @param trace made in the function. */
export function callingPlugin(trace: Error): string | null {
  const caller = framesOf(trace)[1];
  return caller === undefined || isOwn(caller) ? null : caller;
}

/** The places of a stack that are in files, and not in those of libraries. */
function framesOf(trace: Error): string[] {
  return (trace.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/[\\/]node_modules[\\/]|\(?node:|<anonymous>\)?$/.test(line))
    .map((line) =>
      line
        .replace(/^\s+at (?:.*\(|async )?/, '')
        .replace(/\)$/, '')
        .replace(/^file:\/\//, ''),
    )
    .filter((place) => !place.startsWith(vendor));
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
