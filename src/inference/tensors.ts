import { openSafetensors, WeightsError } from '../weights/safetensors.js';

/** Pictures and, if the file has them, labels. */
export interface PredictInput {
  /** `[N, H, W, 3]`, row-major. */
  readonly pictures: Float32Array;
  readonly count: number;
  readonly side: readonly [number, number];
  /** `[N, classes]`. */
  readonly targets: Float32Array | null;
}

const pictureNames = ['input', 'images', 'pixel_values', 'x'];
const labelNames = ['labels', 'label', 'targets', 'target', 'y'];

/**
 * Reads what `ablate predict` is given: a tensor `input` (or `images`, `pixel_values`, `x`) of `[N, 3, H, W]` as PyTorch
 * has it or `[N, H, W, 3]`, normalised already; and optionally `labels` (or `label`, `targets`, `target`, `y`): class
 * numbers `[N]` or probabilities `[N, classes]`. Throws a `WeightsError` that says what was expected.
 */
export async function readPredictInput(path: string, classes: number): Promise<PredictInput> {
  const file = await openSafetensors(path);
  try {
    const pick = (names: readonly string[]) => names.find((name) => file.entries.has(name));
    const only = file.entries.size === 1 ? [...file.entries.keys()][0] : undefined;
    const name = pick(pictureNames) ?? only;
    const shape = name === undefined ? undefined : file.entries.get(name)?.shape;
    const first = shape?.length === 4 && shape[1] === 3;
    if (name === undefined || shape?.length !== 4 || (!first && shape[3] !== 3)) {
      const found = [...file.entries.values()].map((entry) => `${entry.name} [${entry.shape.join(', ')}]`).join(', ');
      throw new WeightsError(`${path}: expected a tensor "input" of [N, 3, H, W] or [N, H, W, 3], found ${found}`);
    }
    const [count, height, width] = (first ? [shape[0], shape[2], shape[3]] : shape) as [number, number, number];
    const values = await file.readFloat32(name);
    const pictures = first ? channelsLast(values, count, height * width) : values;
    const labels = pick(labelNames);
    const targets = labels === undefined ? null : await readTargets(labels);
    return { pictures, count, side: [height, width], targets };

    async function readTargets(label: string): Promise<Float32Array> {
      const own = file.entries.get(label)?.shape ?? [];
      if (own.length === 2 && own[0] === count && own[1] === classes) return file.readFloat32(label);
      if (own.length !== 1 || own[0] !== count) {
        throw new WeightsError(
          `${path}: expected "${label}" of [${count}] or [${count}, ${classes}], found [${own.join(', ')}]`,
        );
      }
      const targets = new Float32Array(count * classes);
      for (const [at, index] of (await file.readNumbers(label)).entries()) {
        if (!(Number.isInteger(index) && index >= 0 && index < classes)) {
          throw new WeightsError(`${path}: label ${at} is ${index}, expected 0 to ${classes - 1}`);
        }
        targets[at * classes + index] = 1;
      }
      return targets;
    }
  } finally {
    await file.close();
  }
}

/** `[N, 3, P]` to `[N, P, 3]`. */
function channelsLast(values: Float32Array, count: number, positions: number): Float32Array {
  const moved = new Float32Array(values.length);
  for (let picture = 0; picture < count; picture++) {
    const base = picture * positions * 3;
    for (let channel = 0; channel < 3; channel++) {
      for (let at = 0; at < positions; at++) {
        moved[base + at * 3 + channel] = values[base + channel * positions + at] as number;
      }
    }
  }
  return moved;
}
