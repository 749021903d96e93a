import type { Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { type Group, GroupLost, type GroupOptions } from '../../group.js';
import { EnvironmentError } from '../../engine.js';
import { compileStep } from '../compile/compile.js';
import type { LoadedTensorflow } from '../load.js';
import { createCollectives } from './collectives.js';
import { serverDefinition, taskOf } from './server-definition.js';

/** TensorFlow's numbers for what a step ends by when another rank is gone: cancelled, too late, wrong incarnation, aborted, unavailable. */
const lostCodes: ReadonlySet<string> = new Set(['1', '4', '9', '10', '14']);

/** Seconds that who is done waits for the others before it leaves. */
const farewell = 60;

/**
 * Makes this process a rank of a cluster of TensorFlow's own, on the context that it has, with whatever tensors are in it.
 * Returns at once.
 *
 * @throws EnvironmentError where the rank's port is taken.
 */
export function joinGroup(loaded: LoadedTensorflow, options: GroupOptions): Group {
  const { hosts, rank, timeout, lostAfter, comeWithin } = options;
  const { backend, tf, threads } = loaded;
  const { binding } = backend;
  const size = hosts.length;
  try {
    binding.joinCluster(serverDefinition(hosts, rank, threads));
  } catch (error) {
    throw new EnvironmentError(
      `Rank ${rank} cannot listen at ${hosts[rank]}: ${(error as Error).message}.\nNext: another port, or end the process that has it`,
    );
  }
  const collectives = createCollectives(loaded, { rank, size, timeout });
  const others = hosts.flatMap((host, at) => (at === rank ? [] : [{ task: taskOf(at), name: `rank ${at} (${host})` }]));

  async function exchange(own: Float32Array, within = timeout): Promise<Float32Array[]> {
    const feeds = { own: tf.tensor1d(own) };
    const other = { own: tf.tensor1d(own.map((value) => value + 1)) };
    const step = compileStep(
      loaded,
      ({ own }) => ({ all: collectives.gather(own as Tensor1D, within) }),
      [],
      [feeds, other],
    );
    try {
      const { all } = await step.run(feeds);
      const values = (await all!.data()) as Float32Array;
      all!.dispose();
      return hosts.map((_, at) => values.slice(at * own.length, (at + 1) * own.length));
    } catch (error) {
      throw explain(error as Error);
    } finally {
      step.dispose();
      tf.dispose([feeds, other]);
    }
  }

  function explain(error: Error): Error {
    const { code, message } = rootOf(error);
    if (code === undefined || !lostCodes.has(code)) return error;
    return new GroupLost(`rank ${rank} lost the others: ${message.split('\n')[0]}`, { cause: error });
  }

  return {
    rank,
    size,
    sum: collectives.sum,
    gather: (own) => collectives.gather(own, timeout),
    exchange,
    explain,
    async broadcast(variables: readonly Variable[]) {
      const send = () => {
        for (const [at, variable] of variables.entries()) variable.assign(collectives.broadcast(variable, at));
        return {};
      };
      const step = compileStep(loaded, send, variables, [{}, {}]);
      try {
        await step.run({});
      } catch (error) {
        throw explain(error as Error);
      } finally {
        step.dispose();
      }
    },
    watch: () => {
      const period = Math.max(200, Math.min(2000, (1000 * lostAfter) / 4));
      binding.watchPeers(
        others.map(({ task }) => task),
        others.map(({ name }) => name),
        period,
        1000 * lostAfter,
      );
    },
    async leave() {
      binding.stopWatching();
      try {
        await exchange(Float32Array.of(rank), Math.min(farewell, comeWithin));
      } catch (error) {
        if (!(error instanceof GroupLost)) throw error;
      }
    },
  };
}

/** The error that the addon gave, with TensorFlow's number. */
function rootOf(error: Error): Error & { code?: string } {
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return root;
}
