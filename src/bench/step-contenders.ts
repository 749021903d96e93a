import { fileURLToPath } from 'node:url';
import { keptMemory } from '../engine/kept-memory.js';
import { gpuBytes } from './gpu-memory.js';
import type { Contender } from './interleave.js';
import type { StepTask } from './task.js';

/** `torch` is PyTorch as it comes, op by op; `compile` its torch.compile; `autocast` either in bfloat16 beside our float32. */
export type Side = 'ablate' | 'wasm' | 'torch' | 'compile' | 'autocast';

export interface StepContender extends Contender {
  readonly side: Side;
}

export interface StepSides {
  readonly device: 'cpu' | 'gpu';
  /** A Python with torch; without it there is nobody to compare with. */
  readonly torch?: string;
  /** An allocator to preload: PyTorch then runs with its own and with this one. */
  readonly tcmalloc?: string;
  readonly torchCompile?: boolean;
  readonly wasm?: boolean;
  /** Ours also compiled by XLA. */
  readonly xla?: boolean;
}

/** Who runs a network's step; `path` is the file with its task, `start` what PyTorch's side starts from. */
export function stepContenders(task: StepTask, path: string, start: string, sides: StepSides): StepContender[] {
  const { device, torch, wasm, xla } = sides;
  const worker = fileURLToPath(new URL('./step-worker.js', import.meta.url));
  const own = (on: string, ...rest: string[]) => [process.execPath, worker, path, on, ...rest] as const;
  const env = keptMemory();
  const list: StepContender[] = [{ name: 'ablate', side: 'ablate', command: own(device), env }];
  if (xla) list.push({ name: 'ablate XLA', side: 'ablate', command: own(device, 'xla'), env });
  if (wasm) list.push({ name: 'ablate wasm', side: 'wasm', command: own('wasm'), env });
  if (torch !== undefined)
    list.push(...(device === 'gpu' ? torchOnGpu : torchOnCpu)(task, [path, start], torch, sides));
  return device === 'cpu' ? list : list.map((one) => ({ ...one, bytes: gpuBytes }));
}

const script = fileURLToPath(new URL('../../bench/step_torch.py', import.meta.url));

/** timm's Swin works on (N, H, W, C) itself: the memory format of 4-D convolutions says nothing there. */
const formatsOf = ({ swin }: StepTask): readonly string[] => (swin ? ['contiguous'] : ['channels_last', 'contiguous']);

function torchOnCpu(
  task: StepTask,
  files: readonly string[],
  python: string,
  { tcmalloc, torchCompile }: StepSides,
): StepContender[] {
  const list: StepContender[] = [];
  const formats = formatsOf(task);
  const preload = tcmalloc === undefined ? [] : [{ LD_PRELOAD: tcmalloc }];
  for (const format of formats) {
    const command = [python, script, ...files, format, 'eager', 'cpu'] as const;
    list.push({ name: `torch ${format}`, side: 'torch', command });
    for (const env of preload) list.push({ name: `torch ${format} tcmalloc`, side: 'torch', command, env });
  }
  if (torchCompile) {
    const command = [python, script, ...files, formats[0] as string, 'compile', 'cpu'] as const;
    list.push({ name: 'torch.compile', side: 'compile', command });
    for (const env of preload) list.push({ name: 'torch.compile tcmalloc', side: 'compile', command, env });
  }
  return list;
}

/** On a GPU float32 is multiplied in TF32 by TensorFlow as it comes, and here by PyTorch; autocast is bfloat16 beside it. */
function torchOnGpu(
  task: StepTask,
  files: readonly string[],
  python: string,
  { torchCompile }: StepSides,
): StepContender[] {
  const formats = formatsOf(task);
  const one = (name: string, side: Side, format: string, ...rest: string[]): StepContender => ({
    name,
    side,
    command: [python, script, ...files, format, ...rest],
  });
  const best = formats[0] as string;
  return [
    ...formats.map((format) => one(`torch ${format}`, 'torch', format, 'eager', 'cuda')),
    one('torch autocast', 'autocast', best, 'eager', 'cuda', 'bfloat16'),
    ...(torchCompile
      ? [
          one('torch.compile', 'compile', best, 'compile', 'cuda'),
          one('torch.compile autocast', 'autocast', best, 'compile', 'cuda', 'bfloat16'),
        ]
      : []),
  ];
}
