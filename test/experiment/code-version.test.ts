import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeVersion } from '../../src/experiment/machine.js';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'ablate-clone-'));
  write('package.json', '{ "version": "1.2.3" }');
  write('src/training/step.ts', 'first');
  write('docs/report.md', 'first');
});
afterEach(() => rmSync(clone, { recursive: true }));

const write = (path: string, text: string) => {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), text);
};
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: clone, encoding: 'utf8' }).trim();
const commit = () => {
  git('add', '.');
  git('commit', '-qm', 'change');
  return git('rev-parse', '--short', 'HEAD');
};

test('a package says its version', () => expect(codeVersion(clone)).toBe('1.2.3'));

test('a clone says the last commit that changed what computes, and whether that is changed', () => {
  git('init', '-q');
  const first = commit();
  expect(codeVersion(clone)).toBe(`1.2.3-${first}`);
  write('docs/report.md', 'second');
  commit();
  expect(codeVersion(clone)).toBe(`1.2.3-${first}`);
  write('src/training/step.ts', 'second');
  expect(codeVersion(clone)).toBe(`1.2.3-${first}+changes`);
  const second = commit();
  expect(codeVersion(clone)).toBe(`1.2.3-${second}`);
});
