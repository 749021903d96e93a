"""A training step in PyTorch, for `ablate bench step`: the same network, built from ablate's tree of layers.

    python step_torch.py TASK.json START.safetensors channels_last|contiguous eager|compile

Reads lines {"steps": n} from stdin and answers each with {"times": [ms, ...], "firstLoss": x, "peakBytes": b, "about": text}. Networks
with layer norm run their 1x1 convolutions as linear layers over the last axis, as timm's ConvNeXt does; Swin is timm's own. First
weights and pictures are those of START, which are ablate's.
"""
import json
import os
import platform
import resource
import sys
import time
import torch
from torch import nn
import torch.nn.functional as F

task = json.load(open(sys.argv[1]))
channels_last, compiled = sys.argv[3] == 'channels_last', sys.argv[4] == 'compile'
preloaded = os.environ.get('LD_PRELOAD')
# The loader only grumbles where it cannot preload a library; the figures would then be those of another allocator.
if preloaded and os.path.basename(preloaded).split('.so')[0] not in open('/proc/self/maps').read():
    sys.exit(f'{preloaded} was not loaded')
torch.set_num_threads(task['threads'])


class Start:
    """A safetensors file of float32, read tensor by tensor: the peak memory is to be that of the steps."""
    def __init__(self, path):
        self.file = open(path, 'rb')
        length = int.from_bytes(self.file.read(8), 'little')
        self.header = json.loads(self.file.read(length))
        self.begin = 8 + length

    def read(self, name):
        entry = self.header[name]
        begin, end = entry['data_offsets']
        self.file.seek(self.begin + begin)
        return torch.frombuffer(bytearray(self.file.read(end - begin)), dtype=torch.float32).view(entry['shape'])


class LayerNorm(nn.LayerNorm):
    def forward(self, x):
        if x.dim() == 2:
            return super().forward(x)
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Pointwise(nn.Linear):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class BatchNorm(nn.BatchNorm2d):
    def forward(self, x):
        return super().forward(x[:, :, None, None])[:, :, 0, 0] if x.dim() == 2 else super().forward(x)


class Residual(nn.Module):
    def __init__(self, branch, shortcut, gamma, activation):
        super().__init__()
        self.branch, self.shortcut, self.activation = branch, shortcut, activation
        self.gamma = None if gamma is None else nn.Parameter(torch.full((gamma[0],), gamma[1]))

    def forward(self, x):
        y = self.branch(x)
        if self.gamma is not None:
            y = y * self.gamma[:, None, None]
        y = (x if self.shortcut is None else self.shortcut(x)) + y
        return y if self.activation is None else self.activation(y)


def activation(kind):
    return nn.ReLU(inplace=True) if kind == 'relu' else nn.GELU()


def build(node, layer_norms):
    """The module of a node; remembers where its own parameters lie in the tree."""
    module = twin(node, layer_norms)
    for name, parameter in module.named_parameters(recurse=False):
        named[f"{node['path']}.{name}"] = parameter
    return module


def twin(node, layer_norms):
    if node['kind'] == 'sequential':
        return nn.Sequential(*[build(child, layer_norms) for child in node['children']])
    if node['kind'] == 'residual':
        shortcut = node['shortcut'] and build(node['shortcut'], layer_norms)
        gamma = None if node['layerScale'] is None else (node['width'], node['layerScale'])
        return Residual(build(node['branch'], layer_norms), shortcut, gamma, node['activation'] and activation(node['activation']))
    o, c, kind = node['options'], node['inputWidth'], node['layer']
    if kind == 'conv':
        if o['kernel'] == 1 and o['stride'] == 1 and layer_norms:
            return Pointwise(c, o['out'], bias=o['bias'])
        return nn.Conv2d(c, o['out'], o['kernel'], o['stride'], o['padding'], groups=o['groups'], bias=o['bias'])
    if kind == 'linear':
        return nn.Linear(c, o['out'], bias=o['bias'])
    if kind == 'batch-norm':
        return BatchNorm(c, eps=o['epsilon'])
    if kind == 'layer-norm':
        return LayerNorm(c, eps=o['epsilon'])
    if kind == 'activation':
        return activation(o['kind'])
    if kind == 'max-pool':
        return nn.MaxPool2d(o['kernel'], o['stride'], o['padding'])
    if kind == 'global-average-pool':
        return Mean()
    raise ValueError(f'no twin of {kind}')


named = {}


def network():
    if task['swin'] is None:
        return build(task['tree'], '"layer-norm"' in json.dumps(task['tree']))
    from timm.models.swin_transformer import SwinTransformer
    s = task['swin']
    return SwinTransformer(img_size=s['resolution'], patch_size=s['patch'], embed_dim=s['width'], depths=s['depths'],
                           num_heads=s['heads'], window_size=s['window'], num_classes=task['classes'], drop_path_rate=0.0)


net = network().train()
assert sum(p.numel() for p in net.parameters()) == task['params'], 'not the same network'
start = Start(sys.argv[2])
with torch.no_grad():
    for name, parameter in named.items() if named else net.named_parameters():
        parameter.copy_(start.read(name).view(parameter.shape))
x = start.read('images').permute(0, 3, 1, 2).contiguous()
y = torch.arange(task['batch']) % task['classes']
if channels_last:
    net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
decay = [p for p in net.parameters() if p.dim() > 1]
rest = [p for p in net.parameters() if p.dim() <= 1]
optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.05), dict(params=rest, weight_decay=0)], lr=1e-3, fused=True)
forward = torch.compile(net) if compiled else net
if task['precision'] == 'bfloat16':
    def loss():
        with torch.autocast('cpu', torch.bfloat16):
            return F.cross_entropy(forward(x).float(), y, label_smoothing=0.1)
else:
    def loss():
        return F.cross_entropy(forward(x), y, label_smoothing=0.1)


def step():
    optimizer.zero_grad(set_to_none=True)
    value = loss()
    value.backward()
    optimizer.step()
    return value.item()


about = f'PyTorch {torch.__version__}, Python {platform.python_version()}'
if task['swin'] is not None:
    import timm
    about += f', timm {timm.__version__}'
first = None
for line in sys.stdin:
    times = []
    for _ in range(json.loads(line)['steps']):
        began = time.perf_counter()
        value = step()
        times.append((time.perf_counter() - began) * 1e3)
        first = value if first is None else first
    print(json.dumps(dict(times=times, firstLoss=first, about=about, peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)), flush=True)
