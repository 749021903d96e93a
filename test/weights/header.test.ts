import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeightsError } from '../../src/weights/error.js';
import { type Header, readHeader } from '../../src/weights/header.js';

interface Judged {
  readonly about: string;
  readonly file: string;
  readonly says: string;
}
const { cases }: { cases: readonly Judged[] } = JSON.parse(
  readFileSync(new URL('../fixtures/weights/headers.json', import.meta.url), 'utf8'),
);

const headerOf = (file: Uint8Array): Promise<Header> =>
  readHeader('w.safetensors', file.length, async (position, length) => {
    if (position + length > file.length) throw new Error(`asked for byte ${position + length} of ${file.length}`);
    return file.slice(position, position + length);
  });

/** JSON leaves no trace of these once it is parsed, and they mean nothing else. */
const harmless = ['an offset with a point', 'a shape with a point', 'metadata twice'];

describe('what safetensors 0.8 refuses is refused, and no more', () => {
  it.each(cases.filter(({ about }) => !harmless.includes(about)))('$about: $says', async ({ file, says }) => {
    const found = await headerOf(Buffer.from(file, 'base64')).then(
      () => 'read',
      (error: Error) => error,
    );
    if (says === 'read') expect(found).toBe('read');
    else expect(found).toBeInstanceOf(WeightsError);
  });

  it.each([
    ['a gap between', 'tensor "b": 4 bytes between tensor "a" and tensor "b" belong to no tensor'],
    ['a gap before', '4 bytes between the header and tensor "a" belong to no tensor'],
    ['bytes after the last', '4 bytes after tensor "a" belong to no tensor'],
    ['bytes that two share', 'tensor "b" begins 4 bytes before the end of tensor "a"'],
    ['metadata with a number', 'its metadata "epoch" is no text but 3'],
    ['metadata with a mapping', 'its metadata "a" is no text but a mapping'],
  ])('%s is told with its place', async (about, said) => {
    const { file } = cases.find((one) => one.about === about) as Judged;
    const message = await headerOf(Buffer.from(file, 'base64')).catch((error: Error) => error.message);
    expect(message).toContain(said.replace(/^tensor "b": /, ''));
  });
});

describe('damaged headers', () => {
  const file = (header: string, data = 0): Buffer => {
    const text = Buffer.from(header);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(data)]);
  };
  /** Read, or refused in one short, located sentence. */
  const holds = async (bytes: Uint8Array): Promise<void> => {
    const found = await headerOf(bytes).catch((error: unknown) => error);
    if (found instanceof Error) {
      expect(found).toBeInstanceOf(WeightsError);
      expect(found.message.startsWith('w.safetensors: ')).toBe(true);
      expect(found.message.length).toBeLessThan(1000);
      return;
    }
    // What is read covers the file to the byte.
    const { entries } = found as Header;
    const data = [...entries.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
    const length = Number(Buffer.from(bytes).readBigUInt64LE());
    expect(8 + length + data).toBe(bytes.length);
  };
  const whole = readFileSync(new URL('../fixtures/weights/types.safetensors', import.meta.url));

  it('10,000 with bytes changed, taken out or put in', async () => {
    const change = fc.record({
      at: fc.integer({ min: 0, max: 900 }),
      remove: fc.integer({ min: 0, max: 4 }),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 4 }),
        fc
          .constantFrom('0', '-', '9', '{', '}', '[', ']', '"', ',', ':', 'null', '1e9', '\\u0000')
          .map((text) => Buffer.from(text)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        let bytes: Uint8Array = whole;
        for (const { at, remove, insert } of changes)
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        await holds(bytes);
      }),
      { numRuns: 10_000, endOnFailure: true },
    );
  });

  it('500 with any JSON in a tensor’s place', async () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('F32', [0, 8], [2], 0, 2 ** 53, [2 ** 53, 0], [-1]));
    const tensor = fc.oneof(odd, fc.record({ dtype: odd, shape: odd, data_offsets: odd }, { requiredKeys: [] }));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tensor), async (header) => {
        await holds(file(JSON.stringify(header), 8));
      }),
      { numRuns: 500, endOnFailure: true },
    );
  });

  it('of great depth, length or number', async () => {
    const deep = (count: number) => '['.repeat(count) + ']'.repeat(count);
    const tensor = (shape: string, offsets = '[0,8]') =>
      `{"t":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`;
    const ones = `[${Array.from({ length: 100_000 }, () => 1).join()}]`;
    for (const text of [
      tensor(deep(2_000_000)),
      tensor('[2]', deep(2000)),
      tensor(ones.replace(']', ',-1]')),
      `{"${'n'.repeat(1_000_000)}":3}`,
      `{"__metadata__":{"m":${deep(2000)}}}`,
      `{${Array.from({ length: 50_000 }, (_, at) => `"${at}":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}`).join()}}`,
    ])
      await holds(file(text, 8));
  });
});
