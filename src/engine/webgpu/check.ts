/** Run by `ablate doctor` in a process of its own, since a broken driver takes its process along: names the adapter. */
import { EnvironmentError } from '../engine.js';
import { findAdapter } from './adapter.js';

try {
  const { name } = await findAdapter();
  process.stdout.write(name);
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  process.exitCode = 3;
}
