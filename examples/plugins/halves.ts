/** A strategy: each half of the road alone, then the whole road against the first half. */
import { defineStrategy } from '@ablate-studies/ablate';

export default defineStrategy({
  id: 'halves',
  about: 'Whether the first half of a road or the second carries it, and what the second adds to the first.',
  sets: (steps) => {
    const middle = Math.ceil(steps.length / 2);
    const [first, second] = [steps.slice(0, middle), steps.slice(middle)];
    return [{ steps: first }, { steps: second }, { steps, against: first }];
  },
});
