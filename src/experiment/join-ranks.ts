import { type Engine, EnvironmentError } from '../engine/engine.js';
import { type Group, GroupLost, type GroupOptions } from '../engine/group.js';

/** What has to be the same on all ranks, by the words that a difference is told in; those first that are behind others. */
export type Facts = Readonly<Record<string, string>>;

/** Bytes of what ranks tell each other of themselves. */
const room = 4096;

/**
 * Joins the other ranks of a run and compares what decides numbers.
 *
 * @throws EnvironmentError where the engine cannot, or where a rank has something other than rank 0, with its name.
 * @throws GroupLost where they do not come.
 */
export async function joinRanks(engine: Engine, options: GroupOptions, facts: Facts): Promise<Group> {
  const { hosts, comeWithin } = options;
  if (!engine.join) {
    const { engine: name, compiled, compiler = name } = engine.description;
    throw new EnvironmentError(
      `${hosts.length} ranks need the tensorflow engine with steps that it compiles itself; here they run on ${name}, ` +
        `${compiled ? `compiled by ${compiler}` : 'op by op'}.\nNext: ranks: 1`,
    );
  }
  const group = engine.join(options);
  const own = new Float32Array(room);
  const bytes = new TextEncoder().encode(JSON.stringify(facts));
  if (bytes.length > room) throw new Error(`a rank's facts take ${bytes.length} bytes, of ${room}`);
  own.set(bytes);
  const told = await group.exchange(own, comeWithin).catch((error: Error) => {
    throw error instanceof GroupLost
      ? new GroupLost(`not all of ${hosts.join(', ')} came within ${comeWithin} s: ${error.message}`, { cause: error })
      : error;
  });
  compareFacts(told.map(factsIn), hosts);
  group.watch();
  return group;
}

function factsIn(values: Float32Array): Facts {
  const bytes = Uint8Array.from(values.subarray(0, values.indexOf(0) < 0 ? values.length : values.indexOf(0)));
  return JSON.parse(new TextDecoder().decode(bytes)) as Facts;
}

/** Throws an `EnvironmentError` that names the first difference between a rank and rank 0. */
export function compareFacts(ranks: readonly Facts[], hosts: readonly string[]): void {
  const [first = {}, ...others] = ranks;
  for (const [at, other] of others.entries()) {
    for (const what of new Set([...Object.keys(first), ...Object.keys(other)])) {
      if (first[what] === other[what]) continue;
      throw new EnvironmentError(
        `Ranks differ in their ${what}: rank 0 (${hosts[0]}) has ${first[what]}, rank ${at + 1} (${hosts[at + 1]}) has ${other[what]}; ` +
          'their numbers would be those of neither.\nNext: the same on all ranks',
      );
    }
  }
}
