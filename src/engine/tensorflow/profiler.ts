import type { OpTime, Profiler } from '../profile.js';
import type { CompiledStep } from './compile/compiled-step.js';
import type { NodeOrigin } from './compile/layers-of-nodes.js';
import type { Kernels } from './kernels.js';

/** Joins what the kernels note of their calls with what the step that was compiled last knows of its nodes. */
export function createProfiler(kernels: Kernels): Profiler & { add(step: CompiledStep): void } {
  let step: CompiledStep | null = null;
  let origins: ReadonlyMap<number, NodeOrigin> = new Map();
  let before = 0;
  return {
    add(compiled) {
      step = compiled;
      origins = new Map();
    },
    start(names = new Map()) {
      origins = step?.origins(names) ?? new Map();
      before = step?.milliseconds ?? 0;
      kernels.profile(true);
    },
    take() {
      const milliseconds = step?.milliseconds ?? 0;
      const seconds = (milliseconds - before) / 1000;
      before = milliseconds;
      return {
        ops: kernels.takeProfile().map(({ node, ...times }) => ({ ...originOf(node, origins), ...times })),
        seconds,
      };
    },
  };
}

/** The graph's rewriting may put a node's number behind other names, and that of an output behind both. */
function originOf(node: string, origins: ReadonlyMap<number, NodeOrigin>): Pick<OpTime, 'op' | 'layer'> {
  const number = /(?:^|\/)n(\d+)(?:_\d+)?$/.exec(node)?.[1];
  return origins.get(Number(number)) ?? { op: node, layer: null };
}
