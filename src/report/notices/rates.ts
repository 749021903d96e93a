import { factorOf } from '../../config/tune.js';
import type { Study } from '../study.js';
import { type Notice, note, shortened } from './notice.js';

/** Of tuned learning rates: for which networks the best of those that were tried is the last on its side. */
export function rateNotices({ plan: { tuning } }: Study): Notice[] {
  if (!tuning) return [];
  const factors = [...new Set(tuning.trials.map(({ factor }) => factor))].sort((a, b) => factorOf(a) - factorOf(b));
  const { chosen } = tuning;
  return ([factors[0], factors.at(-1)] as const).flatMap((end, side) => {
    const there = chosen.filter(({ factor }) => factor === end).map(({ variant }) => variant);
    if (end === undefined || there.length === 0) return [];
    const [name, further] = side === 0 ? ['lowest', 'lower'] : ['highest', 'higher'];
    return [
      note(
        `The ${name} learning rate that was tried (${end}) was the best for ${there.length} of ${chosen.length} networks (${shortened(there)}): they may do better by a ${further} one, and their Δ with it; a wider \`tune.learning_rate\` would tell.`,
      ),
    ];
  });
}
