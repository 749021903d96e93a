import { defineStep } from '../step.js';

export const finalNorm = defineStep({
  id: 'final-norm',
  title: 'Norm after the pool',
  section: '2.6',
  group: 'Micro Design',
  claim:
    "A norm after the global average pool; a row of its own in the authors' code, part of the next step in the paper.",
  apply: (network) => ({ ...network, finalNorm: true }),
});
