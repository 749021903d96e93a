import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NamedTensor, openSafetensors, WeightsError, writeSafetensors } from '../../src/weights/safetensors.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/weights/${name}`, import.meta.url));
const types: Record<string, { shape: number[]; values: (number | string)[] }> = JSON.parse(
  readFileSync(fixture('types.json'), 'utf8'),
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-safetensors-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('files that Python’s safetensors wrote', () => {
  it('are read in every type to the values Python reads', async () => {
    const file = await openSafetensors(fixture('types.safetensors'));
    expect([...file.entries.keys()].sort()).toEqual(Object.keys(types).sort());
    expect(file.metadata).toEqual({ format: 'pt', note: 'a "quoted" ü' });
    for (const [name, { shape, values }] of Object.entries(types)) {
      // JSON has no infinity; Python prints it as `inf`.
      const expected = values.map((value) =>
        typeof value === 'number' ? value : Number(value.replace('inf', 'Infinity')),
      );
      expect(file.entries.get(name)?.shape).toEqual(shape);
      expect([name, [...(await file.readNumbers(name))]]).toEqual([name, expected]);
      expect([name, [...(await file.readFloat32(name))]]).toEqual([name, expected.map(Math.fround)]);
    }
    await file.close();
  });

  it('are written again to the same bytes', async () => {
    const file = await openSafetensors(fixture('plain.safetensors'));
    const tensors: NamedTensor[] = [];
    for (const { name, shape, dtype } of file.entries.values()) {
      const numbers = await file.readNumbers(name);
      const values = dtype === 'I64' ? BigInt64Array.from(numbers, BigInt) : Float32Array.from(numbers);
      tensors.push({ name, shape, dtype: dtype as 'F32' | 'I64', values: () => values });
    }
    await file.close();
    await writeSafetensors(join(folder, 'again'), tensors);
    expect(await readFile(join(folder, 'again'))).toEqual(await readFile(fixture('plain.safetensors')));
  });
});

describe('a damaged file is refused by name, with what is wrong', () => {
  const whole = readFileSync(fixture('plain.safetensors'));
  const headerOf = (header: object | string, data = 0): Buffer => {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(data)]);
  };
  const tensor = (changes: object) =>
    headerOf({ t: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...changes } }, 8);

  it.each([
    ['empty', Buffer.alloc(0), /0 bytes are too few/],
    ['cut in its header', whole.subarray(0, 40), /its header should take 176 of 40 bytes/],
    ['cut in its data', whole.subarray(0, whole.length - 4), /tensor "b.weight" ends at byte 220 of 216/],
    [
      'a picture',
      Buffer.from(`\x89PNG\r\n\x1a\n${'x'.repeat(90)}`, 'latin1'),
      /its first eight bytes are no header's length/,
    ],
    ['no JSON', headerOf('{"t": '), /its header is no JSON/],
    ['JSON, but a list', headerOf('[1, 2, 3]'), /its header is no JSON object/],
    ['JSON, but null', headerOf('null      '), /its header is no JSON object/],
    ['an unknown type', tensor({ dtype: 'F31' }), /tensor "t" has the unknown type F31/],
    ['a type of JavaScript’s own', tensor({ dtype: 'toString' }), /tensor "t" has the unknown type toString/],
    ['a shape that needs more', tensor({ shape: [3] }), /tensor "t" of F32 \[3\] needs 12 bytes, has 8/],
    ['a negative side', tensor({ shape: [-1, -2] }), /tensor "t" has the shape \[-1, -2\]/],
    ['a fraction of a side', tensor({ shape: [0.5, 4] }), /tensor "t" has the shape \[0\.5, 4\]/],
    ['an offset before the data', tensor({ data_offsets: [-8, 0] }), /tensor "t" has the offsets \[-8, 0\]/],
    ['no offsets', tensor({ data_offsets: undefined }), /tensor "t" has the offsets undefined/],
    ['no shape', tensor({ shape: undefined }), /tensor "t" has the shape undefined/],
    ['a tensor that is a number', headerOf({ t: 3 }, 8), /tensor "t" has the unknown type undefined/],
  ])('%s', async (_, bytes, expected) => {
    const path = join(folder, 'weights.safetensors');
    await writeFile(path, bytes);
    const error = await openSafetensors(path).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(expected);
    expect(error.message.startsWith(path)).toBe(true);
  });

  it('a file that is not there, and a folder', async () => {
    await expect(openSafetensors(join(folder, 'none'))).rejects.toThrow(/none: there is no such file/);
    await expect(openSafetensors(folder)).rejects.toBeInstanceOf(WeightsError);
  });
});

it('a writer that fails leaves nothing, and what was there before stays', async () => {
  const path = join(folder, 'weights.safetensors');
  await writeFile(path, 'before');
  const failing: NamedTensor = {
    name: 't',
    shape: [1],
    dtype: 'F32',
    values: () => {
      throw new Error('out of memory');
    },
  };
  await expect(writeSafetensors(path, [failing])).rejects.toThrow('out of memory');
  expect(await readdir(folder)).toEqual(['weights.safetensors']);
  expect(await readFile(path, 'utf8')).toBe('before');
});

describe('a place where no file can be is told before anything is written', () => {
  const tensor: NamedTensor = { name: 't', shape: [1], dtype: 'F32', values: () => new Float32Array(1) };
  it.each([
    ['a folder', 'here', /here: is a folder; name the file to write in it$/],
    [
      'in a folder that is not there',
      'not there/w',
      /w: cannot be written: .*not there is not there\.\nNext: mkdir -p '/,
    ],
    ['in a file', 'file/w', /w: cannot be written: .*file is no folder\.\nNext: choose another place$/],
  ])('%s', async (_, name, said) => {
    await mkdir(join(folder, 'here'));
    await writeFile(join(folder, 'file'), '');
    const error = await writeSafetensors(join(folder, name), [tensor]).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(said);
    expect((await readdir(folder)).sort()).toEqual(['file', 'here']);
  });
});
