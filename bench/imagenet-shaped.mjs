// Writes JPEGs in ImageNet's layout, for trying a job before the real files are there: 1000 classes, photographs of
// ImageNet's usual sizes (500 x 375 and near) made from two of scikit-learn's with noise, which keeps a file near 100 KB.
// Run: node bench/imagenet-shaped.mjs FOLDER [PICTURES-PER-CLASS] [--tar]
//      then ablate data imagenet-1k --root FOLDER
// With --tar the files are the official archives (train, val and development kit are not needed unpacked); `tar` packs them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const [folder, each = '1'] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const tar = process.argv.includes('--tar');
if (!folder) throw new Error('usage: node bench/imagenet-shaped.mjs FOLDER [PICTURES-PER-CLASS] [--tar]');

const photos = ['china', 'flower'].map((name) => `test/fixtures/augment/${name}.png`);
const sizes = [
  [500, 375],
  [375, 500],
  [500, 333],
  [640, 480],
];

const grains = await Promise.all(
  sizes.map(([width, height]) => {
    const noise = { type: 'gaussian', mean: 128, sigma: 20 };
    return sharp({ create: { width, height, channels: 3, background: '#808080', noise } })
      .png({ compressionLevel: 1 })
      .toBuffer();
  }),
);

async function picture(number) {
  const [width, height] = sizes[number % sizes.length];
  const grain = grains[number % sizes.length];
  return sharp(photos[number % photos.length])
    .resize(width, height, { fit: 'fill' })
    .modulate({ hue: (number * 37) % 360 })
    .composite([{ input: grain, blend: 'soft-light' }])
    .jpeg({ quality: 92 })
    .toBuffer();
}

const classes = Array.from({ length: 1000 }, (_, label) => `n${String(label).padStart(8, '0')}`);
for (const [label, name] of classes.entries()) {
  for (const split of ['train', 'val']) {
    mkdirSync(join(folder, split, name), { recursive: true });
    for (let at = 0; at < (split === 'train' ? Number(each) : 1); at++) {
      writeFileSync(join(folder, split, name, `${name}_${at}.JPEG`), await picture(label * Number(each) + at));
    }
  }
}
if (tar) {
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  for (const name of classes) {
    execFileSync('tar', ['-cf', join(packed, `${name}.tar`), '-C', join(folder, 'train', name), '.']);
  }
  const names = classes.map((name) => `${name}.tar`);
  execFileSync('tar', ['-cf', join(folder, 'ILSVRC2012_img_train.tar'), '-C', packed, ...names]);
  rmSync(packed, { recursive: true });
  rmSync(join(folder, 'train'), { recursive: true });
}
