// Installs and builds what is missing, silently where nothing is. Uses only what Node has: it runs before npm ci.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beside, call } from './beside.mjs';
import { vendor } from './vendor.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

const buildStamp = join(root, 'dist', '.built');
const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');

/**
 * npm ci where node_modules is not what the lock file says, and beside it what stands in vendor/; tsc where a source is
 * newer than the build. Ends the program where it cannot.
 */
export async function prepare({
  say = (text) => process.stderr.write(`${text}\n`),
  install = true,
  compile = () => buildIfStale(say),
} = {}) {
  try {
    await beside((ending) => [
      ...(install && !isInstalled() ? [installPackages(say, ending)] : []),
      vendor(root, say, ending),
    ]);
  } catch (error) {
    say(error.message);
    process.exit(error.exitCode ?? 3);
  }
  compile();
}

async function installPackages(say, ending) {
  say('installing the packages (npm ci)');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await call('npm', ['ci', ...options], root, ending);
  } catch (error) {
    throw new Error(`npm could not install the packages: ${error.message}`);
  }
}

function buildIfStale(say) {
  const edited = newest(join(root, 'src'), statSync(join(root, 'tsconfig.json')).mtimeMs);
  if (existsSync(buildStamp) && edited <= statSync(buildStamp).mtimeMs) return;
  say('building (tsc)');
  build();
}

/** Compiles src into dist; what was made of sources that are gone goes, too, since dist is packed as it is. */
export function build() {
  run(process.execPath, [compiler, '-p', root], 'the sources do not build');
  const inSources = (name) => existsSync(join(root, 'src', name));
  for (const name of readdirSync(join(root, 'dist'), { recursive: true })) {
    const source = /^(.*?)(\.d\.ts|\.js|\.js\.map)$/.exec(name)?.[1];
    if (source && !inSources(`${source}.ts`) && !inSources(name)) rmSync(join(root, 'dist', name));
  }
  // The page's own script is no module of the program: it goes as it is.
  const script = join('report', 'html', 'page-script.js');
  copyFileSync(join(root, 'src', script), join(root, 'dist', script));
  writeFileSync(buildStamp, '');
}

/** Whether node_modules holds what the lock file lists, whoever installed it; npm keeps a list of what it has put there. */
function isInstalled() {
  const found = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (!found) return false;
  // What belongs to another system is optional, and so is what was left out by hand.
  const needed = Object.entries(packagesIn(join(root, 'package-lock.json'))).filter(
    ([path, { optional, devOptional }]) => path.startsWith('node_modules/') && !optional && !devOptional,
  );
  return needed.every(([path, { version, link }]) => found[path] && (link || found[path].version === version));
}

const packagesIn = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : null);

/** Runs a command quietly; its output is shown only if it fails, and then the program ends. */
function run(command, args, failure) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status === 0) return;
  process.stderr.write(`${failure}: ${error?.message ?? ''}\n${stdout}${stderr}`);
  process.exit(3);
}

function newest(folder, since) {
  return readdirSync(folder, { withFileTypes: true }).reduce((latest, entry) => {
    const path = join(folder, entry.name);
    return Math.max(latest, entry.isDirectory() ? newest(path, latest) : statSync(path).mtimeMs);
  }, since);
}
