import { type EngineDescription, EnvironmentError } from '../engine/engine.js';
import { type EngineChoice, type RunRecord, startsOf } from '../records/run.js';
import { command } from '../shell/program.js';

/** What of a choice may be asked for by name, and then changes although training has begun. */
export type Aspect = 'device' | 'compiler' | 'precision';

/** What an engine comes to, as far as numbers hang on it. */
export const choiceOf = ({ engine, device, compiler, precision }: EngineDescription): EngineChoice => ({
  engine,
  gpu: device !== 'cpu',
  ...(compiler && { compiler }),
  precision,
});

/** What a begun run was trained on last, and goes on with. */
export function choiceOfRun(record: RunRecord): EngineChoice {
  const last = startsOf(record).at(-1);
  return choiceOf(last?.engine ?? record.engine);
}

/**
 * Throws an `EnvironmentError` where training would go on with another engine, device, compiler or precision than it began
 * with: its numbers would be those of neither.
 *
 * @param what `the suite` or `the run`, as it stands in the message.
 * @param named what was asked for by name. Another device brings what `auto` comes to there.
 */
export function requireSame(
  began: EngineChoice,
  found: EngineChoice,
  what: string,
  named: readonly Aspect[] = [],
): void {
  const device = named.includes('device') || (began.engine === found.engine && began.gpu === found.gpu);
  const compiler = named.includes('compiler') || began.compiler === found.compiler;
  const precision =
    !device ||
    named.includes('device') ||
    named.includes('precision') ||
    began.precision === undefined ||
    found.precision === undefined ||
    began.precision === found.precision;
  if (device && compiler && precision) return;
  const options = [
    ...(device ? [] : [`--device ${deviceOf(found)}`]),
    ...(compiler ? [] : [`--compiler ${compilerOf(found)}`]),
    ...(precision ? [] : [`--precision ${found.precision}`]),
  ].join(' ');
  const back = device ? (compiler ? '' : `--compiler ${compilerOf(began)} is how it began; `) : `${beginning(began)}; `;
  throw new EnvironmentError(
    `${what} was begun on ${described(began)}; here it would go on with ${described(found)}, and its numbers would be those of neither.\nNext: ${back}to go on all the same, ask for it by name: ${options}`,
  );
}

const described = ({ engine, gpu, compiler, precision }: EngineChoice): string =>
  `${engine} on a ${gpu ? 'GPU' : 'CPU'}${compiler ? ', compiled by XLA' : ''}${precision ? ` in ${precision}` : ''}`;

const deviceOf = ({ engine, gpu }: EngineChoice): string => (engine === 'tensorflow' ? (gpu ? 'gpu' : 'cpu') : engine);
const compilerOf = ({ compiler }: EngineChoice): string => compiler ?? 'tensorflow';

/** How to have an engine again. */
const beginning = ({ engine }: EngineChoice): string =>
  ({
    tensorflow: `${command('setup')} brings that engine back`,
    webgpu: '--device webgpu is that engine',
    wasm: '--device wasm is that engine',
  })[engine];
