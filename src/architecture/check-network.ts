/**
 * Whether a record is a network: every field there, of its kind and in its range. Types cannot say it: records come from
 * plug-ins, which run as JavaScript, and a kernel of 4 or a depth of 1.5 is a number too.
 */

/** What a field must be. `test` is null where `fields` say it. */
interface Kind {
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
  readonly fields?: Fields | undefined;
}
type Fields = Readonly<Record<string, Kind>>;

const whole = (least: number, most: number): Kind => ({
  expected: `a whole number from ${least} to ${most}`,
  test: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
});
const above0 = (most: number): Kind => ({
  expected: `a number above 0 and at most ${most}`,
  test: (value) => typeof value === 'number' && value > 0 && value <= most,
});
const oneOf = (...values: readonly unknown[]): Kind => ({
  expected: values.length === 1 ? show(values[0]) : `one of ${values.map(show).join(', ')}`,
  test: (value) => values.includes(value),
});
const either = (...kinds: readonly Kind[]): Kind => ({
  expected: kinds.map(({ expected }) => expected).join(' or '),
  test: (value) => kinds.some(({ test }) => test(value)),
});
const listOf = (kind: Kind, least: number, most: number): Kind => ({
  expected: `a list${least > 0 ? ` of ${least} to ${most} entries` : ''}, each ${kind.expected}`,
  test: (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most && Array.from(value).every(kind.test),
});
const record = (fields: Fields): Kind => ({ expected: 'a record', test: isRecord, fields });

const boolean: Kind = { expected: 'true or false', test: (value) => typeof value === 'boolean' };
const text: Kind = { expected: 'text', test: (value) => typeof value === 'string' && value !== '' };
const functions = listOf({ expected: 'a function', test: (value) => typeof value === 'function' }, 0, 64);
const oddKernel: Kind = {
  expected: 'an odd whole number from 1 to 255, so that the kernel has a centre',
  test: (value) => whole(1, 255).test(value) && (value as number) % 2 === 1,
};
const stages = 16;
const widest = 1_000_000;

/** Fields of every network. */
const common: Fields = {
  name: text,
  resolution: whole(1, 65_536),
  channels: whole(1, 4096),
  classes: whole(1, 1_000_000),
  widthScale: above0(16),
  stemStride: whole(1, 64),
  depths: listOf(whole(1, 1000), 1, stages),
};

const block: Fields = {
  order: oneOf('bottleneck', 'inverted', 'spatial-first'),
  kernel: oddKernel,
  groups: either(oneOf('depthwise'), whole(1, widest)),
  bottleneckRatio: above0(64),
  activation: oneOf('relu', 'gelu'),
  activations: oneOf('all', 'one'),
  norms: oneOf('all', 'one'),
  startNorm: boolean,
  bias: boolean,
  layerScale: either(oneOf(null), { expected: 'a finite number', test: Number.isFinite }),
  slots: record({ afterSpatial: functions, afterActivation: functions, branchEnd: functions }),
};

const convnet: Fields = {
  ...common,
  family: oneOf('convnet'),
  regime: oneOf('resnet-50', 'resnet-200'),
  stem: oneOf('resnet', 'patchify'),
  stemNorm: boolean,
  widths: listOf(above0(widest), 1, stages),
  block: record(block),
  norm: oneOf('batch-norm', 'layer-norm'),
  downsampling: { expected: 'a record', test: isRecord },
  finalNorm: boolean,
  rewrites: functions,
};
const inBlock: Fields = { kind: oneOf('in-block') };
const separate: Fields = { kind: oneOf('separate'), norm: oneOf('before', 'after', 'none') };

const swin: Fields = {
  ...common,
  family: oneOf('swin'),
  width: above0(widest),
  heads: listOf(whole(1, 4096), 1, stages),
  window: whole(1, 255),
  windows: oneOf('padded', 'divisors'),
};

/** What keeps a value from being a network, each as `block.kernel: expected ..., found 4`; empty where nothing does. */
export function networkProblems(value: unknown): string[] {
  if (!isRecord(value)) return [`expected a network, found ${show(value)}`];
  const family = value.family === 'swin' ? swin : convnet;
  const problems = problemsOf(value, family, '');
  if (isRecord(value.downsampling) && family === convnet)
    problems.push(
      ...problemsOf(value.downsampling, value.downsampling.kind === 'separate' ? separate : inBlock, 'downsampling.'),
    );
  return problems.length > 0 ? problems : together(value);
}

function problemsOf(value: Readonly<Record<string, unknown>>, fields: Fields, above: string): string[] {
  const problems: string[] = [];
  for (const [name, { test, expected, fields: below }] of Object.entries(fields)) {
    const found = Object.hasOwn(value, name) ? value[name] : undefined;
    if (!test(found)) problems.push(`${above}${name}: expected ${expected}, found ${show(found)}`);
    else if (below) problems.push(...problemsOf(found as Record<string, unknown>, below, `${above}${name}.`));
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name))
      problems.push(`${above}${name}: there is no such field; there are ${Object.keys(fields).join(', ')}`);
  }
  return problems;
}

/** Fields that are right by themselves and wrong beside each other. */
function together(network: Readonly<Record<string, unknown>>): string[] {
  const depths = (network.depths as readonly number[]).length;
  const problems: string[] = [];
  for (const name of ['widths', 'heads']) {
    const list = network[name] as readonly number[] | undefined;
    if (list && list.length !== depths)
      problems.push(`${name}: expected one for each of the ${depths} stages that depths has, found ${list.length}`);
  }
  const stride = network.stemStride as number;
  if (network.stem === 'resnet' && stride > 1 && stride % 2 === 1)
    problems.push(`stemStride: expected 1 or an even number, which convolution and pool share, found ${stride}`);
  return problems;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Promise);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return `[${Array.from(value).slice(0, stages).map(show).join(', ')}]`;
  if (typeof value === 'function') return 'a function';
  if (value instanceof Promise) return 'a promise (apply must not be async)';
  return typeof value === 'object' ? 'a record' : String(value);
}
