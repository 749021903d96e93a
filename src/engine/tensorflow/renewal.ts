import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Renewal } from '../engine.js';
import type { Binding } from './binding.js';

/** Linux's word for "the peak of resident memory is what it is now", from where `resourceUsage` has it. */
const resetPeak = '5';

/** A process on TensorFlow's CPU library trains another run in what it has loaded already. */
export function createRenewal({ writeOutputTo, returnMemory }: Binding): Renewal {
  return {
    renew() {
      collectGarbage();
      returnMemory();
      try {
        writeFileSync('/proc/self/clear_refs', resetPeak);
        return true;
      } catch {
        return false;
      }
    },
    writeOutputTo,
  };
}

/** What JavaScript no longer holds of a run's tensors would count as memory of the next one's. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
