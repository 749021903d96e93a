import { budgetWords } from '../../experiment/budget-words.js';
import { protocolNotices } from '../protocol.js';
import type { Study } from '../study.js';
import { chanceNotices } from './chance.js';
import { choiceNotices } from './choices.js';
import { judgementNotices } from './judgement.js';
import { mixtureNotices } from './mixtures.js';
import { type Notice, note, warning } from './notice.js';
import { rateNotices } from './rates.js';
import { recordNotices } from './records.js';
import { speedNotices } from './speeds.js';

/** All that is missing, failed, mixed or too little, most serious first. */
export function noticesOf(study: Study): Notice[] {
  const notices = [
    ...chanceNotices(study),
    ...recordNotices(study),
    ...mixtureNotices(study),
    ...protocolNotices(study.rows, study.plan.tuning !== undefined).map(({ serious, text }) =>
      serious ? warning(text) : note(text),
    ),
    ...budgetWords(study.plan).map(note),
    ...choiceNotices(study),
    ...rateNotices(study),
    ...speedNotices(study),
    ...judgementNotices(study),
  ];
  return notices.sort((a, b) => Number(b.level === 'warning') - Number(a.level === 'warning'));
}
