#!/usr/bin/env bash
# mmcv-lite 2.1.0 beside timm 1.0.31, 2026-11-29: Swin's patch merging has parameters of the same shapes in both (norm [4C],
# reduction [2C, 4C]), but their 4C run in another order: mmcv gathers a 2x2 neighbourhood by nn.Unfold (channel by channel,
# its four positions row by row), timm and the authors' release position by position, (0,0) (1,0) (0,1) (1,1) of (row,
# column). Copying the weights by name loads without a complaint and gives other values.
#
# Seen: copied as they are, outputs are 2.92 apart; with the 4C reordered, 4e-7.
# Downloads PyTorch (some gigabytes). Exits non-zero where this no longer holds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --no-deps mmcv-lite==2.1.0 mmengine==0.10.7 timm==1.0.31
"$folder/venv/bin/pip" install -q torch==2.15.0 torchvision==0.29.2 numpy==2.4.6 addict yapf termcolor rich matplotlib packaging Pillow pyyaml \
  opencv-python-headless huggingface_hub safetensors==0.8.0 setuptools
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import torch
from mmcv.cnn.bricks.transformer import PatchMerging as OfMmcv
from timm.models.swin_transformer import PatchMerging as OfTimm

torch.manual_seed(0)
channels, side = 6, 8
theirs, ours = OfMmcv(channels, 2 * channels).eval(), OfTimm(channels).eval()
with torch.no_grad():
    theirs.norm.weight.uniform_(0.5, 1.5)
    theirs.norm.bias.uniform_(-0.2, 0.2)
shapes = lambda module: {name: tuple(value.shape) for name, value in module.state_dict().items()}
print('shapes', shapes(theirs), shapes(ours))
x = torch.randn(2, side, side, channels)
with torch.no_grad():
    right = theirs(x.reshape(2, side * side, channels), (side, side))[0].reshape(2, side // 2, side // 2, -1)
    ours.load_state_dict(theirs.state_dict())
    apart = (ours(x) - right).abs().max().item()
    # unfold's place of (channel, row, column) for timm's (column, row, channel)
    order = torch.arange(4 * channels).reshape(channels, 2, 2).permute(2, 1, 0).flatten()
    moved = {'norm.weight': theirs.norm.weight[order], 'norm.bias': theirs.norm.bias[order],
             'reduction.weight': theirs.reduction.weight[:, order]}
    ours.load_state_dict(moved)
    after = (ours(x) - right).abs().max().item()
print(f'copied as they are: {apart:.2f} apart; reordered: {after:.1e} apart')
sys.exit(0 if shapes(theirs) == shapes(ours) and apart > 0.1 and after < 1e-5 else 1)
PYTHON
