import type { Study } from '../study.js';
import { accuracyCurves, lossCurves } from './curves.js';
import { deltasFigure } from './deltas.js';
import { effectsFigure } from './effects.js';
import { gridFigure } from './grid.js';
import { interactionsFigure } from './interactions.js';
import type { Figure } from './render.js';
import { roadmapFigure } from './roadmap.js';
import { shapleyFigure } from './shapley.js';
import { tradeoffFigures } from './tradeoff.js';

/** The report's pictures in its order. Those with nothing to show yet are left out; the roadmap always stands. */
export function figuresOf(study: Study): Figure[] {
  const measured = study.rows.some(({ top1 }) => top1 !== null);
  const compared = study.rows.some(({ delta }) => delta !== null);
  const effects = effectsFigure(study);
  return [
    roadmapFigure(study),
    ...(compared ? [deltasFigure(study)] : []),
    ...[shapleyFigure(study), gridFigure(study), effects, interactionsFigure(study)].filter(
      (figure) => figure !== null,
    ),
    ...(measured ? tradeoffFigures(study) : []),
    ...[accuracyCurves(study), lossCurves(study)].filter((figure) => figure !== null),
  ];
}
