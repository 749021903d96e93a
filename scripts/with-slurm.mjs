// Lends a Slurm to tests where it can be had.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fetchSlurm, startCluster } from './slurm.mjs';

/**
 * Calls `use` with the environment by which test/slurm finds the cluster, or with null and a word where there is none: the
 * tests are skipped there.
 */
export async function withSlurm(seconds, use) {
  let cluster = null;
  try {
    if (process.platform !== 'linux') throw new Error('it is Debian’s, for Linux');
    const cache = process.env.ABLATE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ablate');
    cluster = await startCluster(fetchSlurm(cache, seconds));
  } catch (error) {
    process.stderr.write(`no Slurm to test on here: ${error.message}\n`);
  }
  if (!cluster) return use(null);
  const { env, folder, startNode, stop } = cluster;
  const interrupted = async () => {
    await stop();
    process.exit(75);
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, interrupted);
  try {
    return await use({ ABLATE_SLURM: JSON.stringify({ env, folder, startNode }) });
  } finally {
    for (const name of ['SIGINT', 'SIGTERM']) process.off(name, interrupted);
    await stop();
  }
}
