"""Weights out to timm and torchvision and back: python bench/roundtrip.py [network ...]  (torch, timm, torchvision, safetensors)

For each network: the tool's own random weights go through `ablate import` and `ablate export`; the result is loaded with
strict=True and must be the same tensors to the byte. Exits with 1 where they are not.
"""
import os
import subprocess
import sys
import tempfile
import timm
import torch
import torchvision
from safetensors.torch import load_file, save_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
MAKERS = {
    ('resnet-50', 'timm'): lambda: timm.create_model('resnet50'),
    ('resnext-50-32x4d', 'timm'): lambda: timm.create_model('resnext50_32x4d'),
    ('convnext-tiny', 'timm'): lambda: timm.create_model('convnext_tiny'),
    ('swin-tiny', 'timm'): lambda: timm.create_model('swin_tiny_patch4_window7_224'),
    ('resnet-50', 'torchvision'): torchvision.models.resnet50,
    ('convnext-tiny', 'torchvision'): torchvision.models.convnext_tiny,
    ('swin-tiny', 'torchvision'): torchvision.models.swin_t,
}


def ablate(*args):
    subprocess.run(['node', f'{ROOT}/bin/ablate.js', *args], check=True, stderr=subprocess.PIPE)


bad = False
with tempfile.TemporaryDirectory() as folder:
    for (name, tool), make in MAKERS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        model, twin = make(), make()
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, f'{folder}/a')
        ablate('import', f'{folder}/a', f'{folder}/b', '--model', name)
        ablate('export', f'{folder}/b', f'{folder}/c', '--model', name, '--naming', tool)
        back = load_file(f'{folder}/c')
        twin.load_state_dict(back, strict=True)
        same = all(torch.equal(v, back[k]) and v.dtype == back[k].dtype for k, v in model.state_dict().items())
        x = torch.randn(1, 3, 224, 224)
        same &= torch.equal(model.eval()(x), twin.eval()(x))
        bad |= not same
        print(f'{name:18s} {tool:12s}', 'same' if same else 'DIFFERENT', flush=True)
sys.exit(bad)
