import { expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { receptiveFields } from '../../src/cost/receptive-field.js';

const last = (name: string) => receptiveFields(buildModel(namedNetwork(name) as Network)).get('stages.3.blocks.2');

it.each([
  // Araujo et al. 2019, table 1, with the stride on the 3x3: 427 instead of the 483 of the stride on the 1x1.
  ['resnet-50', { size: 427, stride: 32 }],
  // stem 4; stage 1: 3 x 6 x 4; then per downsampling its stride, and 3, 9, 3 blocks of 6 x 8, 16, 32.
  ['convnext-tiny', { size: 4 + 72 + 4 + 144 + 8 + 864 + 16 + 576, stride: 32 }],
])('%s', (name, field) => {
  expect(last(name as string)).toEqual(field);
});
