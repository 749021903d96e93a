import type { RunnableStep, Step } from './engine.js';

/** A step run op by op, its temporaries tidied away. */
export function eagerStep(tf: typeof import('@tensorflow/tfjs-core'), step: Step): RunnableStep {
  return {
    run: async (feeds) => tf.tidy(() => step(feeds)),
    dispose: () => {},
  };
}
