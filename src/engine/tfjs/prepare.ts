import { rightGradients } from './gradients.js';
import type { Tf } from './register.js';
import { watchTape } from './tape.js';

/** What every engine does to tfjs as it opens, so that layers of plug-ins can stand on it. Twice is once. */
export function prepareTfjs(tf: Tf): void {
  rightGradients(tf);
  watchTape(tf);
}
