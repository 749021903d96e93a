"""Named networks against timm's own modules: logits, gradients and running statistics with the same random weights.

    python bench/parity.py [--device cpu] [--batch 2] resnet-50 convnext-tiny ...    (all of timm's, if none is named)

Needs torch, timm, safetensors and a built clone (`npm run build`). Every weight is drawn anew, norms, biases and layer
scales included, so that nothing hides behind zeros and ones. Prints the largest differences: logits and
statistics relative to the tensor's largest value, gradients in norm; exits with 1 where logits are apart by
more than 1e-4, or gradients by more than 1e-3 and thrice what PyTorch's own float32 is apart from its float64.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
with open(os.path.join(ROOT, 'test/fixtures/weights/timm-models.json')) as file:
    MODELS = json.load(file)


def randomise(model):
    """Weights that keep activations of order one; norms, biases and layer scales away from their initial values."""
    for name, p in model.named_parameters():
        with torch.no_grad():
            if p.ndim > 1 and 'bias_table' not in name:
                fan_in = p[0].numel()
                p.normal_(0, fan_in ** -0.5)
            elif name.endswith('weight') or name.endswith('gamma'):
                # The last norm of a branch stays small, as trained ones are: a deep random ResNet is chaotic otherwise,
                # and float32 itself is then apart from float64 by more than any fault would be.
                small = 'gamma' in name or 'bn3' in name
                p.uniform_(0.1, 0.3) if small else p.uniform_(0.5, 1.0)
            else:
                p.uniform_(-0.2, 0.2)
    for name, b in model.named_buffers():
        if name.endswith('running_mean'):
            b.uniform_(-0.2, 0.2)
        elif name.endswith('running_var'):
            b.uniform_(0.5, 1.5)


def apart_in_norm(found, expected):
    """Norm of the difference over the norm: a ReLU that falls on the other side of 0 by rounding moves single values by
    percents, in PyTorch's own float32 as well, and the gradient as a whole by next to nothing."""
    return ((found - expected).norm() / expected.norm().clamp_min(1e-30)).item()


def far(found, expected):
    scale = expected.abs().max().clamp_min(1e-12)
    return ((found - expected).abs().max() / scale).item()


def check(name, device, batch, folder):
    torch.manual_seed(0)
    model = timm.create_model(MODELS[name], drop_path_rate=0.0, drop_rate=0.0)
    randomise(model)
    size = 384 if name.endswith('384') else 224
    x, y = torch.randn(batch, 3, size, size), torch.randint(0, 1000, (batch,))
    weights, given, answer = (f'{folder}/{n}.safetensors' for n in ('w', 'x', 'y'))
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, weights)
    save_file({'input': x, 'labels': y}, given)
    worst = {}
    for mode in ('eval', 'train'):
        model.train(mode == 'train')
        model.zero_grad()
        state = {k: v.clone() for k, v in model.state_dict().items()}
        # In float64: the reference's own rounding should not count.
        twin = timm.create_model(MODELS[name], drop_path_rate=0.0, drop_rate=0.0).double()
        twin.load_state_dict({k: v.double() for k, v in state.items()})
        twin.train(mode == 'train')
        logits = twin(x.double())
        F.cross_entropy(logits, y).backward()
        F.cross_entropy(model(x), y).backward()
        command = ['node', f'{ROOT}/bin/ablate.js', 'predict', '--model', name, '--weights', weights, '--input', given,
                   '--output', answer, '--gradients', '--device', device] + (['--train'] if mode == 'train' else [])
        subprocess.run(command, check=True, stderr=subprocess.PIPE)
        ours = load_file(answer)
        worst[f'{mode} logits'] = far(ours['logits'].double(), logits.detach())
        top = max(p.grad.abs().max().item() for p in twin.parameters())
        # Gradients that are 0 in exact arithmetic (a bias before a batch norm) are held to the network's others.
        apart = {k: apart_in_norm(ours[k].double(), p.grad) if p.grad.abs().max() > 1e-6 * top else 0.0 for k, p in twin.named_parameters()}
        worst[f'{mode} gradients'] = max(apart.values())
        single = dict(model.named_parameters())
        worst[f'(PyTorch float32 {mode}'] = max(apart_in_norm(single[k].grad.double(), p.grad) for k, p in twin.named_parameters()
                                                if p.grad.abs().max() > 1e-6 * top)
        if mode == 'train':
            stats = [far(ours[k].double(), b) for k, b in twin.named_buffers() if 'running' in k]
            if stats:
                worst['statistics'] = max(stats)
        del twin
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('models', nargs='*')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--batch', type=int, default=2)
    args = parser.parse_args()
    bad = False
    with tempfile.TemporaryDirectory() as folder:
        for name in args.models or MODELS:
            worst = check(name, args.device, args.batch, folder)
            own = {mode: worst[f'(PyTorch float32 {mode}'] for mode in ('eval', 'train')}
            wrong = any(value > (max(1e-3, 3 * own[key.split()[0]]) if 'gradients' in key else 1e-4)
                        for key, value in worst.items() if key[0] != '(')
            bad |= wrong
            print(f'{name:20s}', '  '.join(f'{k} {v:.1e}' + (')' if k[0] == '(' else '') for k, v in worst.items()), 'FAR' if wrong else 'ok', flush=True)
    sys.exit(bad)


main()
