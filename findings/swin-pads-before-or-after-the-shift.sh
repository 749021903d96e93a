#!/bin/sh
# timm 1.0.31 and torchvision 0.29.2 agree on Swin-T at 224 pixels and not at 256, with the same weights in both.
#
# Off multiples of 224 both pad a map with zeros up to a multiple of the window. In shifted blocks torchvision pads first
# and then shifts the map cyclically; timm shifts first and then pads, so that zeros stand between other positions. Names
# (renamed) and shapes of the parameters are the same, and nothing warns: weights fine-tuned at 256 in one of them do not give
# the same numbers in the other.
#
# Seen on 2026-11-29 with Python 3, torch 2.15.0:
#   224 pixels: largest difference of logits 0.00000 of their largest value
#   256 pixels: largest difference of logits 0.14 of their largest value
# Run: sh findings/swin-pads-before-or-after-the-shift.sh   (a folder of its own under mktemp; exits 1 if this changes)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.15.0 torchvision==0.29.2 timm==1.0.31 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import re
import sys
import timm
import torch
import torchvision

RENAMED = [(r'^features\.0\.0', 'patch_embed.proj'), (r'^features\.0\.2', 'patch_embed.norm'), (r'\.mlp\.0\.', '.mlp.fc1.'),
           (r'\.mlp\.3\.', '.mlp.fc2.'), (r'^head\.', 'head.fc.')]


def timms(name):
    """torchvision's name of a parameter as timm's."""
    for pattern, found in RENAMED:
        name = re.sub(pattern, found, name)
    block = re.match(r'^features\.([1357])\.(.*)', name)
    if block:
        return f'layers.{(int(block[1]) - 1) // 2}.blocks.{block[2]}'
    merge = re.match(r'^features\.([246])\.(.*)', name)
    return f'layers.{int(merge[1]) // 2}.downsample.{merge[2]}' if merge else name


torch.manual_seed(0)
one = torchvision.models.swin_t().double().eval()
with torch.no_grad():
    for name, parameter in one.named_parameters():
        if parameter.ndim > 1:
            parameter.normal_(std=0.1 if name.endswith('table') else parameter[0].numel() ** -0.5)
weights = {timms(name): parameter for name, parameter in one.named_parameters()}
apart = {}
for pixels in (224, 256):
    other = timm.create_model('swin_tiny_patch4_window7_224', img_size=pixels).double().eval()
    assert set(weights) == {name for name, _ in other.named_parameters()}
    other.load_state_dict(weights, strict=False)
    pictures = torch.randn(2, 3, pixels, pixels, dtype=torch.float64)
    with torch.no_grad():
        first, second = one(pictures), other(pictures)
    apart[pixels] = float((first - second).abs().max() / first.abs().max())
    print(f'{pixels} pixels: largest difference of logits {apart[pixels]:.5f} of their largest value')
print(f'torch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}')
sys.exit(0 if apart[224] < 1e-9 and apart[256] > 1e-3 else 1)
PYTHON
