import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stepBatch, writeStart } from '../../src/bench/same-start.js';
import { stepTask } from '../../src/bench/task.js';
import { modelOf, networkOf } from '../../src/experiment/network.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';
import { initialValues } from '../../src/training/initialise.js';
import { openSafetensors } from '../../src/weights/safetensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-start-'));
});
afterAll(() => rm(folder, { recursive: true }));

const catalogue = createCatalogue();
const taskOf = (base: string) => {
  const spec = { base, steps: [], resolution: 32, width: 1 / 8, stemStride: 2 as const, classes: 3 };
  const parts = { name: base, spec, plugins: [], network: networkOf(spec, catalogue), model: modelOf(spec, catalogue) };
  return { ...parts, task: stepTask(parts, { batch: 2, threads: 1, precision: 'float32' }) };
};

it('gives PyTorch the weights that our own step starts from, under the paths of the tree, and the same pictures', async () => {
  const { task, network, model } = taskOf('resnet-50');
  const path = join(folder, 'resnet.safetensors');
  await writeStart(path, task, network, model);
  const file = await openSafetensors(path);
  const name = 'stages.1.blocks.0.conv2.weight';
  const spec = model.parameters.find((one) => one.name === name);
  if (!spec) throw new Error(`no ${name} among ${model.parameters.map((one) => one.name).join(', ')}`);
  const [k, , inputs, outputs] = spec.shape as [number, number, number, number];
  const ours = initialValues(spec, 0);
  const theirs = await file.readFloat32(name);
  expect(file.entries.get(name)?.shape).toEqual([outputs, inputs, k, k]);
  // [out 3, in 5, row 2, column 1] of theirs is [row 2, column 1, in 5, out 3] of ours.
  expect(theirs[((3 * inputs + 5) * k + 2) * k + 1]).toBe(ours[((2 * k + 1) * inputs + 5) * outputs + 3]);
  expect(await file.readFloat32('images')).toEqual(stepBatch(task, model).images);
  expect([...file.entries.keys()].sort()).toEqual([...model.parameters.map((one) => one.name), 'images'].sort());
  await file.close();
});

it("names Swin's as timm does, whose module takes them", async () => {
  const { task, network, model } = taskOf('swin-t');
  const path = join(folder, 'swin.safetensors');
  await writeStart(path, task, network, model);
  const file = await openSafetensors(path);
  expect([...file.entries.keys()]).toContain('layers.0.blocks.0.attn.qkv.weight');
  await file.close();
});
