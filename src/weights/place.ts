import type { Model } from '../architecture/model.js';
import type { ParameterSpec } from '../layers/layer.js';
import { foreignShape, fromForeign, type Layout, toForeign, torchLayout } from './layout.js';
import { type RuleSet, rename, spread } from './naming/rule.js';

/** A tensor of another tool's file, by its name and shape there. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Where a parameter lies in another tool's file: in one tensor, or in several joined along the first axis. */
export interface Place {
  readonly spec: ParameterSpec;
  readonly layout: Layout;
  readonly tensors: readonly NamedShape[];
}

/** Where a parameter lies by a tool's rules. */
export function placeOf(spec: ParameterSpec, { rules }: RuleSet): Place {
  const { name, layout } = rename(spec.name, torchLayout(spec), rules);
  const names = spread(name);
  const [first = 1, ...others] = foreignShape(spec.shape, layout);
  const shape = names.length === 1 ? foreignShape(spec.shape, layout) : [first / names.length, ...others];
  return { spec, layout, tensors: names.map((each) => ({ name: each, shape })) };
}

export const placesOf = (model: Model, rules: RuleSet): Place[] => model.parameters.map((spec) => placeOf(spec, rules));

/** A parameter's values out of those of its tensors. */
export function fromTensors({ spec, layout }: Place, values: readonly Float32Array[]): Float32Array {
  const [only] = values;
  if (values.length === 1) return fromForeign(only as Float32Array, spec.shape, layout);
  const joined = new Float32Array(values.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of values) {
    joined.set(part, at);
    at += part.length;
  }
  return fromForeign(joined, spec.shape, layout);
}

/** The values of each of a parameter's tensors. */
export function toTensors({ spec, layout, tensors }: Place, values: Float32Array): readonly Float32Array[] {
  const whole = toForeign(values, spec.shape, layout);
  const length = whole.length / tensors.length;
  return tensors.map((_, at) => (tensors.length === 1 ? whole : whole.slice(at * length, (at + 1) * length)));
}
