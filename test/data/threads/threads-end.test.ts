import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = (path: string) => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));
const root = fileURLToPath(new URL('../../fixtures/fashion-mnist', import.meta.url));

/** A process that takes one batch from threads and then does what it is told. */
function runProcess(then: string): string {
  const program = `
    import('jiti').then(async ({ createJiti }) => {
      const jiti = createJiti(${JSON.stringify(source('index.ts'))});
      const { openDatasets } = await jiti.import(${JSON.stringify(source('data/open.ts'))});
      const { trainingBatches } = await jiti.import(${JSON.stringify(source('data/pipeline.ts'))});
      const { augmentationSchema } = await jiti.import(${JSON.stringify(source('config/recipe.ts'))});
      const config = { name: 'fashion-mnist', root: ${JSON.stringify(root)}, train_limit: null, test_limit: null };
      const batches = trainingBatches({ dataset: (await openDatasets(config)).train, resolution: 32, batchSize: 20,
        batchesPerEpoch: 15, augmentation: augmentationSchema.parse({ rand_augment: 'rand-m9-mstd0.5-inc1' }),
        labelSmoothing: 0, seed: 0, from: 0, threads: 2 });
      console.log((await batches.next()).value.size);
      ${then}
      console.log('end');
    });`;
  return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: 60_000 });
}

test('a process ends after its batches are returned, with nothing else to wait for', () => {
  expect(runProcess('await batches.return();')).toBe('20\nend\n');
});

test('a process ends too when its batches are forgotten', () => {
  expect(runProcess('')).toBe('20\nend\n');
});
