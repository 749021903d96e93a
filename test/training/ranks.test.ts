import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/experiment/free-ports.js';
import { passOrder, wholeAfter } from '../../src/training/passes.js';
import { heard, said } from '../../src/training/shared-step.js';
import { cases } from './ranks/cases.mjs';

const program = fileURLToPath(new URL('./ranks/rank.mjs', import.meta.url));

type Found = Record<string, { losses: number[]; digests: Record<string, string> }>;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-ranks-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What each of some processes comes to that train cases together; one trains them alone. */
async function train(ranks: number, names: readonly string[]): Promise<Found[]> {
  const hosts = ranks > 1 ? (await freePorts(ranks)).join(',') : '';
  return Promise.all(
    Array.from({ length: ranks }, async (_, rank) => {
      const file = join(folder, `${ranks}-${rank}.json`);
      const child = spawn(process.execPath, [program, String(rank), hosts, names.join(','), file], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let told = '';
      child.stderr.on('data', (chunk) => {
        told += chunk;
      });
      const [code] = await once(child, 'close');
      expect([code, told]).toEqual([0, expect.anything()]);
      return JSON.parse(readFileSync(file, 'utf8'));
    }),
  );
}

describe('several processes train a network as one does, to the last bit of every variable', {
  timeout: 120_000,
}, () => {
  const all = Object.keys(cases);
  let alone: Found;
  beforeAll(async () => {
    [alone] = (await train(1, all)) as [Found];
  }, 120_000);

  it('2 ranks, two passes each', async () => {
    for (const found of await train(2, all)) expect(found).toEqual(alone);
  });

  it('4 ranks, one pass each', async () => {
    const some = ['convnext', 'resnet with batch norm'];
    const expected = Object.fromEntries(some.map((name) => [name, alone[name]]));
    for (const found of await train(4, some)) expect(found).toEqual(expected);
  });
});

describe('the order in which passes are added up', () => {
  /** The sum as it is written: `((0+1)+(2+3))`. */
  function written(first: number, passes: number): string {
    const order = passOrder(passes);
    const sums = Array.from({ length: Math.max(1, order.levels) }, () => '');
    const add = (level: number, term: string) => {
      sums[level] = sums[level] ? `(${sums[level]}+${term})` : term;
    };
    for (let at = 0; at < passes; at++) {
      add(0, String(first + at));
      for (const level of wholeAfter(at + 1, order)) {
        add(level + 1, sums[level] as string);
        sums[level] = '';
      }
    }
    expect(sums.slice(0, -1).every((sum) => sum === '')).toBe(true);
    return sums.at(-1) as string;
  }

  it('is that of halves, and of halves of these', () => {
    expect([1, 2, 3, 4, 6].map((passes) => written(0, passes))).toEqual([
      '0',
      '(0+1)',
      '((0+1)+2)',
      '((0+1)+(2+3))',
      '(((0+1)+2)+((3+4)+5))',
    ]);
  });

  it('is the same however many ranks, a power of two, take a part each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 4 }), (odd, halves) => {
        const passes = (2 * odd - 1) * 2 ** halves;
        const ranks = 2 ** Math.floor(halves / 2);
        let parts = Array.from({ length: ranks }, (_, rank) => written((rank * passes) / ranks, passes / ranks));
        while (parts.length > 1)
          parts = parts.flatMap((part, at) => (at % 2 === 0 ? [`(${part}+${parts[at + 1]})`] : []));
        expect(parts[0]).toBe(written(0, passes));
      }),
    );
  });
});

it('ranks that are not at the same step, or of which one wishes to stop, learn of it', () => {
  const group = { rank: 0, size: 2 };
  const both = (...told: Float32Array[]) => Float32Array.from(told.flatMap((one) => [...one]));
  expect(heard(both(said(7, false, [1, 2]), said(7, true, [3, 4])), group, 7)).toEqual({
    losses: [1, 2, 3, 4],
    stop: true,
  });
  expect(() => heard(both(said(7, false, [1]), said(8, false, [2])), group, 7)).toThrow(
    'rank 1 was at step 8 while rank 0 was at 7',
  );
});
