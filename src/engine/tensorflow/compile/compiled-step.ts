import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Compiler, Feeds, Outputs, RunnableStep } from '../../engine.js';
import type { LoadedTensorflow } from '../load.js';
import { arranged } from './arranged.js';
import { defineFunction } from './function.js';
import { type NodeOrigin, originsOf } from './layers-of-nodes.js';
import type { Recording } from './recording.js';
import { placeOf } from '../../layer-scope.js';
import { tensorId } from './trace.js';
import { xlaCacheFolder } from '../xla-environment.js';
import { makeExclusive, rebind } from './variable-buffers.js';

/** Runs of compiled steps follow one another, for they may share variables. */
let lastRun: Promise<unknown> = Promise.resolve();

/** A step as one function of TensorFlow's eager context; its variables stay ordinary tf.Variables. */
export class CompiledStep implements RunnableStep {
  private readonly name: string;
  private readonly recording: Omit<Recording, 'graph'>;
  private disposed = false;
  /** Milliseconds of all native calls so far. */
  milliseconds = 0;

  constructor(
    private readonly engine: LoadedTensorflow,
    recorded: Recording,
    private readonly variables: readonly Variable[],
    private readonly compiler: Compiler,
  ) {
    const recording = arranged(engine.backend.binding, recorded);
    this.name = defineFunction(engine.backend.binding, recording);
    // The graph and the nodes of constants hold their values a second time; the function is all that is needed from here on.
    const { graph: _, nodes, ...kept } = recording;
    this.recording = { ...kept, nodes: nodes.filter(({ kind }) => kind !== 'constant') };
  }

  /** What its nodes compute, by their numbers in the graph. */
  origins(names: ReadonlyMap<string, string>): ReadonlyMap<number, NodeOrigin> {
    return originsOf(this.recording.nodes, names);
  }

  /** Nodes of the graph, as recorded. */
  get nodeCount(): number {
    return this.recording.nodes.length;
  }

  get shapes(): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries(this.recording.outputs.map(({ name, value }) => [name, value.shape]));
  }

  /**
   * Runs off the main thread. Until the promise settles neither feeds nor variables may be disposed of or written to;
   * calls that overlap are run one after the other.
   */
  run(feeds: Feeds): Promise<Outputs> {
    const run = lastRun.then(() => this.runNow(feeds));
    lastRun = run.then(
      () => {},
      () => {},
    );
    return run;
  }

  private async runNow(feeds: Feeds): Promise<Outputs> {
    const ids = this.prepare(feeds);
    const count = this.recording.outputs.length + this.recording.updates.length;
    try {
      const start = performance.now();
      const results = await this.binding.runFunction(this.name, ids, count, this.compiler === 'xla');
      this.milliseconds += performance.now() - start;
      return this.finish(results);
    } catch (error) {
      throw this.explain(error as Error);
    }
  }

  /** Lets go of the function, once a run that is under way has ended. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    lastRun = lastRun.then(() => this.binding.removeFunction(this.name));
  }

  private get binding() {
    return this.engine.backend.binding;
  }

  private prepare(feeds: Feeds): Int32Array {
    if (this.disposed) throw new Error('the compiled step was disposed of');
    const { backend } = this.engine;
    const tensors = this.recording.feeds.map(({ name, value }) => {
      const tensor = feeds[name];
      checkFeed(name, tensor, value.shape, value.dtype, tensor && backend.tensorMap.get(tensor.dataId).dtype);
      return tensor!;
    });
    const unknown = Object.keys(feeds).find((name) => this.recording.feeds.every((feed) => feed.name !== name));
    if (unknown !== undefined) {
      const names = this.recording.feeds.map(({ name }) => name).join(', ');
      throw new Error(`feed ${unknown} is not one that the step was recorded with; it has ${names}`);
    }
    for (const position of this.recording.written) makeExclusive(this.engine, this.variables[position]!);
    return Int32Array.from([...tensors, ...this.variables], (tensor: Tensor) => tensorId(backend, tensor));
  }

  private finish(ids: Int32Array): Outputs {
    const { outputs, updates } = this.recording;
    for (const [i, { variable }] of updates.entries()) {
      rebind(this.engine, this.variables[variable]!, ids[outputs.length + i]!);
    }
    return Object.fromEntries(
      outputs.map(({ name, value: { dtype, shape } }, i) => [
        name,
        this.engine.backend.createOutputTensor({ id: ids[i]!, dtype, shape: [...shape] }),
      ]),
    );
  }

  /** TensorFlow names a failing node by our number for it; say which op of which line that is. */
  private explain(error: Error): Error {
    const number = /\{\{node n(\d+)/.exec(error.message)?.[1];
    const node = this.recording.nodes.find(({ graphNode }) => graphNode === Number(number));
    if (node?.kind !== 'operation') return this.compiler === 'xla' ? outsideOfNodes(error) : error;
    const text = error.message.replace(/\{\{function_node .*?\}\} ?|\s*\[\[.*?\]\]/g, '');
    return new Error(`${node.op} at ${placeOf(node.trace)}: ${text}`, { cause: error });
  }
}

/** What XLA cannot keep, or read again, fails the step. */
const outsideOfNodes = (error: Error): Error =>
  new Error(`XLA: ${error.message} (it keeps compiled steps in ${xlaCacheFolder()}, which may be removed)`, {
    cause: error,
  });

function checkFeed(
  name: string,
  tensor: Tensor | undefined,
  shape: readonly number[],
  dtype: number,
  given: number | undefined,
): void {
  if (!tensor) throw new Error(`feed ${name} is missing; the step was recorded with it`);
  if (`${tensor.shape}` !== `${shape}`) {
    throw new Error(
      `feed ${name} has shape [${tensor.shape}]; the step was recorded with [${shape}]: prepare another step for this one`,
    );
  }
  if (given !== dtype) throw new Error(`feed ${name} has type ${tensor.dtype}; the step was recorded with another`);
}
