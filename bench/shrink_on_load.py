"""What libjpeg's shrinking while decoding would do to crops of large photographs: how far they are apart from those that
are decoded whole, and how much processor time it saves. Needs Pillow and numpy.

    python bench/shrink_on_load.py

Bytes that are more than 1 grey level apart in a bicubic 224x224; a sharp photograph tiled to the size, JPEG quality 92.
"""
import io
import os
import time

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
PHOTO = np.asarray(Image.open(os.path.join(HERE, '../test/fixtures/augment/china.png')).convert('RGB'))
SIDE = 224


def jpeg(width, height):
    tiles = np.tile(PHOTO, (-(-height // PHOTO.shape[0]), -(-width // PHOTO.shape[1]), 1))[:height, :width]
    file = io.BytesIO()
    Image.fromarray(tiles).save(file, 'JPEG', quality=92)
    return file.getvalue()


def crop(data, box, factor):
    image = Image.open(io.BytesIO(data))
    width = image.size[0]
    image.draft('RGB', tuple(side // factor for side in image.size))
    scale = image.size[0] / width
    return np.asarray(image.resize((SIDE, SIDE), Image.BICUBIC, box=[edge * scale for edge in box])).astype(int)


def seconds(work, times=3):
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


for width, height in ((1000, 750), (2000, 1500), (4000, 3000)):
    data = jpeg(width, height)
    for area in (1, 0.35):
        w, h = width * area**0.5, height * area**0.5
        box = [int((width - w) / 2), int((height - h) / 2), int((width + w) / 2), int((height + h) / 2)]
        whole = crop(data, box, 1)
        slow = seconds(lambda: crop(data, box, 1))
        for factor in (2, 4, 8):
            if min(w, h) / factor < SIDE:
                continue
            apart = abs(crop(data, box, factor) - whole)
            fast = seconds(lambda: crop(data, box, factor))
            share, most = 100 * (apart > 1).mean(), apart.max()
            print(f'{w:.0f}x{h:.0f} of {width}x{height}, 1/{factor}: {share:.1f} % apart, at most {most}; {slow / fast:.1f} times as fast')
