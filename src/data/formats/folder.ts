import { join, resolve } from 'node:path';
import { DataError } from '../error.js';
import { fromFiles } from '../listing/files.js';
import { createRemarks, type Remarks } from '../remarks.js';
import { classesIn, listClassFolders, orderedClasses, orderFile } from './class-folders.js';
import { isNumberedAsText } from './class-order.js';
import { readFolder } from './files-under.js';
import type { Format } from './format.js';
import { elsewhere, listing, named, splitFolders } from './misplaced.js';

/**
 * Any pictures in `root/train/CLASS/` and `root/test/CLASS/` (or testing, val, valid, validation). Classes are ordered as
 * torchvision's `ImageFolder` orders them, unless `root/classnames.txt` has another order.
 */
export const classFolders: Format = {
  name: 'class folders',
  async recognise(root) {
    const present = await folderNames(root);
    const found = [...splitFolders.train, ...splitFolders.test].flatMap((name) => named(present, name) ?? []);
    return found.length > 0 ? `it has ${found.join(' and ')}` : null;
  },
  async open(root) {
    const folder = resolve(root);
    const [ofTrain, ofTest] = [createRemarks(), createRemarks()];
    const trainFolder = await splitFolder(folder, 'train', ofTrain);
    const testFolder = await splitFolder(folder, 'test', ofTest);
    const order = await orderedClasses(folder);
    const train = await listClassFolders(folder, trainFolder, order, ofTrain);
    if (train.classes.length < 2) {
      throw new DataError(
        `${join(folder, trainFolder)} has one class, ${train.classes[0]}; a network needs two to tell apart.\nNext: see whether the classes' folders lie deeper or higher; they have to be ${join(folder, trainFolder)}/CLASS`,
      );
    }
    if (!order && isNumberedAsText(train.classes)) {
      const what = `in the order of their text, as torchvision numbers them; timm counts 2 before 10: for that, list them in ${orderFile}`;
      ofTrain.add(
        { kind: 'chosen', noun: 'class folder', what },
        train.classes.slice(0, 3).join(', '),
        train.classes.length,
      );
    }
    const test = await listClassFolders(folder, testFolder, train.classes, ofTest);
    return {
      train: fromFiles('folder', 'train', folder, { ...train, remarks: ofTrain.all() }),
      test: fromFiles('folder', 'test', folder, test),
    };
  },
};

/** How many classes are there, without listing their pictures. */
export async function countClasses(root: string): Promise<number> {
  const folder = resolve(root);
  const order = await orderedClasses(folder);
  return (order ?? (await classesIn(join(folder, await splitFolder(folder, 'train', createRemarks()))))).length;
}

async function folderNames(root: string): Promise<string[]> {
  return (await readFolder(root)).map(({ name }) => name);
}

/** The first of a split's names that is there; the others are remarked. */
async function splitFolder(root: string, split: 'train' | 'test', remarks: Remarks): Promise<string> {
  const entries = await folderNames(root);
  const [found, ...others] = splitFolders[split].flatMap((name) => named(entries, name) ?? []);
  if (!found) {
    const wanted = splitFolders[split];
    const layout = `lay the pictures out as ${root}/${wanted[0]}/CLASS/picture.jpg`;
    throw new DataError(
      `${root} has no folder ${wanted.join(' or ')}; ${listing(root)}.\nNext: ${elsewhere(root, 'folder') ?? layout}`,
    );
  }
  for (const other of others) {
    remarks.add({ kind: 'chosen', noun: 'folder', what: `left out: ${found} is taken` }, join(root, other));
  }
  return found;
}
