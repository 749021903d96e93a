import { averagedNetworks } from './averages.js';
import { endsOf, pictureRows } from './by-picture.js';
import { labelOf } from './labels.js';
import { comparedWith, type Study } from './study.js';
import { averagesNotes, averagesTable } from './tables/averages.js';
import { classTable, confusionTable, pictureNotes, pictureTable } from './tables/by-picture.js';
import { choiceTable } from './tables/choices.js';
import type { Table } from './tables/table.js';
import { tuningNotes, tuningTable } from './tables/tuning.js';
import { tunedNetworks } from './tuning.js';

/** Figures of the section on cost, in its order. */
export const tradeoffs = ['accuracy-flops', 'accuracy-parameters', 'accuracy-speed', 'accuracy-memory'] as const;
export const frontNote =
  'The dashed line is the front: of the networks on it no other is both cheaper (or faster) and more accurate, by their means. Where neighbours on it differ by less than their spread, other seeds may well change its course.';

/** A section of tables with what they say, the same on the page and in Markdown. */
export interface TableSection {
  readonly id: string;
  readonly title: string;
  readonly parts: readonly { readonly caption: string; readonly table: Table; readonly notes: readonly string[] }[];
}

/** Of choices, learning rates, averages and pictures, where the records have them. */
export function tableSections(study: Study): TableSection[] {
  const { rows, plan, records, whole, family } = study;
  const against = comparedWith(plan);
  const rates = tuningTable(tunedNetworks(rows, plan, records.trials));
  const pictures = pictureTable(pictureRows(rows), against);
  const ends = whole && endsOf(whole.start, whole.end);
  const confusions = ends && confusionTable(ends);
  const names = whole && `${labelOf(whole.start)} and ${labelOf(whole.end)}`;
  const parts = [
    ...(pictures
      ? [{ caption: 'Every network picture by picture', table: pictures, notes: pictureNotes(against) }]
      : []),
    ...(ends && ends.classes.length > 0
      ? [
          {
            caption: `Accuracy by class at the road's two ends, ${names}`,
            table: classTable(ends),
            notes: [
              `Class by class at the road's two ends, ${names}: means over the seeds that both have, all classes judged together as the steps are.`,
            ],
          },
        ]
      : []),
    ...(confusions
      ? [
          {
            caption: `Confusions that changed most between ${names}`,
            table: confusions,
            notes: [
              'The confusions that changed most between the two ends, in percent of the class, means over seeds. They were picked for being the largest, so that chance has a part in them.',
            ],
          },
        ]
      : []),
  ];
  const averages = averagesTable(averagedNetworks(study), family.margin);
  const choices = choiceTable(rows, plan.choices ?? []);
  return [
    ...(choices
      ? [
          {
            id: 'choices',
            title: 'Values chosen by the runs',
            parts: [{ caption: 'What each value of a sweep gave, and which was chosen', table: choices, notes: [] }],
          },
        ]
      : []),
    ...(rates
      ? [
          {
            id: 'rates',
            title: 'Learning rates',
            parts: [
              {
                caption: 'What each learning rate gave on the held-out pictures',
                table: rates,
                notes: tuningNotes(records.trials, plan),
              },
            ],
          },
        ]
      : []),
    ...(averages
      ? [
          {
            id: 'averages',
            title: 'Moving averages of the weights',
            parts: [
              { caption: 'Every network beside the average of its weights', table: averages, notes: averagesNotes },
            ],
          },
        ]
      : []),
    ...(parts.length > 0 ? [{ id: 'pictures', title: 'Picture by picture', parts }] : []),
  ];
}
