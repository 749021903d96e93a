"""Training batches by timm's loader, for `ablate bench data`: the same folder, recipe and number of workers.

    python data_timm.py TASK.json

Reads lines {"steps": n} from stdin and answers each with {"times": [ms], "peakBytes": b}, the mean of n batches. What
timm does on the device (normalisation, erasing, mixing) is done on the CPU here, as by ablate.
"""
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import PIL
import timm
import torch
from PIL import ImageOps
from timm.data import create_dataset, create_loader
from timm.data.mixup import Mixup

# Newer Pillows refuse to keep no bits, which timm asks for at the highest magnitude.
posterize = ImageOps.posterize
ImageOps.posterize = lambda image, bits: posterize(image, bits) if bits else image.point(lambda _: 0)


def memory():
    """Bytes of this process and its workers, pages that they share counted once."""
    ours = [str(os.getpid()), *(str(child.pid) for child in multiprocessing.active_children())]
    fields = [line.split() for pid in ours for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(field[1]) * 1024 for field in fields if field[0] == "Pss:")


def main():
    task = json.load(open(sys.argv[1]))
    torch.set_num_threads(1)
    recipe = task["recipe"]
    augmentation = recipe["augmentation"]
    crop = augmentation["random_resized_crop"]
    folder = create_dataset("", root=task["dataset"]["root"], split="train")
    loader = create_loader(
        folder,
        input_size=(3, task["resolution"], task["resolution"]),
        batch_size=task["batch"],
        is_training=True,
        use_prefetcher=True,
        scale=crop["scale"],
        ratio=crop["ratio"],
        hflip=0.5 if augmentation["flip"] else 0,
        color_jitter=augmentation["color_jitter"] or None,
        auto_augment=augmentation["rand_augment"],
        re_prob=augmentation["random_erasing"],
        re_mode="pixel",
        interpolation=crop["interpolation"],
        num_workers=task["threads"],
        persistent_workers=True,
        pin_memory=False,
        device=torch.device("cpu"),
    )
    mixes = augmentation["mixup"] > 0 or augmentation["cutmix"] > 0
    classes = len(folder.reader.class_to_idx)
    mixup = Mixup(
        augmentation["mixup"],
        augmentation["cutmix"],
        prob=augmentation["mix_probability"],
        switch_prob=augmentation["mix_switch_probability"],
        label_smoothing=recipe["label_smoothing"],
        num_classes=classes,
    )

    def endless():
        while True:
            for images, targets in loader:
                yield mixup(images, targets) if mixes else (images, targets)

    batches = endless()
    about = f"timm {timm.__version__}, torch {torch.__version__}, Pillow {PIL.__version__}"
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        for _ in range(6):
            next(batches)
        start = time.perf_counter()
        for _ in range(steps):
            next(batches)
        elapsed = (time.perf_counter() - start) * 1000 / steps
        print(json.dumps({"times": [elapsed], "peakBytes": memory(), "about": about}), flush=True)


if __name__ == "__main__":
    main()
