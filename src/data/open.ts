import type { DatasetConfig } from '../config/dataset.js';
import { datasetNamed } from './catalogue.js';
import type { Dataset } from './dataset.js';
import { limitDataset } from './limit.js';

/** Both splits of a suite's dataset, cut to its limits. Throws a `DataError` where files are missing or damaged. */
export async function openDatasets(config: DatasetConfig): Promise<{ train: Dataset; test: Dataset }> {
  const { train, test } = await datasetNamed(config.name).open(config.root);
  return { train: limitDataset(train, config.train_limit), test: limitDataset(test, config.test_limit) };
}
