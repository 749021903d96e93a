import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { packageVersion } from '../../../src/engine/packages.js';
import { WEBGPU_PACKAGES } from '../../../src/engine/webgpu/adapter.js';

const program = fileURLToPath(new URL('../../../bin/ablate.js', import.meta.url));
/** A machine without a Vulkan driver. */
const env = { ...process.env, VK_DRIVER_FILES: '/nowhere', VK_ICD_FILENAMES: '/nowhere' };
const ablate = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
const installed = WEBGPU_PACKAGES.every((name) => packageVersion(name) !== null);

test.runIf(process.platform === 'linux')('without a device webgpu is refused with the next command', () => {
  const { status, stderr } = ablate('doctor', '--webgpu');
  expect(status).toBe(3);
  expect(stderr).toMatch(installed ? /no Vulkan library or no driver/ : /is not installed here/);
  expect(stderr).toMatch(installed ? /^Next: .*libvulkan1/m : /^Next: npm ci --include=optional/m);
});

test.runIf(process.platform === 'linux')('doctor says what webgpu misses', () => {
  const { status, stdout } = ablate('doctor', '--json');
  expect(status).toBe(0);
  const { engines } = JSON.parse(stdout) as { engines: { engine: string; ready: boolean; checks: object[] }[] };
  const webgpu = engines.find(({ engine }) => engine === 'webgpu');
  expect(webgpu?.ready).toBe(false);
  expect(webgpu?.checks.at(-1)).toMatchObject({
    found: null,
    next: expect.stringMatching(/libvulkan1|--include=optional/),
  });
});
