#!/bin/sh
# sharp 0.35.5 (libvips 8.18.7) reads a TIFF in YCbCr that is not compressed by JPEG as if Y, Cb and Cr were red, green and
# blue: no error, no warning, and metadata() says "srgb". Pillow 13.0.0 wrote the file and reads (198, 30, 59) back from it, of (200, 30, 60) that were put in.
# Seen on 2026-11-29, Linux x64, Node 20.20: sharp gives 84,114,210, which are the stored Y, Cb and Cr. Exits non-zero where
# that has changed. Needs node, npm, python3.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix . sharp@0.35.5
venv/bin/python - <<'PY'
from PIL import Image
Image.new("RGB", (8, 8), (200, 30, 60)).convert("YCbCr").save("picture.tif")
stored = Image.open("picture.tif")
print("Pillow:", stored.mode, "stores", stored.getpixel((0, 0)), "and means", stored.convert("RGB").getpixel((0, 0)))
PY
cat > read.mjs <<'JS'
import sharp from 'sharp';
const { space, channels } = await sharp('picture.tif').metadata();
const pixels = await sharp('picture.tif').toColourspace('srgb').raw().toBuffer();
console.log(`sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}: ${space}, ${channels} channels, ${[...pixels.subarray(0, 3)]}`);
process.exit([...pixels.subarray(0, 3)].join() === '84,114,210' ? 0 : 1);
JS
node read.mjs
