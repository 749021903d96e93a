import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { classesIn, filesUnder, listClassFolders, placed, stampOf } from '../class-folders.js';
import type { Dataset } from '../../dataset.js';
import { DataError } from '../../error.js';
import { fromFiles } from '../../listing/files.js';
import { keptList } from '../../listing/kept-list.js';
import { listPictures, type PictureList, type PlacedPicture } from '../../listing/picture-list.js';
import { tarEntries } from '../tar.js';
import { validationClasses } from './ground-truth.js';

const trainArchive = 'ILSVRC2012_img_train.tar';
const testArchive = 'ILSVRC2012_img_val.tar';

/**
 * ImageNet-1K as its official archives, which need no unpacking, or unpacked: `train/WNID/*.JPEG` and
 * `val/WNID/*.JPEG`, or `val/*.JPEG` beside the development kit. Classes are sorted by WordNet id. Throws a `DataError`
 * that names what is missing or damaged.
 */
export async function openImagenet(root: string, next: string): Promise<{ train: Dataset; test: Dataset }> {
  const folder = resolve(root);
  const train = await listTraining(folder, next);
  const test = await listValidation(folder, train.classes, next);
  return {
    train: fromFiles('imagenet-1k', 'train', folder, train),
    test: fromFiles('imagenet-1k', 'test', folder, test),
  };
}

async function listTraining(root: string, next: string): Promise<PictureList> {
  if (existsSync(join(root, 'train'))) return listClassFolders(root, 'train');
  const archive = join(root, trainArchive);
  const stamp = await timeOf(archive);
  if (!stamp) {
    throw new DataError(
      `imagenet-1k is not here: ${root} has neither a folder train nor ${trainArchive}.\nNext: ${next}`,
    );
  }
  return keptList(root, archive, stamp, async () => {
    // An archive of archives, one a class; their order is that of packing.
    const inner = [...tarEntries(archive)].sort((a, b) => (a.name < b.name ? -1 : 1));
    const classes = inner.map(({ name }) => basename(name, '.tar'));
    return listPictures(classes, picturesInArchives());

    function* picturesInArchives(): Generator<PlacedPicture> {
      for (const [label, { offset, size }] of inner.entries()) {
        for (const entry of tarEntries(archive, { start: offset, end: offset + size })) {
          yield { path: trainArchive, offset: entry.offset, bytes: entry.size, label };
        }
      }
    }
  });
}

async function listValidation(root: string, classes: readonly string[], next: string): Promise<PictureList> {
  const folder = join(root, 'val');
  if (existsSync(folder)) {
    if ((await classesIn(folder)).length > 0) return listClassFolders(root, 'val', classes);
    const found = await filesUnder(folder);
    return keptList(root, `${folder}/`, stampOf([found], classes), async () =>
      labelled(
        root,
        classes,
        placed(root, found).map((picture) => ({ ...picture, name: picture.path })),
      ),
    );
  }
  const archive = join(root, testArchive);
  const stamp = await timeOf(archive);
  if (!stamp) {
    throw new DataError(
      `imagenet-1k is not whole: ${root} has neither a folder val nor ${testArchive}.\nNext: ${next}`,
    );
  }
  return keptList(root, archive, `${classes.join()} ${stamp}`, async () =>
    labelled(
      root,
      classes,
      [...tarEntries(archive)].map(({ name, offset, size }) => ({ path: testArchive, offset, bytes: size, name })),
    ),
  );
}

/** Gives validation pictures the classes that the development kit has for their numbers. */
async function labelled(
  root: string,
  classes: readonly string[],
  pictures: readonly (Omit<PlacedPicture, 'label'> & { name: string })[],
): Promise<PictureList> {
  const truth = await validationClasses(root);
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const known = pictures
    .map(({ name, ...place }) => {
      const number = Number(/_(\d+)\.[^.]+$/.exec(name)?.[1]);
      const label = numbers.get(truth[number - 1] ?? '');
      if (label === undefined) {
        const reason =
          number >= 1 && number <= truth.length
            ? `its class ${truth[number - 1]} is not among those to train on`
            : 'the development kit has no class for it';
        throw new DataError(`${join(root, basename(name))}: ${reason}`);
      }
      return { ...place, label, number };
    })
    .sort((a, b) => a.number - b.number);
  return listPictures(classes, known);
}

/** A file's size and the time of its last change, or null where there is none. */
async function timeOf(path: string): Promise<string | null> {
  return stat(path).then(
    ({ size, ctimeMs }) => `${size} ${ctimeMs}`,
    () => null,
  );
}
