// Reads damaged tars, IDX files, CIFAR files and pictures by the thousand in a process that is watched (scripts/watched.mjs).
//     node scripts/mutate-data.mjs                      # 10,000 of each kind, some minutes
import { fileURLToPath } from 'node:url';
import { kinds, prepareKind } from './mutations.mjs';
import { watched } from './watched.mjs';

await watched(fileURLToPath(import.meta.url), { kinds, seconds: 5, megabytes: 1536, prepare });

async function prepare(kind, folder) {
  const { openLayout } = await import('./open-layout.mjs');
  const names = [
    'catalogue',
    'formats/cifar',
    'formats/format',
    'formats/sources',
    'formats/tar',
    'pictures/decoders/decode',
  ];
  const parts = Object.assign({}, ...(await Promise.all(names.map((name) => import(`../dist/data/${name}.js`)))));
  return prepareKind(kind, folder, {
    open: openLayout(parts),
    decode: parts.decodePicture,
    entries: parts.tarEntriesOf,
  });
}
