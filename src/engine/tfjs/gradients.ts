import { arithmeticGradients } from './arithmetic.js';
import { einsumGradients } from './einsum.js';
import { movingGradients } from './moving.js';
import { reductionGradients } from './reductions.js';
import { registerGradients, type Tf } from './register.js';
import { resamplingGradients } from './resampling.js';
import { convolutionGradients, windowGradients } from './windows.js';

let registered = false;

/**
 * Puts right gradients in the place of those that tfjs 4.22 has wrong, and adds those that it lacks (docs/ops.md lists
 * every op). Once a process: the registry is tfjs's own, one for all backends, so they are composed of ops that all have.
 */
export function rightGradients(tf: Tf): void {
  if (registered) return;
  registered = true;
  registerGradients(tf, [
    ...arithmeticGradients(tf),
    ...reductionGradients(tf),
    ...movingGradients(tf),
    ...resamplingGradients(tf),
    ...einsumGradients(tf),
    ...convolutionGradients(tf, windowGradients(tf)),
  ]);
}
