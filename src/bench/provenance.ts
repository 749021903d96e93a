import { basename, isAbsolute } from 'node:path';
import { codeVersion, describeMachine } from '../experiment/machine.js';
import type { Machine } from '../records/run.js';
import { counted } from '../words/counted.js';

/** Where figures come from; stands beside them wherever they are written. */
export interface Provenance {
  readonly command: string;
  /** Day of the measurement, as 2026-11-24. */
  readonly date: string;
  readonly code: string;
  readonly machine: Machine;
  /** Libraries and their versions, one entry a contender. */
  readonly versions: readonly string[];
}

/** What makes a program use other instructions than it would by itself: ours, PyTorch, and the library that both may call. */
const LIMITS = ['ABLATE_INSTRUCTION_SET', 'ABLATE_WASM_SIMD', 'ATEN_CPU_CAPABILITY', 'ONEDNN_MAX_CPU_ISA'];

/**
 * @param args the command line after the program; folders of this machine are left out of it.
 * @param program what was run, such as `node bench/eager.mjs`.
 */
export function provenance(args: readonly string[], versions: readonly string[], program = 'ablate'): Provenance {
  const limits = LIMITS.flatMap((name) => (process.env[name] ? [`${name}=${process.env[name]}`] : []));
  return {
    command: [...limits, program, ...args.map((arg) => quoted(isAbsolute(arg) ? basename(arg) : arg))].join(' '),
    date: new Date().toISOString().slice(0, 10),
    code: codeVersion(),
    machine: describeMachine(),
    versions: [...new Set(versions.filter((text) => text !== ''))],
  };
}

/** As a shell wants it, so that the command can be copied. */
const quoted = (arg: string): string => (/[\s'"]/.test(arg) ? JSON.stringify(arg) : arg);

export function provenanceText({ date, code, machine, versions }: Provenance): string {
  const { cpu, cores, memoryBytes, platform, node } = machine;
  const place = `${cpu}, ${counted(cores, 'core')}, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${platform}`;
  return [date, `ablate ${code}`, place, `Node ${node}`, ...versions].join('; ');
}
