import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { countCost } from '../../src/cost/count.js';

interface Counted {
  readonly fvcore: { readonly total: number };
  readonly ptflops: { readonly macs: number; readonly params: number };
}

/** What fvcore and ptflops print for timm's modules; see counters.py. */
const stored: Record<string, Counted> = JSON.parse(
  readFileSync(new URL('../fixtures/cost/counters.json', import.meta.url), 'utf8'),
);
const cost = (name: string, convention: 'fvcore' | 'ptflops') =>
  countCost(buildModel(namedNetwork(name) as Network), convention);

describe.each(Object.entries(stored))('%s', (name, counted) => {
  it('costs what fvcore prints', () => expect(cost(name, 'fvcore').flops).toBe(counted.fvcore.total));
  it('costs what ptflops prints', () => {
    const { flops, params } = cost(name, 'ptflops');
    expect({ flops, params }).toEqual({ flops: counted.ptflops.macs, params: counted.ptflops.params });
  });
});
