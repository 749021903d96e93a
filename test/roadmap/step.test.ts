import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildModel } from '../../src/architecture/build.js';
import { networkProblems } from '../../src/architecture/check-network.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import { networkHash } from '../../src/records/hash.js';
import { LayerError } from '../../src/layers/layer.js';
import { applySteps, createCatalogue, RoadError } from '../../src/roadmap/catalogue.js';
import { defineStep, type Step, type StepDefinition } from '../../src/roadmap/step.js';

const sloppy = createRequire(import.meta.url)('../fixtures/plugins/sloppy.cjs') as Record<string, () => unknown>;
const base = namedNetwork('resnet-50') as ConvNetwork;
// biome-ignore lint/suspicious/noExplicitAny: what plug-ins in JavaScript are given
type Loose = any;
const stepOf = (apply: (network: never, options: never) => unknown, more: object = {}) =>
  defineStep({ id: 'mine', title: 't', claim: 'c', apply, ...more } as StepDefinition<never>) as Step;
const applied = (step: Step, options = {}, network = base) =>
  applySteps(network, [{ id: 'mine', options }], createCatalogue([step]));
const said = (run: () => unknown): string => {
  try {
    run();
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(RoadError);
    return (error as Error).message;
  }
};

describe('a step that writes into what it is given', () => {
  const before = JSON.stringify(base);
  it.each<[string, (network: Loose, options: Loose) => unknown]>([
    ['a field', (n) => Object.assign(n, { norm: 'layer-norm' })],
    ['a field of its block', (n) => Object.assign(n.block, { kernel: 9 })],
    ['a stage', (n) => n.depths.fill(9)],
    ['a further stage', (n) => n.widths.push(1024)],
    ['a slot', (n) => n.block.slots.branchEnd.push(() => null)],
    ['a field that is gone', (n) => Reflect.ownKeys(n).map((name) => delete n[name])],
    ['a field of its own', (n) => Object.defineProperty(n, 'mine', { value: 1 })],
    ['a copy that shares its block', (n) => Object.assign({ ...n }.block, { bias: true })],
    ['its options', (_, o) => Object.assign(o, { kernel: 9 })],
  ])('%s: is told, and nothing has changed', (_, apply) => {
    expect(said(() => applied(stepOf(apply), { kernel: 5 }))).toMatch(
      /^the step mine \(.*step\.test\.ts:\d+\) changes the network that it is given/,
    );
    expect(JSON.stringify(namedNetwork('resnet-50'))).toBe(before);
  });
});

describe('a step without strict mode', () => {
  it.each<[string, string]>([
    ['field', 'norm'],
    ['nested', 'block.kernel'],
    ['element', 'depths.0'],
    ['further', 'mine'],
    ['gone', 'block.bias'],
    ['option', 'kernel'],
  ])('that writes (%s) is told where', (name, path) => {
    const message = said(() => applied(stepOf(sloppy[name] as never), { kernel: 5 }));
    expect(message).toMatch(/changes the network that it is given, .*such as \{ \.\.\.network/);
    expect(message).toContain(`(it writes ${path}, which does nothing without strict mode)`);
  });

  it('that returns a copy is as good as any other', () => {
    expect(applied(stepOf(sloppy['copy'] as never), { kernel: 5 }).block.kernel).toBe(5);
  });
});

describe('a step whose network means nothing', () => {
  const block = (change: object) => (n: ConvNetwork) => ({ ...n, block: { ...n.block, ...change } });
  it.each<[string, (network: ConvNetwork) => unknown, string]>([
    ['an even kernel', block({ kernel: 4 }), 'block.kernel: expected an odd whole number'],
    ['a kernel of 1.5', block({ kernel: 1.5 }), 'found 1.5'],
    ['no kernel', block({ kernel: undefined }), 'block.kernel: expected an odd whole number'],
    ['a depth of 1.5', (n) => ({ ...n, depths: [1.5, 4, 6, 3] }), 'depths: expected a list'],
    ["a depth of '2'", (n) => ({ ...n, depths: ['2', 4, 6, 3] }), 'found ["2", 4, 6, 3]'],
    ['a hole in the depths', (n) => ({ ...n, depths: Object.assign([3, 4, 6, 3], { length: 5 }) }), 'depths: expected'],
    ['a negative width', (n) => ({ ...n, widths: [-64, 128, 256, 512] }), 'widths: expected'],
    ['a width that is no number', (n) => ({ ...n, widths: [Number.NaN, 128, 256, 512] }), 'NaN'],
    ['an endless width', (n) => ({ ...n, widths: [64, 128, 256, Number.POSITIVE_INFINITY] }), 'Infinity'],
    [
      'three widths for four stages',
      (n) => ({ ...n, widths: [64, 128, 256] }),
      'widths: expected one for each of the 4',
    ],
    ['a width scale of 0', (n) => ({ ...n, widthScale: 0 }), 'widthScale: expected'],
    ['half a group', block({ groups: 0.5 }), 'block.groups: expected "depthwise" or a whole number'],
    ['an unknown activation', block({ activation: 'swish' }), 'block.activation: expected one of "relu", "gelu"'],
    ['an unknown field', block({ kernal: 5 }), 'block.kernal: there is no such field'],
    ['a misspelt norm', (n) => ({ ...n, norm: 'layernorm' }), 'norm: expected one of'],
    ['text for yes', (n) => ({ ...n, stemNorm: 'yes' }), 'stemNorm: expected true or false'],
    ['a layer scale of text', block({ layerScale: '1e-6' }), 'block.layerScale: expected null or a finite number'],
    ['a slot that is no function', block({ slots: { ...base.block.slots, branchEnd: [1] } }), 'block.slots.branchEnd'],
    ['a half downsampling', (n) => ({ ...n, downsampling: { kind: 'separate' } }), 'downsampling.norm: expected'],
    ['an odd stride of a stem that shares it', (n) => ({ ...n, stemStride: 3 }), 'stemStride: expected 1 or an even'],
    ['other classes', (n) => ({ ...n, classes: 7 }), 'classes: a step cannot change it from 1000 to 7'],
    ['nothing', () => undefined, 'expected a network, found nothing'],
    ['a promise', async (n) => n, 'found a promise (apply must not be async)'],
    ['a rewrite that is no function', (n) => ({ ...n, rewrites: ['tree'] }), 'rewrites: expected a list'],
  ])('%s', (_, apply, sentence) => {
    const message = said(() => applied(stepOf(apply as never)));
    expect(message).toContain('the step mine');
    expect(message).toContain(sentence);
  });

  it('is refused where it is built, too', () => {
    const even = { ...base, block: { ...base.block, kernel: 4 } };
    expect(() => buildModel(even)).toThrow(LayerError);
    expect(() => buildModel({ ...base, rewrites: [() => undefined as never] })).toThrow(LayerError);
    expect(() => buildModel({ ...base, block: { ...base.block, bottleneckRatio: 1.3 } })).toThrow(/whole number/);
  });

  it('of all kinds: any field with any value is right, or named', () => {
    const paths = (value: object, above: string[] = []): string[][] =>
      Object.entries(value).flatMap(([name, part]) => {
        const path = [...above, name];
        const inside = part !== null && typeof part === 'object' && !Array.isArray(part) ? paths(part, path) : [];
        return [path, ...inside];
      });
    const changed = (value: Loose, [name, ...rest]: readonly string[], to: unknown): unknown => ({
      ...value,
      [name as string]: rest.length > 0 ? changed(value[name as string], rest, to) : to,
    });
    const anything = fc.oneof(
      fc.anything({ maxDepth: 2 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 0.5, '2', 1e308, null, undefined, [], {}),
      fc.integer({ min: -3, max: 9 }),
    );
    fc.assert(
      fc.property(fc.constantFrom('resnet-50', 'convnext-tiny', 'swin-tiny'), fc.nat(), anything, (name, at, to) => {
        const network = namedNetwork(name, { resolution: 64, widthScale: 1 / 8 }) as object;
        const all = paths(network);
        const path = all[at % all.length] as string[];
        const made = changed(network, path, to);
        const problems = networkProblems(made);
        if (problems.length > 0) {
          // An other family has other fields; all else is named by its path.
          if (path[0] !== 'family') expect(problems.join('; ')).toContain(path.slice(0, 1).join('.'));
          return;
        }
        try {
          const { parameters } = buildModel(made as never);
          expect(parameters.every(({ shape }) => shape.every((side) => Number.isSafeInteger(side) && side > 0))).toBe(
            true,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(LayerError);
        }
      }),
      { numRuns: 400, interruptAfterTimeLimit: 8000 },
    );
  });
});

describe('a step that fails', () => {
  it.each<[string, () => never, string]>([
    [
      'by an error',
      () => {
        throw new Error('out of cheese\nmore');
      },
      'fails: out of cheese',
    ],
    [
      'by a value',
      () => {
        throw 'cheese';
      },
      'fails: cheese',
    ],
    ['by a slip', () => (undefined as Loose).block, 'fails: Cannot read properties of undefined'],
  ])('%s: is named with its line', (_, apply, sentence) => {
    const message = said(() => applied(stepOf(apply)));
    expect(message).toContain(sentence);
    expect(message).not.toContain('more');
  });
  it('while it looks at what it needs', () => {
    const requires = { gelu: { has: (n: Loose) => n.no.such, why: 'w' } };
    expect(said(() => applied(stepOf((n) => n, { requires })))).toMatch(/the step mine .*fails: Cannot read/);
  });
});

describe('what a step needs is a property of the network', () => {
  const walk = (name: string, ids: string[]) =>
    applySteps(
      namedNetwork(name) as ConvNetwork,
      ids.map((id) => ({ id, options: createCatalogue().get(id)?.options.parse({}) as object as never })),
      createCatalogue(),
    );
  it.each([
    ['convnext-tiny', ['fewer-norms']],
    ['convnext-tiny', ['fewer-activations']],
    ['convnext-tiny', ['separate-downsampling']],
    ['resnext-50-32x4d', ['inverted-bottleneck', 'move-up-depthwise']],
  ])('%s has it for %j', (name, ids) => expect(() => walk(name, ids)).not.toThrow());
  it.each([
    ['resnet-50', ['fewer-norms'], 'fewer-norms needs move-up-depthwise before it'],
    ['resnet-50', ['inverted-bottleneck', 'move-up-depthwise'], 'move-up-depthwise needs depthwise-conv before it'],
    ['convnext-tiny', ['inverted-bottleneck', 'fewer-norms'], 'fewer-norms needs move-up-depthwise before it'],
  ])('%s has not for %j', (name, ids, sentence) => expect(said(() => walk(name, ids))).toContain(sentence));
});

describe('what is no step', () => {
  const whole = { ...stepOf((n) => n) };
  it.each<[string, object, string]>([
    ['an id that leads outside', { id: '../out' }, 'its id must be lower-case words'],
    ['an id of 300 letters', { id: 'a'.repeat(300) }, 'at most 60 characters'],
    ['an id that is no text', { id: 7 }, 'its id must be'],
    ['no claim', { claim: '' }, 'its claim must be text'],
    ['options that are no schema', { options: { kernel: 3 } }, 'its options must be a zod object'],
    ['a main option that it has not', { main: 'kernel' }, 'its main option must be one of its options'],
    ['a need that is only a sentence', { requires: { gelu: 'why' } }, 'a property of the network'],
    ['an apply that is none', { apply: 3 }, 'its apply must be a function'],
  ])('%s', (_, change, sentence) => {
    expect(() => createCatalogue([{ ...whole, ...change } as Step])).toThrow(sentence);
  });
});

describe('the digest of a network', () => {
  const digest = (network: ConvNetwork) => networkHash(buildModel(network));
  const tiny = namedNetwork('convnext-tiny') as ConvNetwork;
  it('is one for two ways of writing it, another for any change', () => {
    expect(digest({ ...tiny, name: 'other', regime: 'resnet-200' })).toBe(digest(tiny));
    for (const change of [{ norm: 'batch-norm' }, { classes: 10 }, { resolution: 256 }, { stemNorm: false }] as const)
      expect(digest({ ...tiny, ...change })).not.toBe(digest(tiny));
  });
});

it('takes options by its schema only', () => {
  const step = stepOf((n) => n, { options: z.strictObject({ kernel: z.int().default(3) }), main: 'kernel' });
  expect(applied(step, { kernel: 3 })).toBe(base);
});
