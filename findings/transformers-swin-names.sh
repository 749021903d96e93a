#!/usr/bin/env bash
# transformers 5.24.0, 2026-11-29: a Swin model's state_dict() and the file that its save_pretrained() writes name the same
# tensors differently, so that saving the state_dict oneself makes a file with other names than every published one.
#
#   state_dict()       swin.encoder.layers.0.blocks.0.attention.q_proj.weight, ...mlp.fc1.weight
#   save_pretrained()  swin.encoder.layers.0.blocks.0.attention.self.query.weight, ...intermediate.dense.weight
#
# Its ConvNext and ResNet have one set of names. Seen: 78 of 119 names differ for Swin (depths 2, 2, 1, 1), 0 for the others.
# Downloads PyTorch (some gigabytes). Exits non-zero where this no longer holds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.15.0 transformers==5.24.0 safetensors==0.8.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from safetensors import safe_open
from transformers import (ConvNextConfig, ConvNextForImageClassification, ResNetConfig, ResNetForImageClassification,
                          SwinConfig, SwinForImageClassification)

models = [
    SwinForImageClassification(SwinConfig(image_size=128, embed_dim=12, depths=[2, 2, 1, 1], num_heads=[3, 6, 12, 24],
                                          window_size=4)),
    ConvNextForImageClassification(ConvNextConfig(hidden_sizes=[6, 12, 24, 48], depths=[1, 1, 1, 1])),
    ResNetForImageClassification(ResNetConfig(embedding_size=8, hidden_sizes=[32, 64, 128, 256], depths=[1, 1, 1, 1])),
]
differ = {}
for model in models:
    name = type(model).__name__
    model.save_pretrained(name)
    with safe_open(f'{name}/model.safetensors', 'pt') as file:
        written = set(file.keys())
    own = set(model.state_dict())
    differ[name] = len(own - written)
    print(f'{name}: {len(own - written)} of {len(own)} names of the state_dict are not in the file')
    for place, keys in (('state_dict', own - written), ('file', written - own)):
        shown = [key for key in sorted(keys) if '.0.blocks.0.' in key and key.endswith('weight')]
        print(*(f'  only in the {place}: {key}' for key in shown), sep='\n', end='\n' if shown else '')
holds = differ == {'SwinForImageClassification': 78, 'ConvNextForImageClassification': 0, 'ResNetForImageClassification': 0}
sys.exit(0 if holds else 1)
PYTHON
