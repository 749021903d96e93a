import { fileURLToPath } from 'node:url';
import { keptMemory } from '../engine/kept-memory.js';
import type { Contender } from './interleave.js';
import type { StepTask } from './task.js';

/** `torch` is PyTorch as it comes, op by op; `compile` its torch.compile. */
export type Side = 'ablate' | 'wasm' | 'torch' | 'compile';

export interface StepContender extends Contender {
  readonly side: Side;
}

export interface StepSides {
  /** A Python with torch; without it there is nobody to compare with. */
  readonly torch?: string;
  /** An allocator to preload: PyTorch then runs with its own and with this one. */
  readonly tcmalloc?: string;
  readonly torchCompile?: boolean;
  readonly wasm?: boolean;
}

/** Who runs a network's step; `path` is the file with its task, `start` what PyTorch's side starts from. */
export function stepContenders({ swin }: StepTask, path: string, start: string, sides: StepSides): StepContender[] {
  const { torch, tcmalloc, torchCompile, wasm } = sides;
  const worker = fileURLToPath(new URL('./step-worker.js', import.meta.url));
  const env = keptMemory();
  const list: StepContender[] = [
    { name: 'ablate', side: 'ablate', command: [process.execPath, worker, path, 'cpu'], env },
  ];
  if (wasm) list.push({ name: 'ablate wasm', side: 'wasm', command: [process.execPath, worker, path, 'wasm'], env });
  if (torch === undefined) return list;
  const script = fileURLToPath(new URL('../../bench/step_torch.py', import.meta.url));
  // timm's Swin works on (N, H, W, C) itself: the memory format of 4-D convolutions says nothing there.
  const formats = swin ? ['contiguous'] : ['channels_last', 'contiguous'];
  const preload = tcmalloc === undefined ? [] : [{ LD_PRELOAD: tcmalloc }];
  for (const format of formats) {
    const command = [torch, script, path, start, format, 'eager'] as const;
    list.push({ name: `torch ${format}`, side: 'torch', command });
    for (const env of preload) list.push({ name: `torch ${format} tcmalloc`, side: 'torch', command, env });
  }
  if (torchCompile) {
    const command = [torch, script, path, start, formats[0] as string, 'compile'] as const;
    list.push({ name: 'torch.compile', side: 'compile', command });
    for (const env of preload) list.push({ name: 'torch.compile tcmalloc', side: 'compile', command, env });
  }
  return list;
}
