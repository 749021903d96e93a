import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Jiti } from 'jiti';
import { sha256 } from '../records/hash.js';
import type { PluginContent } from '../records/run.js';

/**
 * What a plug-in and all that it imports hold, so that a run by its steps is known by their code: files by content,
 * packages by name and version. Imports are found in the text that is run, and so is every file that a text in it leads to by
 * a path from where it lies, as one that `createRequire` or `new URL` is given; a name that is computed is not.
 *
 * @param file absolute path of a plug-in that has been loaded.
 */
export function pluginContent(file: string, jiti: Jiti): PluginContent {
  const entry = realpathSync(file);
  const files = new Map<string, string>();
  const packages = new Map<string, string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    const source = readFileSync(path);
    files.set(path, createHash('sha256').update(source).digest('hex'));
    for (const imported of importsOf(path, source.toString('utf8'), jiti)) {
      const place = packageOf(imported);
      if (place) packages.set(place.name, place.version);
      else waiting.push(imported);
    }
  }
  const folder = dirname(entry);
  const named = [...files].map(([path, hash]) => ({
    path: path === entry ? '.' : relative(folder, path),
    sha256: hash,
  }));
  const listed = named.sort((a, b) => (a.path < b.path ? -1 : 1));
  const versions = [...packages]
    .map(([name, version]) => ({ name, version }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    file,
    sha256: sha256({ files: listed, packages: versions }),
    files: listed.map((one) => (one.path === '.' ? { ...one, path: basename(entry) } : one)),
    packages: versions,
  };
}

/** This program: what a plug-in gets as `ablate`; its version stands in every record of its own. */
const ownCode = fileURLToPath(new URL('../', import.meta.url));
const builtin = new Set(builtinModules);
const code = new Set(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx']);

/** Absolute paths of what a file imports, requires or opens by a name that stands in it. */
function importsOf(path: string, source: string, jiti: Jiti): string[] {
  if (!code.has(extname(path))) return [];
  // Types are gone from what is run, and every import has become a call.
  const run = jiti.transform({ source, filename: path, ts: extname(path).includes('ts'), async: true });
  const imports = run.matchAll(/\b(?:require|jitiImport|import)\(\s*(["'`])([^"'`]+)\1\s*\)/g);
  const paths = run.matchAll(/(["'`])(\.{1,2}\/[^"'`\n]+)\1/g);
  const names = [...imports, ...paths].map(([, , name]) => name as string);
  return [...new Set(names)].flatMap((name) => {
    if (name.startsWith('node:') || builtin.has(name.split('/')[0] as string)) return [];
    const found = jiti.esmResolve(name, { parentURL: pathToFileURL(path).href, try: true });
    if (!found) return [];
    const place = found.startsWith('file:') ? fileURLToPath(found) : found;
    // A path may lead to a folder, or to nothing.
    if (!statSync(place, { throwIfNoEntry: false })?.isFile()) return [];
    const resolved = realpathSync(place);
    return resolved.startsWith(ownCode) ? [] : [resolved];
  });
}

/** The package that a module belongs to; null for one of the user's own files. */
function packageOf(path: string): { readonly name: string; readonly version: string } | null {
  if (!path.includes(`${sep}node_modules${sep}`)) return null;
  for (let folder = dirname(path); basename(folder) !== 'node_modules'; folder = dirname(folder)) {
    const found = readPackage(join(folder, 'package.json'));
    if (found) return found;
  }
  return { name: path.split(`${sep}node_modules${sep}`).at(-1) as string, version: 'unknown' };
}

function readPackage(file: string): { name: string; version: string } | null {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; version?: unknown };
    return typeof name === 'string' && typeof version === 'string' ? { name, version } : null;
  } catch {
    // A folder of a package need not have a package.json of its own.
    return null;
  }
}
