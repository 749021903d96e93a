import { fileURLToPath } from 'node:url';

/** This program itself: frames in it say nothing about a plug-in. */
const own = fileURLToPath(new URL('..', import.meta.url));

/**
 * `file:line` of the first frame of a stack that is neither this program's nor a package's; null where there is none.
 * No column: the loader that runs TypeScript keeps lines only.
 */
export function pluginPlace(stack: string | undefined): string | null {
  for (const line of stack?.split('\n') ?? []) {
    const [, where, row] = /^\s+at (?:.*\()?((?:file:\/\/)?\/.*?|[A-Za-z]:\\.*?):(\d+):\d+\)?$/.exec(line) ?? [];
    if (where === undefined) continue;
    const file = where.startsWith('file://') ? fileURLToPath(where) : where;
    if (!file.startsWith(own) && !/[\\/]node_modules[\\/]/.test(file)) return `${file}:${row}`;
  }
  return null;
}
