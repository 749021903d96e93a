import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkedKernels } from '../../../src/engine/tfjs/checked.js';
import { LOOSE } from '../../../src/engine/webgpu/own-kernels.js';
import { cases } from '../tfjs-ops/cases.js';

const file = fileURLToPath(new URL('../../fixtures/tfjs-ops/verdicts.json', import.meta.url));
const verdicts = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { readonly webgpu?: string }>;

// Holds without a device what the column of docs/ops.md says; `npm run test:webgpu` measures the column.
test('webgpu has a verdict for every case, and refuses the ops that the table says', () => {
  const refused = new Set<string>();
  for (const { name } of cases) {
    const verdict = verdicts[name]?.webgpu ?? 'not measured';
    if (verdict === 'right') continue;
    const op = /^refused: (\w+) on webgpu: .*; instead: /.exec(verdict)?.[1];
    expect(op, `${name}: ${verdict}`).toBeDefined();
    refused.add(op as string);
  }
  expect([...refused].filter((op) => checkedKernels.has(op)).sort()).toEqual([...LOOSE].sort());
});
