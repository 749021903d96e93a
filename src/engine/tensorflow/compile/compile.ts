import type { Variable } from '@tensorflow/tfjs-core';
import type { Compiler, Feeds, Step } from '../../engine.js';
import type { LoadedTensorflow } from '../load.js';
import { differences } from './compare.js';
import { CompiledStep } from './compiled-step.js';
import { liveNodes } from './recording.js';
import { traceStep } from './trace.js';

/** The step cannot be compiled: something in it changes between calls and is neither a feed nor a variable. */
export class StepError extends Error {
  override readonly name = 'StepError';
  constructor(readonly problems: readonly string[]) {
    super(`the step cannot be compiled:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  }
}

/** Enough to mend a step by; a wrong loop can give thousands. */
const SHOWN_PROBLEMS = 10;

/**
 * Makes one native call of a step, forward and backward pass, optimizer and all.
 *
 * The step is called twice on tensors that have shapes but no values (so it must not read any), and the two recordings
 * are compared: a learning rate or a mask that JavaScript makes anew each time is found and named with its line. Not
 * found: a number that is equal in both calls and changes later. Variables are left as they were.
 *
 * @param variables all that the step reads or writes.
 * @param examples two sets of feeds of the shapes that it will run with, which differ in every value.
 * @param compiler `xla` takes TensorFlow's own ops only, and compiles when the step runs first.
 * @throws StepError
 */
export function compileStep(
  engine: LoadedTensorflow,
  step: Step,
  variables: readonly Variable[],
  examples: readonly [Feeds, Feeds],
  compiler: Compiler = 'tensorflow',
): CompiledStep {
  const first = traceStep(engine, step, examples[0], variables, null);
  // What the first call leaves behind would meet the second one as something else.
  if (first.problems.length > 0) throw new StepError(shownOf(new Set(first.problems)));
  const second = traceStep(engine, step, examples[1], variables, liveNodes(first));
  const problems = new Set([...second.problems, ...differences(first, second)]);
  if (problems.size > 0) throw new StepError(shownOf(problems));
  return new CompiledStep(engine, second, variables, compiler);
}

function shownOf(problems: ReadonlySet<string>): string[] {
  const shown = [...problems].slice(0, SHOWN_PROBLEMS);
  const rest = problems.size - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more`] : shown;
}
