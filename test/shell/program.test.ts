import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { command, rememberStart, startOf } from '../../src/shell/program.js';
import { quoted } from '../../src/shell/quoted.js';
import { execFileSync } from 'node:child_process';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['/home/a/work/node_modules/.bin/ablate', 'npx @ablate-studies/ablate'],
  ['/home/a/.npm/_npx/0123/node_modules/.bin/ablate', 'npx @ablate-studies/ablate'],
  ['/usr/local/bin/ablate', 'ablate'],
  ['/opt/my tools/ablate', "'/opt/my tools/ablate'"],
  ['/home/a/work/bin/ablate.js', 'node bin/ablate.js'],
  ['/home/a/other clone/bin/ablate.js', "node '/home/a/other clone/bin/ablate.js'"],
])('%s is started again by %s', (file, expected) => {
  expect(startOf(file, { cwd: '/home/a/work', path: '/usr/bin:/usr/local/bin' })).toBe(expected);
});

test('what a parent process has said stays', () => {
  vi.stubEnv('ABLATE_COMMAND', 'npm run ablate --');
  rememberStart(join('/usr', 'bin', 'ablate'));
  expect(command('setup --gpu')).toBe('npm run ablate -- setup --gpu');
});

test('words come through a shell as they are', () => {
  const words = [
    'plain',
    "it's",
    'two words',
    '%x',
    '"',
    '$HOME',
    'a\\b',
    '',
    '@scope/name',
    '--option=a b',
    '*',
    'a;b',
  ];
  const printed = execFileSync('bash', ['-c', `printf '%s\\0' ${words.map(quoted).join(' ')}`], { encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(words);
});
