import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { xlaCacheFolder, xlaEnvironment } from '../../src/engine/tensorflow/xla-environment.js';

const root = mkdtempSync(join(tmpdir(), 'ablate xla-'));
afterAll(() => rmSync(root, { recursive: true }));
const env = { ABLATE_CACHE: root };

test('compiled steps are kept in the cache, in a folder of this kind of machine', () => {
  expect(xlaCacheFolder(env)).toMatch(/xla-\d+\.\d+\.\d+-[0-9a-f]{16}$/);
  // The folder of this test has a space in its name, which would end the flag.
  expect(xlaEnvironment('cpu', env)).toEqual({
    TF_XLA_FLAGS: `--tf_xla_persistent_cache_directory="${xlaCacheFolder(env)}"`,
  });
});

test('on a GPU XLA is shown the libdevice and ptxas that setup has unpacked', () => {
  expect(xlaEnvironment('gpu', env).XLA_FLAGS).toMatch(
    /^--xla_gpu_cuda_data_dir="?.*tensorflow-.*-gpu-.*\/nvidia\/cuda_nvcc"?$/,
  );
});

test('what the user has set stays: other flags beside ours, the same one instead of ours', () => {
  const own = { ...env, TF_XLA_FLAGS: '--tf_xla_min_cluster_size=2', XLA_FLAGS: '--xla_gpu_cuda_data_dir=/mine' };
  expect(xlaEnvironment('gpu', own).TF_XLA_FLAGS).toMatch(/^--tf_xla_min_cluster_size=2 --tf_xla_persistent/);
  expect(xlaEnvironment('gpu', own).XLA_FLAGS).toBe('--xla_gpu_cuda_data_dir=/mine');
  const elsewhere = { ...env, TF_XLA_FLAGS: '--tf_xla_persistent_cache_directory=/mine' };
  expect(xlaEnvironment('cpu', elsewhere)).toEqual({ TF_XLA_FLAGS: '--tf_xla_persistent_cache_directory=/mine' });
});

test('where the cache cannot be written to nothing is kept', () => {
  expect(xlaEnvironment('cpu', { ABLATE_CACHE: join(root, 'absent') })).toEqual({});
});
