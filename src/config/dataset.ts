import { z } from 'zod';

/** Where the pictures come from. */
export const datasetSchema = z.strictObject({
  name: z
    .string()
    .describe(
      'fashion-mnist, mnist, kmnist, emnist-*, cifar-10, cifar-100, imagenet-1k, folder, webdataset, parquet; `ablate data` lists them.',
    ),
  root: z
    .string()
    .nullable()
    .default(null)
    .describe('Folder with the files, relative to the suite; null is the cache that `ablate data` fills.'),
  train_limit: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Use only so many training pictures, the same ones for every run, balanced over classes.'),
  test_limit: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Use only so many test pictures, balanced over classes.'),
});

export type DatasetConfig = z.infer<typeof datasetSchema>;
