import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `npm run` as typed in a shell, not in a script of npm's. */
function npm(args: readonly string[], cwd: string) {
  const own = Object.entries(process.env).filter(([key]) => !/^(npm_|ABLATE_COMMAND|INIT_CWD)/.test(key));
  return spawnSync('npm', args, { cwd, encoding: 'utf8', env: Object.fromEntries(own) });
}

test('paths are meant from the folder in which npm was called', () => {
  const { status, stdout } = npm(
    ['run', '-s', 'ablate', '--', 'validate', 'one-question.yaml', '--json'],
    join(root, 'examples'),
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout).schema).toBe('ablate/validate/1');
});

test('what comes next is said as it was started, from outside the clone too', () => {
  const inside = npm(['run', '-s', 'ablate', '--', 'data', 'imagenet-1k'], root);
  expect(inside.stderr).toContain('run: npm run ablate -- data imagenet-1k --root FOLDER');
  const outside = npm(['--prefix', root, 'run', '-s', 'ablate', '--', 'data', 'imagenet-1k'], '/');
  expect(outside.stderr).toContain(`run: npm --prefix ${root.replace(/\/$/, '')} run ablate -- data imagenet-1k`);
});

test('a script that there is not is said to be missing', () => {
  const { status, stderr } = npm(['run', 'nosuch'], root);
  expect(status).toBe(1);
  expect(stderr).toContain('Missing script: "nosuch"');
});
