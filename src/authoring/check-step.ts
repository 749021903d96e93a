import type { Engine, Feeds, Outputs, Step as EngineStep } from '../engine/engine.js';
import { loadSteps, reasonOf } from '../experiment/plugins.js';
import type { Step } from '../roadmap/step.js';
import { countedProducts } from './counted-products.js';
import { directionsOf, inFloat64 } from './float64.js';
import { evaluationOf, inBfloat16, layerFeeds, layerValues, toBfloat16, trainingOf } from './layer-run.js';
import { type LayerTarget, targetOf } from './targets.js';

/** What one check of a step, or of a layer that it brings, came to. */
export interface CheckRow {
  readonly file: string;
  readonly step: string;
  /** The layer's kind; null for what concerns the step itself. */
  readonly layer: string | null;
  readonly check: string;
  readonly verdict: 'right' | 'wrong' | 'not run';
  readonly detail: string;
}

/** An engine with the name that tfjs has for its backend. */
export interface NamedEngine {
  readonly name: string;
  readonly backend: string;
  readonly engine: Engine;
}

/** The engines that are here; the first one's values are those that the others are held to. */
export interface CheckEngines {
  readonly all: readonly NamedEngine[];
  /** The tensorflow engine as it runs steps compiled and op by op, where it is here. */
  readonly compiled: NamedEngine | null;
  /** The tensorflow engine with maps in bfloat16, op by op, where it is here. */
  readonly bfloat16: NamedEngine | null;
}

/**
 * Relative to the largest value: what orders of sums differ by, what differences in float64 and erf's polynomial do, and eight
 * roundings of a map to bfloat16, 2^-8 each.
 */
const tolerances = { engines: 1e-4, float64: 1e-4, gradients: 3e-4, bfloat16: 2 ** -5 } as const;
const samples = 3;

/**
 * Checks every step that a plug-in exports, on small networks and tensors; trains nothing.
 *
 * @param options of each step, as a road would give them
 */
export async function checkFile(file: string, engines: CheckEngines, options: unknown = {}): Promise<CheckRow[]> {
  let steps: readonly Step[];
  try {
    steps = await loadSteps(file);
  } catch (error) {
    return [{ file, step: '', layer: null, check: 'loads', verdict: 'wrong', detail: reasonOf(error, file) }];
  }
  const rows: CheckRow[] = [];
  for (const step of steps) rows.push(...(await checkStep(file, step, engines, options)));
  return rows;
}

async function checkStep(file: string, step: Step, engines: CheckEngines, options: unknown): Promise<CheckRow[]> {
  const row = (layer: string | null, check: string, verdict: CheckRow['verdict'], detail: string): CheckRow => ({
    ...{ file, step: step.id, layer, check, verdict, detail },
  });
  let target: ReturnType<typeof targetOf>;
  try {
    target = targetOf(step, options);
  } catch (error) {
    return [row(null, 'builds', 'wrong', reasonOf(error, file))];
  }
  const { model, layers } = target;
  const rows = [
    row(null, 'builds', 'right', `${model.parameters.length} parameters, ${layers.length} layers of its own`),
  ];
  for (const [index, layer] of layers.entries()) {
    const { kind } = layer.leaf.layer;
    const checks = checksOf({ file, step: step.id, options, index, layer, engines });
    let stopped = false;
    for (const [name, check] of checks) {
      if (stopped) {
        rows.push(row(kind, name, 'not run', 'the layer does not run'));
        continue;
      }
      try {
        rows.push(row(kind, name, 'right', await check()));
      } catch (error) {
        rows.push(row(kind, name, 'wrong', reasonOf(error, file)));
        stopped = name === 'shapes' || name === 'parameters';
      }
    }
  }
  return rows;
}

interface LayerCheck {
  readonly file: string;
  readonly step: string;
  readonly options: unknown;
  readonly index: number;
  readonly layer: LayerTarget;
  readonly engines: CheckEngines;
}

/** In the order in which a mistake is best understood; each throws what is wrong, or gives what it found. */
function checksOf(given: LayerCheck): readonly (readonly [string, () => Promise<string>])[] {
  const { layer, engines } = given;
  const first = engines.all[0] as NamedEngine;
  return [
    ['shapes', () => shapes(layer, engines)],
    ['parameters', () => parametersUsed(layer, first)],
    ['samples apart', () => samplesApart(layer, first)],
    ['cost', () => cost(layer, first)],
    ['gradients', () => gradients(given, first)],
    ['engines agree', () => enginesAgree(given)],
    ['compiled = eager', () => compiledIsEager(layer, first, engines.compiled)],
    ['bfloat16', () => bfloat16IsClose(layer, first, engines.bfloat16)],
    ['chance', () => chance(layer, first)],
  ];
}

/** `[N, ...outputShape]` in float32 for several N, in training and evaluation, on every engine: the layer's contract. */
async function shapes(layer: LayerTarget, { all }: CheckEngines): Promise<string> {
  for (const one of all) {
    for (const count of [1, samples]) {
      const values = layerValues(layer, count);
      await run(one, layer, evaluationOf(one.engine.ops, layer), values);
      await run(one, layer, trainingOf(one.engine.ops, layer), values);
    }
  }
  return `[N, ${layer.input}] -> [N, ${layer.plan.output}] on ${all.map(({ name }) => name).join(', ')}`;
}

async function parametersUsed(layer: LayerTarget, one: NamedEngine): Promise<string> {
  const trained = layer.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  const outputs = await run(one, layer, trainingOf(one.engine.ops, layer), layerValues(layer, samples));
  const still = trained.find((name) => outputs[`g/${name}`]?.every((value) => value === 0));
  if (still) throw new Error(`the gradient of its parameter "${still}" is 0 everywhere: nothing would train it`);
  return trained.length > 0 ? trained.join(', ') : 'none';
}

/** In evaluation a picture's scores must not depend on the pictures beside it. */
async function samplesApart(layer: LayerTarget, one: NamedEngine): Promise<string> {
  const values = layerValues(layer, samples);
  const step = evaluationOf(one.engine.ops, layer);
  const whole = (await run(one, layer, step, values))['y'] as Float32Array;
  const each = values.x.length / samples;
  const alone = (await run(one, layer, step, { ...layerValues(layer, 1), x: values.x.slice(0, each) }))['y']!;
  const apart = distance(whole.subarray(0, alone.length), alone);
  if (!(apart <= tolerances.engines)) {
    throw new Error(`in evaluation a sample's values change with the samples beside it (by ${show(apart)})`);
  }
  return 'in evaluation a sample alone gives what it gives among others';
}

async function cost(layer: LayerTarget, { backend, engine }: NamedEngine): Promise<string> {
  const { leaf, input } = layer;
  const { macs = 0, attention = 0 } = leaf.layer.operations(leaf.options, input);
  await engine.ops.tf.setBackend(backend);
  const counted = countedProducts(engine.ops, layer);
  if (counted !== macs + attention) {
    throw new Error(
      `operations declares ${macs + attention} multiply-adds a sample; the forward pass runs ${counted} in products`,
    );
  }
  return `${counted} multiply-adds a sample, as declared`;
}

/** The engine's gradients along directions against central differences of the layer in float64. */
async function gradients({ file, step, options, index, layer }: LayerCheck, one: NamedEngine): Promise<string> {
  const values = layerValues(layer, 2);
  const trained = layer.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  const directions = directionsOf(values, trained);
  const outputs = await run(one, layer, trainingOf(one.engine.ops, layer), values);
  const exact = await inFloat64({ file, step, options, layer: index, values, training: true, directions });
  const apart = distance(outputs['y']!, exact.y);
  if (!(apart <= tolerances.float64)) {
    throw new Error(`its values are ${show(apart)} from those in float64`);
  }
  let worst = 0;
  for (const name of ['x', ...trained]) {
    const slope = outputs[`g/${name}`] as Float32Array;
    const along = directions.map(({ of, by }, at) => ({ of, by, right: exact.slopes[at] as number }));
    const own = along.filter(({ of }) => of === name);
    const found = Float64Array.from(own, ({ by }) =>
      by.reduce((sum, value, at) => sum + value * (slope[at] as number), 0),
    );
    const far = distance(
      found,
      Float64Array.from(own, ({ right }) => right),
    );
    worst = Math.max(worst, far);
    if (!(far <= tolerances.gradients)) {
      const what = name === 'x' ? 'its map' : `its parameter "${name}"`;
      throw new Error(`the gradient of ${what} is ${show(far)} from differences in float64`);
    }
  }
  return `within ${show(worst)} of differences in float64, along ${directions.length} directions`;
}

async function enginesAgree({ layer, engines: { all } }: LayerCheck): Promise<string> {
  if (all.length < 2) return `only ${all[0]?.name} is here`;
  const values = layerValues(layer, samples);
  const runs: { name: string; outputs: Readonly<Record<string, Float32Array>> }[] = [];
  for (const one of all) {
    const evaluated = await run(one, layer, evaluationOf(one.engine.ops, layer), values);
    const trained = await run(one, layer, trainingOf(one.engine.ops, layer), values);
    runs.push({ name: one.name, outputs: { ...trained, evaluation: evaluated['y'] as Float32Array } });
  }
  const [first, ...others] = runs;
  let worst = 0;
  for (const { name, outputs } of others) {
    for (const [what, expected] of Object.entries(first!.outputs)) {
      const apart = distance(outputs[what] as Float32Array, expected);
      worst = Math.max(worst, apart);
      if (!(apart <= tolerances.engines)) {
        throw new Error(`${nameOf(what)} on ${name} is ${show(apart)} from that on ${first!.name}`);
      }
    }
  }
  return `${runs.map(({ name }) => name).join(', ')} within ${show(worst)}`;
}

async function compiledIsEager(layer: LayerTarget, eager: NamedEngine, compiled: NamedEngine | null): Promise<string> {
  if (!compiled) return 'the tensorflow engine is not here';
  const values = layerValues(layer, samples);
  for (const stepOf of [evaluationOf, trainingOf]) {
    const left = await run(compiled, layer, stepOf(compiled.engine.ops, layer), values);
    const right = await run(eager, layer, stepOf(eager.engine.ops, layer), values);
    for (const [what, expected] of Object.entries(right)) {
      const found = left[what] as Float32Array;
      if (expected.every((value, at) => Object.is(value, found[at]))) continue;
      throw new Error(`${nameOf(what)} is ${show(distance(found, expected))} apart between compiled and eager`);
    }
  }
  return 'the same values, bit for bit';
}

/** A map and a gradient in bfloat16, as they come from the layer before and behind, against the same values in float32. */
async function bfloat16IsClose(layer: LayerTarget, exact: NamedEngine, half: NamedEngine | null): Promise<string> {
  if (!half) return 'the tensorflow engine is not here';
  const values = layerValues(layer, samples);
  const rounded = { ...values, x: values.x.map(toBfloat16), dy: values.dy.map(toBfloat16) };
  let worst = 0;
  for (const stepOf of [evaluationOf, trainingOf]) {
    const right = await run(exact, layer, stepOf(exact.engine.ops, layer), rounded);
    const found = await run(half, layer, inBfloat16(half.engine.ops, stepOf(half.engine.ops, layer)), rounded);
    for (const [what, expected] of Object.entries(right)) {
      const apart = distance(found[what] as Float32Array, expected);
      worst = Math.max(worst, apart);
      if (!(apart <= tolerances.bfloat16))
        throw new Error(`${nameOf(what)} in bfloat16 is ${show(apart)} from that in float32`);
    }
  }
  return `tensorflow within ${show(worst)} of float32; ${show(tolerances.bfloat16)} is allowed`;
}

/** Twice the same from the same draws, and others from other draws. */
async function chance(layer: LayerTarget, one: NamedEngine): Promise<string> {
  const step = trainingOf(one.engine.ops, layer);
  const [first, again, other] = [
    await run(one, layer, step, layerValues(layer, samples, 0)),
    await run(one, layer, step, layerValues(layer, samples, 0)),
    await run(one, layer, step, layerValues(layer, samples, 1)),
  ];
  for (const [what, values] of Object.entries(first)) {
    if (again[what]?.some((value, at) => !Object.is(value, values[at]))) {
      throw new Error(`${nameOf(what)} is another one the second time: something changes from call to call`);
    }
  }
  if (layer.draws.length === 0) return 'none';
  if (distance(other['y']!, first['y']!) === 0)
    throw new Error('its draws change nothing: another pass gives the same');
  return `${layer.draws.map(({ name }) => name).join(', ')}: the same numbers from the same draws`;
}

async function run(
  { backend, engine }: NamedEngine,
  layer: LayerTarget,
  step: EngineStep,
  values: ReturnType<typeof layerValues>,
): Promise<Readonly<Record<string, Float32Array>>> {
  const { tf } = engine.ops;
  await tf.setBackend(backend);
  const feeds: Feeds = layerFeeds(engine.ops, layer, values);
  // Another tensor each: a compiled step is traced on two sets of feeds.
  const others: Feeds = layerFeeds(engine.ops, layer, values);
  let outputs: Outputs = {};
  try {
    const prepared = await engine.prepare(step, [], [feeds, others]);
    try {
      outputs = await prepared.run(feeds);
    } finally {
      prepared.dispose();
    }
    const read = Object.entries(outputs).map(
      async ([name, tensor]) => [name, Float32Array.from(await tensor.data())] as const,
    );
    return Object.fromEntries(await Promise.all(read));
  } finally {
    tf.dispose([...Object.values(feeds), ...Object.values(others), ...Object.values(outputs)]);
  }
}

/** Largest difference, relative to the largest expected value; NaN counts as far. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 1e-6;
  let worst = 0;
  for (let at = 0; at < expected.length; at++) {
    largest = Math.max(largest, Math.abs(expected[at] as number));
    const apart = Math.abs((found[at] as number) - (expected[at] as number));
    if (!(apart <= worst)) worst = apart;
  }
  return worst / largest;
}

const show = (apart: number): string => (Number.isFinite(apart) ? apart.toExponential(1) : 'not a number');

function nameOf(output: string): string {
  if (output === 'y') return 'the value in training';
  if (output === 'evaluation') return 'the value in evaluation';
  if (output === 'g/x') return 'the gradient of the map';
  return output.startsWith('g/') ? `the gradient of "${output.slice(2)}"` : `the statistic "${output.slice(2)}"`;
}
