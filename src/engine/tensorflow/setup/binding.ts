import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { cacheRoot, isWhole, keyOf, libraryFolder, packageRoot, publish } from './cache.js';
import { type Compiling, compileSharedObjects, tensorflowLink } from './compiler.js';
import type { Progress } from './library.js';
import { requireCompiler } from './tools.js';
import { type Flavour, TENSORFLOW_VERSION } from './wheels.js';

const require = createRequire(import.meta.url);

/** Node-API keeps its ABI, so one addon serves every Node; its headers come from npm and not from Node's own. */
const NAPI_VERSION = 8;

/** What is taken from tfjs-node-gpu, by scripts/vendor.mjs: the addon's sources and the backend that calls it. */
export const upstreamFolder = join(packageRoot, 'vendor', 'tfjs-node-gpu');

const upstream = join(upstreamFolder, 'binding');
const extension = join(packageRoot, 'native', 'binding');
const preload = join(packageRoot, 'native', 'preload', 'preload.cc');

const sourcesIn = (folder: string, pattern: RegExp): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => pattern.test(name))
        .sort()
        .map((name) => join(folder, name))
    : [];

const FLAGS = ['-O2', '-std=c++17', '-fPIC', '-w', `-DNAPI_VERSION=${NAPI_VERSION}`, '-fvisibility=hidden'];

/**
 * The package's own sources are compiled as they are: our module renames its entry points, calls the first, and reaches
 * the private TFE_Context with access control switched off for our files alone.
 */
const FLAGS_OF: Readonly<Record<string, readonly string[]>> = {
  'tfjs_binding.cc': [
    '-Dnapi_register_module_v1=ablate_register_tfjs_binding',
    '-Dnode_api_module_get_api_version_v1=ablate_tfjs_binding_api_version',
  ],
  'cluster.cc': ['-fno-access-control'],
  'functions.cc': ['-fno-access-control'],
  'graph.cc': ['-fno-access-control'],
};

/** The folder that holds (or will hold) `tfjs_binding.node` for these sources. */
export function bindingFolder(flavour: Flavour): string {
  const files = [...sourcesIn(upstream, /\.(cc|h)$/), ...sourcesIn(extension, /\.(cc|h)$/), preload];
  const salt = JSON.stringify([TENSORFLOW_VERSION, flavour, process.arch, FLAGS, FLAGS_OF]);
  return join(cacheRoot(), `binding-${keyOf(files, salt)}`);
}

export const bindingFile = (flavour: Flavour): string => join(bindingFolder(flavour), 'tfjs_binding.node');

/** The addon that loads TensorFlow's library without the log lines of its initialisers. */
export const preloadFile = (flavour: Flavour): string => join(bindingFolder(flavour), 'preload.node');

/** tfjs-node's addon with our extension (native/binding), compiled against TensorFlow's C API once that is here. */
export async function ensureBinding(
  flavour: Flavour,
  progress: Progress,
  { library: fetched, ...compiling }: Compiling,
): Promise<void> {
  const folder = bindingFolder(flavour);
  if (isWhole(folder)) return;
  await fetched;
  const compiler = await requireCompiler();
  progress(`compiling the addon with ${compiler.version}`);
  const library = libraryFolder(flavour);
  const includes = [
    join(dirname(require.resolve('node-api-headers/package.json')), 'include'),
    join(library, 'tensorflow', 'include'),
    upstream,
  ];
  await publish(folder, (temporary) =>
    compileSharedObjects(
      compiler,
      [
        {
          sources: [...sourcesIn(upstream, /\.cc$/), ...sourcesIn(extension, /\.cc$/)],
          flags: [...FLAGS, ...includes.map((path) => `-I${path}`)],
          flagsOf: FLAGS_OF,
          link: tensorflowLink(library, `$ORIGIN/../${basename(library)}/tensorflow`),
          output: join(temporary, basename(bindingFile(flavour))),
        },
        {
          sources: [preload],
          flags: [...FLAGS, ...includes.map((path) => `-I${path}`)],
          link: ['-ldl'],
          output: join(temporary, basename(preloadFile(flavour))),
        },
      ],
      compiling,
    ),
  );
}
