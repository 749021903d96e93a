/** An order in which steps were added, with the networks on its way: the start first, one more than steps. */
export interface Walk {
  readonly steps: readonly string[];
  readonly networks: readonly string[];
}

/** Networks by the steps that they have. */
export function setsOf(walks: readonly Walk[]): ReadonlyMap<string, string> {
  const sets = new Map<string, string>();
  for (const { steps, networks } of walks)
    for (const [at, name] of networks.entries()) sets.set(keyOf(steps.slice(0, at)), name);
  return sets;
}

export const keyOf = (steps: readonly string[]): string => JSON.stringify([...steps].sort());
