import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { provenance } from '../../src/bench/provenance.js';
import { type Section, withSection, writeSection } from '../../src/bench/results-file.js';

const section = (id: string, cell: string): Section => ({
  id,
  title: `Title of ${id}`,
  provenance: provenance(['bench', 'step', '--torch', '/some/where/bin/python3'], ['PyTorch 2', 'PyTorch 2', '']),
  method: 'In turn.',
  table: { columns: [{ heading: 'network' }], rows: [[cell]] },
  findings: ['One finding.'],
});

it('replaces a section in its place and leaves everything else', () => {
  const first = withSection(withSection('# Measured\n\nProse.\n', section('a', 'old')), section('b', 'other'));
  const second = withSection(first, section('a', 'new'));
  expect(second).toBe(first.replace('| old |', '| new |'));
  expect(second.indexOf('Title of a')).toBeLessThan(second.indexOf('Title of b'));
  expect(second.startsWith('# Measured\n\nProse.\n\n<!-- measured: a -->')).toBe(true);
});

it('refuses a section without an end rather than swallow what follows', () => {
  expect(() => withSection('<!-- measured: a -->\nmore', section('a', 'x'))).toThrow('has no end');
});

it('names command, day, machine and versions, and no folder of this machine', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ablate-results-'));
  try {
    const file = join(folder, 'new', 'RESULTS.md');
    await writeSection(file, section('a', 'x'));
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('    ablate bench step --torch python3\n');
    expect(text).toMatch(/\n20\d\d-\d\d-\d\d; ablate .*; Node v\d+.*; PyTorch 2\. In turn\.\n/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('says what kept a program from using all that the CPU has', () => {
  vi.stubEnv('ONEDNN_MAX_CPU_ISA', 'AVX2');
  expect(provenance(['bench', 'step'], []).command).toBe('ONEDNN_MAX_CPU_ISA=AVX2 ablate bench step');
  vi.unstubAllEnvs();
});
