import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { WeightsError } from '../../src/weights/error.js';
import { openWeights } from '../../src/weights/open.js';

const folder = mkdtempSync(join(tmpdir(), 'ablate-recognise-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written: Record<string, string> = JSON.parse(
  readFileSync(new URL('../fixtures/weights/others.json', import.meta.url), 'utf8'),
);
const file = (kind: string) => Buffer.from(written[kind] as string, 'base64');
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 114374272\n`;

const torch =
  /: a PyTorch file .* no code out of files\.\nNext, in Python.*\n[\s\S]*torch\.load\('.*', map_location='cpu', weights_only=True\)[\s\S]*save_file\([\s\S]*\.safetensors'\)$/;
const numpy = /: NumPy's \.npz, not safetensors\.\nNext, in Python.*\n[\s\S]*numpy\.load\('.*\.npz'\)/;

describe('a file of another kind is told by its content, with the next command', () => {
  it.each<[string, string, Buffer | string, RegExp]>([
    ['torch.save', 'a.pth', file('torch'), torch],
    ['a checkpoint', 'a.ckpt', file('torch checkpoint'), torch],
    ['torch.save before 1.6', 'pytorch_model.bin', file('torch before 1.6'), torch],
    ['a pickle', 'a.pkl', file('pickle'), torch],
    [
      'torch.jit.save',
      "it's a.pt",
      file('TorchScript'),
      /: a TorchScript file, .*\nNext, in Python.*\n[\s\S]*torch\.jit\.load\('.*it\\'s a\.pt', [\s\S]*save_file\([\s\S]*it\\'s a\.safetensors'\)$/,
    ],
    ['torch.save under another name', 'a.safetensors', file('torch'), torch],
    ['numpy.savez', 'a.npz', file('npz'), numpy],
    ['numpy.savez_compressed', 'b.npz', file('npz, packed'), numpy],
    ['numpy.save', 'a.npy', file('npy'), /: one NumPy array \(\.npy\) without a name/],
    ['a zip', 'a.zip', file('zip'), /: a zip archive, not safetensors\.\nNext: unpack it$/],
    ['gzip', 'a.safetensors.gz', file('gzip'), /: packed by gzip\.\nNext: gunzip .*a\.safetensors\.gz$/],
    ['gzip under a name with spaces', 'my own.gz', file('gzip'), /\nNext: gunzip '.*my own\.gz'$/],
    [
      'a pointer of Git LFS under a name with spaces',
      'my own.safetensors',
      pointer,
      /\nNext: cd .* && git lfs pull --include 'my own\.safetensors'$/,
    ],
    [
      'a pointer of Git LFS',
      'm.safetensors',
      pointer,
      /: a pointer of Git LFS: .*\nNext: cd .* && git lfs pull --include m\.safetensors$/,
    ],
    [
      'a web page',
      'p.safetensors',
      '<!doctype html>\n<html lang="en"><head>',
      /: a web page, not the file that it is about\.\nNext: fetch it again/,
    ],
    ['an error page', 'q.safetensors', '\n<HTML><body>404</body>', /: a web page/],
    ['GGUF', 'g.gguf', `GGUF\u0003${'\0'.repeat(40)}`, /: GGUF, not safetensors/],
    [
      'the configuration beside it',
      'config.json',
      '{"architectures": ["ConvNextForImageClassification"]}',
      /: JSON, and no index of shards: it has no "weight_map"/,
    ],
    ['JSON under its name', 'j.safetensors', '{"weight": [1, 2, 3]}', /: JSON, and no index of shards/],
    ['a pointer in the index’s place', 'model.safetensors.index.json', pointer, /: a pointer of Git LFS/],
    [
      'an index that is cut',
      'cut.index.json',
      '{"weight_map": {"a": "mod',
      /the index of shards is no JSON; fetch it again/,
    ],
    ['an index of nothing', 'none.index.json', '{"weight_map": {}}', /the index names no tensor/],
    ['an index that is a list', 'list.index.json', '["a"]', /: JSON, and no index of shards/],
  ])('%s', async (_, name, content, said) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    const error = await openWeights(path).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(said);
    expect(error.message.startsWith(path)).toBe(true);
  });

  it.each([
    [['a.safetensors', 'b.safetensors'], /it has a\.safetensors, b\.safetensors\.\nNext: name the file/],
    [['config.json', 'pytorch_model.bin'], /it has config\.json, pytorch_model\.bin\./],
    [[], /it has none\./],
  ])('a folder with %j', async (names, said) => {
    const place = mkdtempSync(join(folder, 'folder-'));
    for (const name of names) {
      mkdirSync(dirname(join(place, name)), { recursive: true });
      writeFileSync(join(place, name), '');
    }
    await expect(openWeights(place)).rejects.toThrow(said);
  });
});
