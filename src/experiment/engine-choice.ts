import { type EngineDescription, EnvironmentError } from '../engine/engine.js';
import { type EngineChoice, type RunRecord, startsOf } from '../records/run.js';
import { command } from '../shell/program.js';

/** What an engine comes to, as far as numbers hang on it. */
export const choiceOf = ({ engine, device, precision }: EngineDescription): EngineChoice => ({
  engine,
  gpu: device !== 'cpu',
  precision,
});

/** What a begun run was trained on last, and goes on with. */
export function choiceOfRun(record: RunRecord): EngineChoice {
  const last = startsOf(record).at(-1);
  return choiceOf(last?.engine ?? record.engine);
}

/**
 * Throws an `EnvironmentError` where training would go on with another engine, device or precision than it began with:
 * its numbers would be those of neither.
 *
 * @param what `the suite` or `the run`, as it stands in the message.
 */
export function requireSame(began: EngineChoice, found: EngineChoice, what: string): void {
  const sameDevice = began.engine === found.engine && began.gpu === found.gpu;
  const samePrecision =
    began.precision === undefined || found.precision === undefined || began.precision === found.precision;
  if (sameDevice && samePrecision) return;
  const next = sameDevice
    ? `to go on all the same, ask for it by name: --precision ${found.precision}`
    : `${beginnings()[began.engine]}; to go on all the same, ask for it by name: --device ${deviceOf(found)}`;
  throw new EnvironmentError(
    `${what} was begun on ${described(began)}; here it would go on with ${described(found)}, and its numbers would be those of neither.\nNext: ${next}`,
  );
}

const described = ({ engine, gpu, precision }: EngineChoice): string =>
  `${engine} on a ${gpu ? 'GPU' : 'CPU'}${precision ? ` in ${precision}` : ''}`;

const deviceOf = ({ engine, gpu }: EngineChoice): string => (engine === 'tensorflow' ? (gpu ? 'gpu' : 'cpu') : engine);

/** How to have an engine again. */
const beginnings = (): Readonly<Record<EngineChoice['engine'], string>> => ({
  tensorflow: `${command('setup')} brings that engine back`,
  webgpu: '--device webgpu is that engine',
  wasm: '--device wasm is that engine',
});
