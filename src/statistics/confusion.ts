import type { NamedClasses } from './named-classes.js';

/**
 * How often each class is taken for each, as shares of the class's pictures: row by row, `classes` x `classes`, right ones on
 * the diagonal. A class without pictures has zeros.
 */
export function confusionOf({ classes, label, predicted }: NamedClasses): Float64Array {
  const shares = new Float64Array(classes * classes);
  const pictures = new Float64Array(classes);
  for (let at = 0; at < label.length; at++) {
    if (predicted[at] === classes) continue;
    (pictures[label[at] as number] as number)++;
    (shares[(label[at] as number) * classes + (predicted[at] as number)] as number)++;
  }
  return shares.map((count, at) => count / Math.max(1, pictures[Math.floor(at / classes)] as number));
}

/** Mean of some networks' confusions. */
export function meanConfusion(networks: readonly NamedClasses[]): Float64Array {
  const all = networks.map(confusionOf);
  return Float64Array.from(
    all[0] ?? [],
    (_, at) => all.reduce((sum, one) => sum + (one[at] as number), 0) / all.length,
  );
}
