import type { DatasetConfig } from '../config/dataset.js';
import { datasetNamed } from './catalogue.js';
import { DataError } from './error.js';
import type { Opened } from './formats/format.js';
import { limitDataset } from './limit.js';

/**
 * Both splits of a suite's dataset, cut to its limits. Throws a `DataError` where files are missing or damaged, or where
 * there are not as many `classes` as the networks have.
 */
export async function openDatasets(config: DatasetConfig, classes?: number): Promise<Opened> {
  const { train, test, layout } = await datasetNamed(config.name).open(config.root);
  if (classes !== undefined && train.classes.length !== classes) {
    throw new DataError(
      `${config.name} has ${train.classes.length} classes in ${config.root ?? 'the cache'}, the networks have ${classes}.\nNext: set network.classes to ${train.classes.length}${config.name === 'imagenet-1k' ? ', and dataset.name to folder for a part of ImageNet' : ''}`,
    );
  }
  return { train: limitDataset(train, config.train_limit), test: limitDataset(test, config.test_limit), layout };
}
