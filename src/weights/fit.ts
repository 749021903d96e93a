import { unreadable } from './dtype.js';
import { shown, WeightsError } from './error.js';
import { ignorable } from './extras.js';
import type { TensorEntry } from './header.js';
import type { NamedShape, Place } from './place.js';
import { canResize } from './position-bias.js';
import { type Reading, sameShape } from './reading.js';

/** What a file may differ in: parameters it lacks, tensors it has beside, tensors of another shape. */
export type Allowance = 'missing' | 'extra' | 'size';
export const allowances = ['missing', 'extra', 'size'] as const satisfies readonly Allowance[];

/** A parameter and the file's tensors for it, in order. */
export interface Source {
  readonly place: Place;
  readonly entries: readonly TensorEntry[];
}

/** What a reading of a file gives a network. */
export interface Fit {
  /** Parameters that are read as they are. */
  readonly exact: readonly Source[];
  /** Tables of position biases of another window, to be interpolated. */
  readonly resized: readonly Source[];
  /** Parameters without a tensor in the file. */
  readonly missing: readonly Place[];
  /** Parameters whose tensor has another shape. */
  readonly size: readonly Source[];
  /** Tensors without a parameter here. */
  readonly extra: readonly TensorEntry[];
}

/** Sorts a network's parameters and a file's tensors by what they are to each other. */
export function fitOf({ places, view }: Reading, resize: boolean): Fit {
  const exact: Source[] = [];
  const resized: Source[] = [];
  const size: Source[] = [];
  const missing: Place[] = [];
  const used = new Set<TensorEntry>();
  for (const place of places) {
    const found = place.tensors.map(({ name }) => view.entries.get(name));
    for (const entry of found) if (entry) used.add(entry);
    const entries = found.filter((entry) => entry !== undefined);
    const source = { place, entries };
    if (entries.length < found.length) missing.push(place);
    else if (place.tensors.every((tensor, at) => sameShape(tensor, entries[at] as TensorEntry))) exact.push(source);
    else if (resize && canResize(place, entries)) resized.push(source);
    else size.push(source);
  }
  const extra = [...view.entries]
    .filter(([name, entry]) => !used.has(entry) && !ignorable.test(name))
    .map(([, entry]) => entry);
  return { exact, resized, missing, size, extra };
}

/** Refuses values that no float32 can be made of, before anything is loaded. */
export function checkTypes(path: string, { exact, resized }: Fit): void {
  for (const { entries } of [...exact, ...resized]) {
    for (const { name, dtype } of entries) {
      const why = unreadable(dtype);
      if (why) throw new WeightsError(`${path}: the tensor "${shown(name)}" is ${dtype}: ${why}`);
    }
  }
}

const shapeText = (shape: readonly number[]): string => shown(shape);

/** A tensor of another shape by the file's name for it. */
export const sizeText = ({ place, entries }: Source): string =>
  place.tensors
    .flatMap((tensor, at) => {
      const entry = entries[at] as TensorEntry;
      if (sameShape(tensor, entry)) return [];
      return [`${shown(entry.name)}: ${shapeText(entry.shape)} in the file, ${shapeText(tensor.shape)} in the network`];
    })
    .join('; ');

/** Tensors in a few lines: those whose names differ in numbers only are one. */
export function grouped(tensors: readonly NamedShape[], most: number): string[] {
  const groups = new Map<string, NamedShape[]>();
  for (const tensor of tensors) {
    const pattern = tensor.name.replace(/\d+/g, '#');
    const group = groups.get(pattern) ?? [];
    group.push(tensor);
    groups.set(pattern, group);
  }
  const lines = [...groups.values()].map(groupText);
  const left = lines.length - most;
  return left > 0 ? [...lines.slice(0, most), `... and ${left} more ${left === 1 ? 'kind' : 'kinds'}`] : lines;
}

function groupText(group: readonly NamedShape[]): string {
  const [first] = group as [NamedShape];
  if (group.length === 1) return `${shown(first.name)} ${shapeText(first.shape)}`;
  const numbers = group.map(({ name }) => (name.match(/\d+/g) ?? []).map(Number));
  let at = 0;
  const name = first.name.replace(/\d+/g, () => {
    const values = numbers.map((each) => each[at] as number);
    at++;
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    return low === high ? String(low) : `{${low}-${high}}`;
  });
  const shape = group.every(({ shape }) => shape.join() === first.shape.join()) ? ` ${shapeText(first.shape)}` : '';
  return `${shown(name)}${shape} (${group.length})`;
}
