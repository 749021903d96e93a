import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { layoutTable, openLayouts, placeOfTable } from '../../../scripts/layout-table.mjs';
import { openLayout } from '../../../scripts/open-layout.mjs';
import { withTable } from '../../../scripts/pixel-table.mjs';
import * as catalogue from '../../../src/data/catalogue.js';
import * as cifar from '../../../src/data/formats/cifar.js';
import * as format from '../../../src/data/formats/format.js';
import * as sources from '../../../src/data/formats/sources.js';
import { remarkText } from '../../../src/data/remarks.js';

type Pairs = readonly (readonly [number, number])[];

interface Opened {
  readonly about: string;
  readonly dataset: string;
  readonly train: Pairs | null;
  readonly test: Pairs | null;
  readonly refused: string | null;
  readonly remarks: readonly string[];
  readonly error?: string;
  readonly trainFound?: readonly { readonly label: number; readonly picture: readonly [number, number] }[];
  readonly testFound?: Opened['trainFound'];
  readonly said?: readonly string[];
}

let opened: Opened[] = [];
beforeAll(async () => {
  opened = await openLayouts(openLayout({ ...catalogue, ...cifar, ...format, ...sources }), remarkText);
});

test('every layout has the pictures, labels and remarks that it should have, or is refused by name', () => {
  expect(opened.length).toBeGreaterThan(60);
  for (const { about, train, test: held, refused, remarks, error, trainFound, testFound, said } of opened) {
    if (refused !== null) {
      expect(error, about).toContain(refused);
      continue;
    }
    expect(error, about).toBeUndefined();
    if (train)
      expect(
        trainFound?.map(({ picture }) => picture),
        about,
      ).toEqual(train);
    if (held)
      expect(
        testFound?.map(({ picture }) => picture),
        about,
      ).toEqual(held);
    for (const remark of remarks) expect(said?.join('\n'), about).toContain(remark);
  }
});

test('labels are those of the pictures, but where classes have names in an order of their own', () => {
  for (const { about, dataset, error, trainFound = [], testFound = [] } of opened) {
    if (error || about.includes("torchvision's order")) continue;
    const found = [...trainFound, ...testFound];
    expect(
      found.map(({ label }) => label),
      `${dataset}: ${about}`,
    ).toEqual(found.map(({ picture }) => picture[0]));
  }
});

test('classes named by numbers: as text, unless classnames.txt has another order', () => {
  const labels = (about: string) =>
    opened.find((one) => one.about.includes(about))?.trainFound?.map(({ label, picture }) => [picture[0], label]);
  expect(labels("torchvision's order")?.slice(0, 5)).toEqual([
    [0, 0],
    [1, 1],
    [10, 2],
    [11, 3],
    [2, 4],
  ]);
  expect(labels("timm's order")?.slice(0, 4)).toEqual([
    [0, 0],
    [1, 1],
    [10, 10],
    [11, 11],
  ]);
});

test('docs/data.md has the table; else: node scripts/layout-table.mjs', () => {
  const docs = readFileSync(new URL('../../../docs/data.md', import.meta.url), 'utf8');
  expect(withTable(docs, layoutTable(opened), placeOfTable)).toBe(docs);
});
