import { describe } from 'vitest';
import { openEngine } from '../../../src/engine/open.js';
import { holdsColumn } from './table.js';

const { tf } = (await openEngine({ device: 'wasm' })).ops;

describe('tfjs in a layer on wasm', () => {
  holdsColumn('wasm', () => ({ tf, run: async (step, feeds) => tf.tidy(() => step(feeds())) }));
});
