/**
 * Times single operations for `ablate bench ops`, each compiled as it is in a step: by the engine's ops, fused kernels and
 * all, and by TensorFlow's plain ones, less what an empty step costs. Answers `{"collect": true}` with the calls that the task's networks make, and
 * `{"call": n, "side": "fused" | "plain", "steps": n}` with times in milliseconds.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { recipeSchema } from '../config/recipe.js';
import type { Feeds, Outputs, RunnableStep } from '../engine/engine.js';
import type { Ops } from '../engine/ops.js';
import { openTensorflow } from '../engine/tensorflow/engine.js';
import { loadTensorflow } from '../engine/tensorflow/load.js';
import { createTensorflowOps } from '../engine/tensorflow/ops/ops.js';
import { modelOf } from '../experiment/network.js';
import { loadPlugins } from '../experiment/plugins.js';
import type { NetworkSpec } from '../records/run.js';
import { createState } from '../training/state.js';
import { createStepper } from '../training/stepper.js';
import { argumentsOf, describeCall, type OpCall, recordingOps } from './op-calls.js';

export interface OpsTask {
  readonly networks: readonly { readonly name: string; readonly spec: NetworkSpec }[];
  readonly plugins: readonly string[];
  readonly batch: number;
  readonly threads: number;
}

/** An operation on shapes that a suite's networks have, and how often each network calls it in a step. */
export interface CollectedCall extends OpCall {
  readonly counts: Readonly<Record<string, number>>;
}

export interface Collected {
  readonly calls: readonly CollectedCall[];
  readonly about: string;
}

/** Milliseconds; `both` is the forward pass with the gradients of everything that has one. */
export interface OpTimes {
  readonly forward: readonly number[];
  readonly both: readonly number[] | null;
}

type Side = 'fused' | 'plain';
interface Question {
  readonly collect?: true;
  readonly call?: number;
  readonly side?: Side;
  readonly steps?: number;
}

const task = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as OpsTask;
const engine = openTensorflow({ device: 'cpu', threads: task.threads });
const loaded = loadTensorflow({ device: 'cpu', threads: task.threads });
const { tf } = loaded;
const sides: Readonly<Record<Side, Ops>> = { fused: engine.ops, plain: createTensorflowOps(loaded, null) };
const calls: CollectedCall[] = [];

async function collect(): Promise<Collected> {
  const { catalogue } = await loadPlugins(task.plugins, '/');
  const found = new Map<string, { call: OpCall; counts: Record<string, number> }>();
  const recipe = recipeSchema.parse({
    name: 'bench',
    epochs: 1,
    batch_size: task.batch,
    optimizer: { name: 'adamw', learning_rate: 1e-3, weight_decay: 0.05 },
    schedule: { name: 'constant' },
  });
  for (const { name, spec } of task.networks) {
    const model = modelOf(spec, catalogue);
    let steps = 0;
    let first = true;
    const ops = recordingOps(engine.ops, (op, args) => {
      // A step is traced twice.
      if (steps > 1) return;
      // The network's first operation works on the pictures.
      const pictures = first ? args[0] : null;
      first = false;
      const call = describeCall(op, args, (tensor) => tensor === pictures);
      const key = JSON.stringify(call);
      const entry = found.get(key) ?? { call, counts: {} };
      entry.counts[name] = (entry.counts[name] ?? 0) + 1;
      found.set(key, entry);
    });
    const recording = {
      ...engine,
      ops,
      prepare: (...[step, ...rest]: Parameters<typeof engine.prepare>) => {
        return engine.prepare(
          (feeds) => {
            steps++;
            return step(feeds);
          },
          ...rest,
        );
      },
    };
    const state = createState(ops, model, recipe, 0);
    const stepper = await createStepper({ engine: recording, model, recipe, state, seed: 0 });
    stepper.dispose();
    state.dispose();
  }
  calls.push(...[...found.values()].map(({ call, counts }) => ({ ...call, counts })));
  const { version, kernels } = engine.description;
  return { calls, about: `TensorFlow ${version}, kernels ${kernels}` };
}

/** An operation on tensors of its own, ready to be timed; made anew where another one is asked for. */
interface Prepared {
  readonly call: CollectedCall;
  readonly feeds: Feeds;
  /** What optimizers write into; by place. */
  readonly variables: ReadonlyMap<number, Variable>;
  readonly sides: Map<Side, Timed>;
}

interface Timed {
  readonly forward: RunnableStep;
  readonly both: { readonly step: RunnableStep; readonly feeds: Feeds } | null;
}

let prepared: Prepared | null = null;

function dispose({ sides, feeds, variables }: Prepared): void {
  for (const { forward, both } of sides.values()) {
    forward.dispose();
    both?.step.dispose();
    if (both) tf.dispose(both.feeds.gradient as Tensor);
  }
  tf.dispose([...Object.values(feeds), ...variables.values()]);
}

const written = new Set(['parameters', 'averages', 'firstMoments', 'secondMoments']);
const positive = new Set(['runningVariance', 'keep', 'secondMoments', 'gamma', 'hyper']);

function valueFor(name: string, shape: number[]): Tensor {
  if (name === 'softmaxCrossEntropy 1') return tf.fill(shape, 1 / (shape[1] as number));
  const noise = tf.randomNormal(shape, 0, 0.5, 'float32', 1);
  return positive.has(name) ? tf.tidy(() => tf.add(0.5, tf.abs(noise))) : noise;
}

function tensorsFor(call: CollectedCall): Prepared {
  const variables = new Map<number, Variable>();
  const feeds: Record<string, Tensor> = {};
  call.shapes.forEach((shape, place) => {
    const name = call.names[place] as string;
    const value = valueFor(name, [...shape]);
    if (written.has(name)) variables.set(place, tf.variable(value));
    else feeds[`t${place}`] = value;
  });
  return { call, feeds, variables, sides: new Map() };
}

async function time({ call: at, side, steps }: { call: number; side: Side; steps: number }): Promise<OpTimes> {
  const call = calls[at] as CollectedCall;
  if (prepared?.call !== call) {
    if (prepared) dispose(prepared);
    prepared = tensorsFor(call);
  }
  let timed = prepared.sides.get(side);
  if (!timed) {
    timed = await compile(prepared, sides[side]);
    prepared.sides.set(side, timed);
  }
  const forward: number[] = [];
  const both: number[] = [];
  for (let step = 0; step < steps; step++) {
    const call = await callTime();
    const took = async (step: RunnableStep, feeds: Feeds) => Math.max(0, (await run(step, feeds)) - call);
    forward.push(await took(timed.forward, prepared.feeds));
    if (timed.both) both.push(await took(timed.both.step, timed.both.feeds));
  }
  return { forward, both: timed.both ? both : null };
}

let empty: { readonly step: RunnableStep; readonly feeds: Feeds } | null = null;

/** What a step costs that does next to nothing: a training step pays it once, so that no operation in it is charged with it. */
async function callTime(): Promise<number> {
  if (!empty) {
    const [value, other] = [tf.scalar(1), tf.scalar(2)];
    const step = await engine.prepare(({ x }) => ({ y: tf.neg(x as Tensor) }), [], [{ x: value }, { x: other }]);
    other.dispose();
    empty = { step, feeds: { x: value } };
  }
  const times = [];
  for (let turn = 0; turn < 3; turn++) times.push(await run(empty.step, empty.feeds));
  return times.sort((a, b) => a - b)[1] as number;
}

async function run(step: RunnableStep, feeds: Feeds): Promise<number> {
  const start = performance.now();
  const outputs = await step.run(feeds);
  const took = performance.now() - start;
  tf.dispose(Object.values(outputs));
  return took;
}

/** Compiles an operation and its gradient, and runs each once. */
async function compile({ call, feeds, variables }: Prepared, ops: Ops): Promise<Timed> {
  const all = (given: Feeds): Tensor[] =>
    call.shapes.map((_, place) => (variables.get(place) ?? given[`t${place}`]) as Tensor);
  /** The result first, then what was handed to a callback: nothing that is computed may be left out as unused. */
  const apply = (tensors: readonly Tensor[]): Tensor[] => {
    const told: Tensor[] = [];
    const method = ops[call.op] as (...args: unknown[]) => Tensor | undefined;
    const result = method(...argumentsOf(call, tensors, (...values) => told.push(...values)));
    return [...(result ? [result] : []), ...told];
  };
  const prepare = (step: (given: Feeds) => readonly Tensor[], given: Feeds) => {
    const other = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, tf.add(value, 0.25)]));
    const outputs = (now: Feeds): Outputs => Object.fromEntries(step(now).map((tensor, at) => [`o${at}`, tensor]));
    return engine.prepare(outputs, [...variables.values()], [given, other]).finally(() => tf.dispose(other));
  };
  const forward = await prepare((given) => apply(all(given)), feeds);
  const result = await forward.run(feeds);
  if (variables.size > 0) return { forward, both: null };
  const gradient = valueFor('gradient', [...(result.o0 as Tensor).shape]);
  tf.dispose(Object.values(result));

  const free = call.shapes.map((_, place) => place).filter((place) => !call.constant.includes(place));
  const withGradient = (given: Feeds): Tensor[] => {
    const tensors = all(given);
    const chosen = (...inputs: Tensor[]): Tensor => {
      inputs.forEach((input, at) => {
        tensors[free[at] as number] = input;
      });
      return apply(tensors)[0] as Tensor;
    };
    const inputs = free.map((place) => tensors[place] as Tensor);
    const { value, grads } = tf.valueAndGrads(chosen)(inputs, given.gradient);
    return [value, ...grads];
  };
  const both = { step: await prepare(withGradient, { ...feeds, gradient }), feeds: { ...feeds, gradient } };
  await run(both.step, both.feeds);
  return { forward, both };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, side, steps, collect: wanted } = JSON.parse(line) as Question;
  const answer = wanted
    ? await collect()
    : await time({ call: call as number, side: side as Side, steps: steps as number });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit();
