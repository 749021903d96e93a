import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ablate } from './command.js';

interface Answer {
  readonly schema: string;
  readonly engines: readonly string[];
  readonly checks: readonly {
    readonly file: string;
    readonly step: string;
    readonly layer: string | null;
    readonly check: string;
    readonly verdict: string;
    readonly detail: string;
  }[];
}

const folder = fileURLToPath(new URL('../../examples/plugins', import.meta.url));
/** Holds a strategy and no step. */
const strategy = 'halves.ts';
const shipped = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && name !== strategy)
  .map((name) => join(folder, name));
const mistakes = fileURLToPath(new URL('../fixtures/plugins/mistakes.ts', import.meta.url));
const missing = join(folder, 'no-such-plug-in.ts');

/** One call for all files: it is the engines that take their time to open. */
const { status, stdout } = ablate(['check-step', ...shipped, mistakes, missing, '--json']);
const answer = JSON.parse(stdout) as Answer;
const of = (...files: readonly string[]) => answer.checks.filter(({ file }) => files.includes(file));

test('says what is wrong by its exit code', () => {
  expect(status).toBe(1);
  expect(answer.schema).toBe('ablate/check-step/1');
  expect(answer.engines).toEqual(['tensorflow', 'wasm']);
});

test('the plug-ins that ship pass every check', () => {
  const checks = of(...shipped);
  expect(checks.filter(({ verdict }) => verdict !== 'right')).toEqual([]);
  expect(new Set(checks.map(({ step }) => step)).size).toBe(shipped.length);
  expect(checks.filter(({ check }) => check === 'gradients').length).toBe(shipped.length);
});

test('a mistake is found by the check that is there for it', () => {
  const found = new Map<string, { check: string; detail: string }[]>();
  for (const { step, check: name, verdict, detail } of of(mistakes)) {
    if (verdict === 'wrong') found.set(step, [...(found.get(step) ?? []), { check: name, detail }]);
  }
  const expected: Readonly<Record<string, readonly [string, RegExp]>> = {
    'shapes-pooled': ['shapes', /gives float32 \[1,1,1,32\]; .* \[1,8,8,32\]/],
    'shapes-integers': ['shapes', /gives int32/],
    'shapes-no-parameter': ['shapes', /mistakes\.ts:\d+:\d+\): asks for a parameter "gain"; it declares none/],
    'shapes-unused-parameter': ['shapes', /declares the parameter "gain", but/],
    'shapes-evaluation-fails': ['shapes', /draws "keep" in evaluation/],
    'shapes-chance': ['shapes', /takes unseeded chance/],
    'shapes-no-such-op': ['shapes', /Multinomial on tensorflow/],
    'parameters-without-effect': ['parameters', /"gain" is 0 everywhere/],
    'samples-apart': ['samples apart', /change with the samples beside it/],
    cost: ['cost', /declares 0 multiply-adds a sample; the forward pass runs 65536/],
    gradients: ['gradients', /the gradient of its map is 5\.\de-1 from differences in float64/],
    'engines-agree': ['engines agree', /on wasm is .* from that on tensorflow/],
    'compiled-eager': ['compiled = eager', /cannot be compiled: a value from JavaScript changes between calls/],
    bfloat16: ['bfloat16', /in bfloat16 is .*e-1 from that in float32/],
    'chance-without-effect': ['chance', /its draws change nothing/],
  };
  expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [step, [name, detail]] of Object.entries(expected)) {
    const rows = found.get(step) ?? [];
    expect(rows.find((row) => row.check === name)?.detail, step).toMatch(detail);
    // One mistake, one finding: but what changes from call to call shows everywhere.
    if (step !== 'compiled-eager') expect(rows.length, step).toBe(1);
  }
});

test('a file that is no plug-in is a finding of its own', () => {
  expect(of(missing)).toMatchObject([
    { check: 'loads', verdict: 'wrong', detail: expect.stringContaining('there is no file') },
  ]);
});
