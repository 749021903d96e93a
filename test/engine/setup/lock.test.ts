import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withLock } from '../../../src/engine/tensorflow/setup/lock.js';

const root = mkdtempSync(join(tmpdir(), 'ablate-lock-'));
afterAll(() => rmSync(root, { recursive: true }));
const file = join(root, 'cache', 'setup.lock');
const unexpected = (holder: string) => expect.unreachable(`waited for ${holder}`);

test('lets one in at a time and says whom it waits for', async () => {
  const order: string[] = [];
  let release = () => {};
  const first = withLock(file, unexpected, async () => {
    order.push('first in');
    await new Promise<void>((resolve) => (release = resolve));
    order.push('first out');
  });
  const second = withLock(
    file,
    (holder) => {
      expect(holder).toBe(`process ${process.pid} on ${hostname()}`);
      release();
    },
    async () => order.push('second in'),
  );
  await Promise.all([first, second]);
  expect(order).toEqual(['first in', 'first out', 'second in']);
  expect(existsSync(file)).toBe(false);
});

test('is given back when the work fails', async () => {
  await expect(
    withLock(file, unexpected, async () => {
      throw new Error('no compiler');
    }),
  ).rejects.toThrow('no compiler');
  expect(await withLock(file, unexpected, async () => 'in')).toBe('in');
});

test('of a process that is gone is taken over at once', async () => {
  writeFileSync(file, `process 999999999 on ${hostname()}`);
  expect(await withLock(file, unexpected, async () => 'in')).toBe('in');
});

test('of another machine is taken over once it is no longer touched', async () => {
  writeFileSync(file, 'process 1 on another-machine');
  const minuteAgo = new Date(Date.now() - 60_000);
  utimesSync(file, minuteAgo, minuteAgo);
  expect(await withLock(file, unexpected, async () => 'in')).toBe('in');
});
