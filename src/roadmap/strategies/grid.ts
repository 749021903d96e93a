import type { GridArrangement, GridAxis } from '../arrangement.js';
import { RoadError } from '../catalogue.js';
import { mostVariants } from '../combinations.js';
import type { RoadEntry, StepVariant } from '../entry.js';
import { isLacking, type Toggles } from '../toggles.js';
import { fromToggles, type Variant } from '../variant.js';

/**
 * Two sweeps crossed: a network for each pair of their values, on top of everything else on the road. Each is set against
 * the network of the two values that are adopted.
 */
export function grid(parts: Toggles, base: Variant): { variants: Variant[]; arrangement: GridArrangement } {
  const { chosen } = parts;
  const plain = chosen.find(({ variants }) => variants.length < 2);
  if (plain)
    throw new RoadError(
      `a grid crosses two sweeps, and ${plain.name} has one value; write { sweep: [...], adopt: ... }`,
      plain.name,
    );
  const [down, across] = chosen as [RoadEntry, RoadEntry];
  if (chosen.length !== 2)
    throw new RoadError(
      `a grid crosses two sweeps, and the road has ${chosen.length}; name the two entries under \`steps\``,
    );
  if (down.variants.length * across.variants.length > mostVariants)
    throw new RoadError(
      `a grid of ${down.variants.length} by ${across.variants.length} has more than ${mostVariants} networks`,
    );
  const both = new Set([down, across]);
  const make = (row: StepVariant, column: StepVariant): Variant => {
    const choice = new Map([
      [down, row],
      [across, column],
    ]);
    const place = parts.at(both, choice);
    if (isLacking(place)) throw new RoadError(place.why, place.entry.name);
    return fromToggles(parts, both, place, base, {
      choice,
      adopted: row === down.adopted && column === across.adopted,
    });
  };
  const centre = make(down.adopted, across.adopted).name;
  const cells = down.variants.flatMap((row) =>
    across.variants.map((column) => {
      const network = make(row, column);
      return { row, column, network: { ...network, parent: network.name === centre ? null : centre } };
    }),
  );
  return {
    variants: cells.map(({ network }) => network),
    arrangement: {
      kind: 'grid',
      across: axis(across),
      down: axis(down),
      cells: cells.map(({ row, column, network }) => ({ network: network.name, down: row.name, across: column.name })),
    },
  };
}

/** What all values' titles begin with is said once. */
function axis({ name, title, variants }: RoadEntry): GridAxis {
  const label = (text: string) => (text.startsWith(`${title} `) ? text.slice(title.length + 1) : text);
  return { step: name, title, values: variants.map((one) => ({ name: one.name, label: label(one.title) })) };
}
