import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordsFolder } from '../../src/cli/records-folder.js';
import { parseSetting } from '../../src/config/settings.js';
import { ablateHere } from './command.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-records-'));
  writeFileSync(join(folder, 'suite.yaml'), 'name: mine\nrecipe: compact\n');
  mkdirSync(join(folder, 'records'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const here = (...args: string[]) => ablateHere(args, folder);

it('of a suite is that of its name, as the file or --set has it', async () => {
  const file = join(folder, 'suite.yaml');
  expect(await recordsFolder(file, 'out')).toBe(join('out', 'mine'));
  expect(await recordsFolder(file, 'out', [parseSetting('name=other')])).toBe(join('out', 'other'));
  await expect(recordsFolder(file, 'out', [parseSetting('name=Not a name')])).rejects.toThrow(/no usable `name:`/);
});

describe.each([
  ['report', (suite: string) => ['report', suite]],
  ['compare', (suite: string) => ['compare', 'a', 'b', '--in', suite]],
])('%s --set', (_, words) => {
  it('finds the records of another name', async () => {
    const { status, stderr } = await here(...words('suite.yaml'), '--set', 'name=other');
    expect(status).toBe(2);
    expect(stderr).toContain(join('experiments', 'other'));
    expect(stderr).not.toContain('of --set only');
  });

  it('says that nothing else is taken from it, and what is no field', async () => {
    const { stderr } = await here(...words('suite.yaml'), '--set', 'recipe.epochs=2');
    expect(stderr).toContain('of --set only the name is used here');
    const wrong = await here(...words('suite.yaml'), '--set', 'name.first=a');
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('--set name.first=a: ') });
  });

  it('sets nothing in a folder of records', async () => {
    const { status, stderr } = await here(...words('records'), '--set', 'name=other');
    expect(status).toBe(2);
    expect(stderr).toContain(
      '--set sets fields of a suite file, and records is a folder of records, which hold what was trained; leave --set out, or name the suite file',
    );
  });
});

it('compare --set needs the suite', async () => {
  const { status, stderr } = await here('compare', 'records/a', 'records/b', '--set', 'name=other');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: '--set sets fields of the suite file that --in names; add --in SUITE, or leave --set out\n',
  });
});
