import { basename, dirname } from 'node:path';
import { quoted } from '../shell/quoted.js';

/** A kind of file that people take for safetensors: how its first bytes tell, and what to do about it. */
interface Kind {
  readonly is: (head: Buffer) => boolean;
  readonly say: (path: string) => string;
}

const startsWith =
  (...starts: readonly string[]) =>
  (head: Buffer): boolean =>
    starts.some((start) => head.subarray(0, start.length).equals(Buffer.from(start, 'latin1')));
const startsWithText =
  (...starts: readonly RegExp[]) =>
  (head: Buffer): boolean => {
    const text = head.toString('latin1').replace(/^\xef\xbb\xbf/, '');
    return starts.some((start) => start.test(text));
  };

const target = (path: string): string => `${path.replace(/\.[a-z\d]{1,5}$/i, '')}.safetensors`;
/** Python text: quotes of a path kept from ending it. */
const pythonText = (path: string): string => `'${path.replace(/[\\']/g, '\\$&')}'`;

/** What a dictionary holds, one level deep under its name, since a checkpoint has more than weights; `ablate` takes names off. */
const pickle = (path: string): string =>
  `a PyTorch file (Python's own format), not safetensors; ablate runs no code out of files.
Next, in Python with torch and safetensors:
  import torch, safetensors.torch
  w = torch.load(${pythonText(path)}, map_location='cpu', weights_only=True)  # refused? False, where you trust its maker
  w = w.state_dict() if hasattr(w, 'state_dict') else w
  w = {f'{k}.': v for k, v in w.items() if isinstance(v, dict)} or {'': w}
  safetensors.torch.save_file({f'{a}{k}': v.contiguous().clone() for a, b in w.items() for k, v in b.items() if torch.is_tensor(v)}, ${pythonText(target(path))})`;

const torchScript = (path: string): string =>
  `a TorchScript file, not safetensors; ablate runs no code out of files.
Next, in Python with torch and safetensors:
  import torch, safetensors.torch
  w = torch.jit.load(${pythonText(path)}, map_location='cpu').state_dict()
  safetensors.torch.save_file({k: v.contiguous().clone() for k, v in w.items()}, ${pythonText(target(path))})`;

/** The first that fits decides. */
const kinds: readonly Kind[] = [
  {
    is: startsWithText(/^version https:\/\/git-lfs/),
    say: (path) =>
      `a pointer of Git LFS: the repository was cloned without its large files.\nNext: cd ${quoted(dirname(path))} && git lfs pull --include ${quoted(basename(path))}`,
  },
  {
    is: startsWithText(/^\s*<(!doctype html|html|head|\?xml)/i),
    say: () =>
      'a web page, not the file that it is about.\nNext: fetch it again by its download link (on Hugging Face with /resolve/ in the address where /blob/ stands)',
  },
  { is: (head) => startsWith('PK\x03\x04')(head) && head.includes('/constants.pkl'), say: torchScript },
  { is: (head) => startsWith('PK\x03\x04')(head) && head.includes('data.pkl'), say: pickle },
  {
    is: (head) => startsWith('PK\x03\x04')(head) && head.includes('.npy'),
    say: (path) =>
      `NumPy's .npz, not safetensors.\nNext, in Python with numpy and safetensors:\n  import numpy, safetensors.numpy\n  safetensors.numpy.save_file({k: numpy.ascontiguousarray(v) for k, v in numpy.load(${pythonText(path)}).items()}, ${pythonText(target(path))})`,
  },
  { is: startsWith('\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'), say: pickle },
  { is: startsWith('PK\x03\x04'), say: () => 'a zip archive, not safetensors.\nNext: unpack it' },
  { is: startsWith('\x1f\x8b'), say: (path) => `packed by gzip.\nNext: gunzip ${quoted(path)}` },
  { is: startsWith('\x28\xb5\x2f\xfd'), say: (path) => `packed by zstd.\nNext: unzstd ${quoted(path)}` },
  {
    is: startsWith('\x93NUMPY'),
    say: () =>
      'one NumPy array (.npy) without a name, not safetensors.\nNext: take the file that holds all of the network',
  },
  {
    is: startsWith('\x89HDF\r\n'),
    say: () =>
      "HDF5, as Keras writes it, not safetensors.\nNext: take the network's safetensors file of timm or torchvision",
  },
  {
    is: startsWith('GGUF'),
    say: () => 'GGUF, not safetensors.\nNext: take the safetensors file that it was made from',
  },
  {
    is: startsWithText(/^\s*[{[]/),
    say: () =>
      'JSON, and no index of shards: it has no "weight_map".\nNext: name the .safetensors file, the *.safetensors.index.json, or the folder that holds them',
  },
];

/**
 * What a file that is no safetensors is, by its first bytes, and the next command; null where nobody can say.
 *
 * @param head the first bytes, a few hundred at least where the file has them; behind them may stand its last, where
 *   archives list what is in them.
 */
export function recognise(path: string, head: Uint8Array): string | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  return kinds.find(({ is }) => is(bytes))?.say(path) ?? null;
}
