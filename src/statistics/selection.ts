/**
 * The value of a rank from 0, the smallest, as sorting would find it: by quickselect (Hoare 1961), in the time of a few
 * passes. Reorders `values`: what is smaller comes before that place, what is larger after it.
 */
export function ranked(values: Float64Array, rank: number): number {
  let [first, last] = [0, values.length - 1];
  while (first < last) {
    const pivot = middleOf(values[first] as number, values[(first + last) >> 1] as number, values[last] as number);
    let [low, high] = [first, last];
    while (low <= high) {
      while ((values[low] as number) < pivot) low++;
      while ((values[high] as number) > pivot) high--;
      if (low > high) break;
      const moved = values[low] as number;
      values[low++] = values[high] as number;
      values[high--] = moved;
    }
    if (rank <= high) last = high;
    else if (rank >= low) first = low;
    else break;
  }
  return values[rank] as number;
}

const middleOf = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Linear interpolation between order statistics (numpy's default). Reorders `values`. */
export function quantile(values: Float64Array, probability: number): number {
  const place = probability * (values.length - 1);
  const low = Math.floor(place);
  const below = ranked(values, low);
  if (low + 1 >= values.length) return below;
  let above = Number.POSITIVE_INFINITY;
  for (let at = low + 1; at < values.length; at++) above = Math.min(above, values[at] as number);
  return below + (place - low) * (above - below);
}
