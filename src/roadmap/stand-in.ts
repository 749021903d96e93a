import { z } from 'zod';
import type { Step } from './step.js';

/**
 * Stands on a road for a step of a plug-in whose code is not run: it takes any options, and what it makes of a network or a
 * recipe is not known. Networks behind it have names and nothing else.
 */
export const standIn = (id: string): Step => ({
  id,
  title: id,
  section: null,
  group: null,
  claim: '',
  requires: {},
  options: z.unknown(),
  main: 'value',
  measured: null,
  definedAt: null,
  apply: () => {
    throw new Error(`the step ${id} of a plug-in was left out`);
  },
  leftOut: true,
});
