import type { ConvNetwork } from '../architecture/network.js';
import { applyStep, missingRequirement, RoadError } from './catalogue.js';
import type { RoadEntry, StepVariant } from './road.js';

/** A place on a road: the network that the steps so far have made. Every network is made once, however many go over it. */
export interface Place {
  readonly network: ConvNetwork;
  /** The place behind a further step. Throws a `RoadError` naming the step where it fails or lacks what it needs. */
  follow(entry: RoadEntry, choice?: StepVariant): Place;
  /** Whether the network has what a step needs. */
  admits(entry: RoadEntry): boolean;
}

/** Where all roads from a network start. */
export function startAt(network: ConvNetwork): Place {
  const behind = new Map<StepVariant, Place>();
  return {
    network,
    admits: ({ step }) => missingRequirement(step, network) === null,
    follow({ step, adopted }, choice = adopted) {
      const known = behind.get(choice);
      if (known) return known;
      const missing = missingRequirement(step, network);
      if (missing) throw new RoadError(missing, step.id);
      const made = startAt(applyStep(step, network, choice.options));
      behind.set(choice, made);
      return made;
    },
  };
}
