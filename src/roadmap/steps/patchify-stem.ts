import { defineStep } from '../step.js';

export const patchifyStem = defineStep({
  id: 'patchify-stem',
  title: 'Patchify stem',
  section: '2.2',
  group: 'Macro Design',
  claim: 'One 4x4 convolution with stride 4 takes the place of the overlapping 7x7 convolution and the max pool.',
  measured: { from: 79.4, to: 79.5 },
  apply: (network) => ({ ...network, stem: 'patchify' }),
});
