import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError } from '../error.js';
import { fromFiles } from '../listing/files.js';
import { keptList } from '../listing/kept-list.js';
import { listPictures } from '../listing/picture-list.js';
import { createRemarks } from '../remarks.js';
import { listClassFolders } from './class-folders.js';
import { filesUnder, placed, stampOf } from './files-under.js';
import type { Format } from './format.js';

const annotations = 'val/val_annotations.txt';

/** tiny-imagenet-200 as it is unpacked: `train/WNID/images/*.JPEG`, and `val/images` with a table of its classes. */
export const tinyImagenet: Format = {
  name: 'tiny-imagenet-200',
  async recognise(root) {
    return existsSync(join(root, annotations)) ? `it has ${annotations}` : null;
  },
  async open(root) {
    const folder = resolve(root);
    const [ofTrain, ofTest] = [createRemarks(), createRemarks()];
    const train = await listClassFolders(folder, 'train', null, ofTrain);
    if (existsSync(join(folder, 'test'))) {
      const what = 'left out: its pictures have no classes; val is tested on';
      ofTest.add({ kind: 'dropped', noun: 'folder', what }, join(folder, 'test'));
    }
    const table = join(folder, annotations);
    const text = await readFile(table, 'utf8');
    const labels = labelsIn(text, table, train.classes);
    const found = await filesUnder(join(folder, 'val', 'images'), ofTest);
    const test = await keptList(folder, table, `${stampOf([found], train.classes)} ${text}`, async () =>
      listPictures(
        train.classes,
        placed(folder, found).map((place) => {
          const label = labels.get(basename(place.path));
          if (label === undefined) throw new DataError(`${table}: has no line for ${place.path}`);
          return { ...place, label };
        }),
      ),
    );
    const missing = labels.size - test.labels.length;
    if (missing > 0) throw new DataError(`${table}: ${missing} of its ${labels.size} pictures are not in val/images`);
    return {
      train: fromFiles('folder', 'train', folder, train),
      test: fromFiles('folder', 'test', folder, { ...test, remarks: ofTest.all() }),
    };
  },
};

/** Lines such as `val_0.JPEG	n03444034	0	32	44	62`: a picture, its class, a box. */
function labelsIn(text: string, table: string, classes: readonly string[]): Map<string, number> {
  const numbers = new Map(classes.map((name, number) => [name, number]));
  return new Map(
    text
      .trim()
      .split(/\r?\n/)
      .map((line, at) => {
        const [picture, name] = line.split('\t');
        const label = numbers.get(name ?? '');
        if (!picture || label === undefined) {
          throw new DataError(
            `${table}: line ${at + 1} is "${line.slice(0, 40)}", expected a picture and a class of train`,
          );
        }
        return [picture, label];
      }),
  );
}
