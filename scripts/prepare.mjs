// Installs and builds what is missing, silently where nothing is. Uses only what Node has: it runs before npm ci.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const installStamp = join(root, 'node_modules', '.ablate-installed');
const buildStamp = join(root, 'dist', '.built');

/** npm ci where the lock file is not the one that was installed, tsc where a source is newer than the build. */
export function prepare({ say = () => {} } = {}) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (!existsSync(installStamp) || readFileSync(installStamp, 'utf8') !== lock) {
    say('installing the packages (npm ci)');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm could not install the packages');
    writeFileSync(installStamp, lock);
  }
  if (
    !existsSync(buildStamp) ||
    newest(join(root, 'src'), statSync(join(root, 'tsconfig.json')).mtimeMs) > statSync(buildStamp).mtimeMs
  ) {
    say('building (tsc)');
    run(
      process.execPath,
      [join(root, 'node_modules', 'typescript7', 'bin', 'tsc'), '-p', root],
      'the sources do not build',
    );
    writeFileSync(buildStamp, '');
  }
}

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
