// `npm run test:webgpu`: the webgpu engine's tests, on this machine's GPU or else on Chromium's software Vulkan.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { prepare, root } from './prepare.mjs';

await prepare({ say: (text) => process.stderr.write(`${text}\n`) });
// Where Debian's chromium-common, Chrome and Chromium from elsewhere put SwiftShader and the Vulkan loader.
const folders = [process.env.SWIFTSHADER, '/usr/lib/chromium', '/opt/google/chrome', '/usr/lib/chromium-browser'];
const env = { ...process.env };
const check = spawnSync(process.execPath, [join(root, 'dist', 'engine', 'webgpu', 'check.js')], { encoding: 'utf8' });
if (check.status !== 0) {
  const folder = folders.find((path) => path && existsSync(join(path, 'vk_swiftshader_icd.json')));
  if (!folder) {
    process.stderr.write(
      'no GPU and no SwiftShader here; next: sudo apt-get install chromium-common, or SWIFTSHADER=DIR\n',
    );
    process.exit(3);
  }
  process.stderr.write(`no GPU here; on the software Vulkan in ${folder}\n`);
  env.LD_LIBRARY_PATH = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  env.VK_DRIVER_FILES = join(folder, 'vk_swiftshader_icd.json');
}
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
// Software compiles a network's programs in about a minute.
const options = ['run', 'test/engine/webgpu', '--testTimeout=600000', ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, [vitest, ...options], { cwd: root, env, stdio: 'inherit' }).status ?? 1);
