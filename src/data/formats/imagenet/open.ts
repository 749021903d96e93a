import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { command } from '../../../shell/program.js';
import { DataError } from '../../error.js';
import { fromFiles } from '../../listing/files.js';
import { keptList } from '../../listing/kept-list.js';
import { listPictures, type PictureList, type PlacedPicture } from '../../listing/picture-list.js';
import { createRemarks, type Remarks } from '../../remarks.js';
import { classesIn, listClassFolders } from '../class-folders.js';
import { byCodePoint } from '../class-order.js';
import { filesUnder, placed, readFolder, stampOf } from '../files-under.js';
import type { Format } from '../format.js';
import { tarEntries } from '../tar.js';
import { type GroundTruth, groundTruth } from './ground-truth.js';

const trainArchive = 'ILSVRC2012_img_train.tar';
const testArchive = 'ILSVRC2012_img_val.tar';
/** Where Kaggle's archive keeps the pictures. */
const kagglePlaces = ['ILSVRC/Data/CLS-LOC', 'Data/CLS-LOC'];

export const imagenetNext = (): string =>
  `put ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar and ILSVRC2012_devkit_t12.tar.gz (or what is unpacked from them) into a folder and run: ${command('data imagenet-1k --root FOLDER')}`;

/** Kaggle's archive, unpacked: `ILSVRC/Data/CLS-LOC/{train,val}` and `LOC_val_solution.csv`. */
export const kaggleImagenet: Format = {
  name: "ImageNet as Kaggle's archive has it",
  async recognise(root) {
    const place = placeIn(root);
    return place ? `it has ${place}/train` : null;
  },
  open: (root) => open(join(resolve(root), placeIn(root) ?? '.'), [resolve(root)]),
};

const placeIn = (root: string) => kagglePlaces.find((place) => existsSync(join(root, place, 'train')));

/**
 * ImageNet-1K as its official archives, which need no unpacking, or unpacked: `train/WNID/*.JPEG` and
 * `val/WNID/*.JPEG`, or `val/*.JPEG` beside the development kit. Classes are sorted by WordNet id.
 */
export const officialImagenet: Format = {
  name: "ImageNet's archives, or what is unpacked from them",
  async recognise(root) {
    const found = ['train', trainArchive].find((name) => existsSync(join(root, name)));
    return found ? `it has ${found}` : null;
  },
  open: (root) => open(resolve(root), []),
};

/** @param others folders that may have what says the classes of validation pictures. */
async function open(folder: string, others: readonly string[]) {
  // Within Kaggle's folders the kit lies two above the pictures, the solution three.
  const around = folder.endsWith('/Data/CLS-LOC') ? ['../..', '../../..'].map((up) => resolve(folder, up)) : [];
  const truthIn = [folder, ...around, ...others];
  const train = await listTraining(folder);
  const ofTest = createRemarks();
  const test = await listValidation(folder, train.classes, truthIn, ofTest);
  if (existsSync(join(folder, 'test'))) {
    const what = 'left out: its pictures have no classes; val is tested on';
    ofTest.add({ kind: 'dropped', noun: 'folder', what, quiet: true }, join(folder, 'test'));
  }
  return {
    train: fromFiles('imagenet-1k', 'train', folder, train),
    test: fromFiles('imagenet-1k', 'test', folder, { ...test, remarks: ofTest.all() }),
  };
}

async function listTraining(root: string): Promise<PictureList> {
  if (existsSync(join(root, 'train'))) return listClassFolders(root, 'train');
  const archive = join(root, trainArchive);
  const stamp = await timeOf(archive);
  if (!stamp) {
    throw new DataError(
      `imagenet-1k is not here: ${root} has neither a folder train nor ${trainArchive}.\nNext: ${imagenetNext()}`,
    );
  }
  return keptList(root, archive, stamp, async () => {
    // An archive of archives, one a class; their order is that of packing.
    const inner = [...tarEntries(archive)].sort((a, b) => byCodePoint(a.name, b.name));
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

async function listValidation(
  root: string,
  classes: readonly string[],
  truthIn: readonly string[],
  remarks: Remarks,
): Promise<PictureList> {
  const folder = join(root, 'val');
  if (existsSync(folder)) {
    const sorted = await classesIn(folder);
    if (sorted.length > 0) {
      await allSorted(folder);
      return listClassFolders(root, 'val', classes, remarks);
    }
    const found = await filesUnder(folder, remarks);
    const named = placed(root, found).map((picture) => ({ ...picture, name: picture.path }));
    const truth = await groundTruth(truthIn);
    return keptList(root, `${folder}/`, `${stampOf([found], classes)} ${truth.digest}`, async () =>
      labelled(truth, classes, named, folder),
    );
  }
  const archive = join(root, testArchive);
  const stamp = await timeOf(archive);
  if (!stamp) {
    throw new DataError(
      `imagenet-1k is not whole: ${root} has neither a folder val nor ${testArchive}.\nNext: ${imagenetNext()}`,
    );
  }
  const truth = await groundTruth(truthIn);
  return keptList(root, archive, `${classes.join()} ${stamp} ${truth.digest}`, async () => {
    const entries = [...tarEntries(archive)];
    const named = entries.map(({ name, offset, size }) => ({ path: testArchive, offset, bytes: size, name }));
    return labelled(truth, classes, named, root);
  });
}

/** Throws a `DataError` where pictures lie beside the class folders: a script that sorts them has stopped midway. */
async function allSorted(folder: string): Promise<void> {
  const beside = (await readFolder(folder)).filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name));
  if (beside.length === 0) return;
  throw new DataError(
    `${folder}: ${beside.length} pictures lie beside the class folders, ${beside[0]?.name} among them; sorted halfway, it is no validation set.\nNext: sort all of them, or put all back into ${folder} itself`,
  );
}

/** Gives validation pictures the classes that the ground truth has for their names. */
function labelled(
  truth: GroundTruth,
  classes: readonly string[],
  pictures: readonly (Omit<PlacedPicture, 'label'> & { name: string })[],
  where: string,
): PictureList {
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const known = pictures
    .map(({ name, ...place }) => {
      const stem = basename(name, extname(name));
      const wanted = truth.classOf(stem);
      const label = numbers.get(wanted ?? '');
      if (label === undefined) {
        const reason = wanted
          ? `its class ${wanted} is not among those to train on`
          : `${truth.file} has no class for it`;
        throw new DataError(`${join(where, basename(name))}: ${reason}`);
      }
      return { ...place, label, stem };
    })
    .sort((a, b) => byCodePoint(a.stem, b.stem));
  return listPictures(classes, known);
}

/** A file's size and the time of its last change, or null where there is none. */
async function timeOf(path: string): Promise<string | null> {
  return stat(path).then(
    ({ size, ctimeMs }) => `${size} ${ctimeMs}`,
    () => null,
  );
}
