"""The road's networks in PyTorch, from ablate's tree of layers; for step_torch.py and suite_torch.py.

Networks with layer norm run their 1x1 convolutions as linear layers over the last axis, as timm's ConvNeXt does; Swin is
timm's own.
"""
import json
import os
import torch
from torch import nn


def check_preloaded():
    """The loader only grumbles where it cannot preload a library; the figures would then be those of another allocator."""
    preloaded = os.environ.get('LD_PRELOAD')
    if preloaded and os.path.basename(preloaded).split('.so')[0] not in open('/proc/self/maps').read():
        raise SystemExit(f'{preloaded} was not loaded')


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
    """`drop` is the probability with which a sample skips the branch in training: stochastic depth."""
    def __init__(self, branch, shortcut, gamma, activation):
        super().__init__()
        self.branch, self.shortcut, self.activation, self.drop = branch, shortcut, activation, 0.0
        self.gamma = None if gamma is None else nn.Parameter(torch.full((gamma[0],), gamma[1]))

    def forward(self, x):
        y = self.branch(x)
        if self.gamma is not None:
            y = y * self.gamma[:, None, None]
        if self.training and self.drop > 0:
            y = y * torch.empty((len(y), 1, 1, 1), dtype=y.dtype).bernoulli_(1 - self.drop).div_(1 - self.drop)
        y = (x if self.shortcut is None else self.shortcut(x)) + y
        return y if self.activation is None else self.activation(y)


def activation(kind):
    return nn.ReLU(inplace=True) if kind == 'relu' else nn.GELU()


def build(node, layer_norms, named):
    """The module of a node; notes in `named` where its own parameters lie in the tree."""
    module = twin(node, layer_norms, named)
    for name, parameter in module.named_parameters(recurse=False):
        named[f"{node['path']}.{name}"] = parameter
    return module


def twin(node, layer_norms, named):
    if node['kind'] == 'sequential':
        return nn.Sequential(*[build(child, layer_norms, named) for child in node['children']])
    if node['kind'] == 'residual':
        shortcut = node['shortcut'] and build(node['shortcut'], layer_norms, named)
        gamma = None if node['layerScale'] is None else (node['width'], node['layerScale'])
        return Residual(build(node['branch'], layer_norms, named), shortcut, gamma, node['activation'] and activation(node['activation']))
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


def network(task, drop_path=0.0):
    """The task's network and its parameters by their paths in the tree; timm's names for Swin.

    `drop_path` is the rate of the last residual block, linear from 0 at the first.
    """
    if task['swin'] is not None:
        from timm.models.swin_transformer import SwinTransformer
        s = task['swin']
        net = SwinTransformer(img_size=s['resolution'], patch_size=s['patch'], embed_dim=s['width'], depths=s['depths'],
                              num_heads=s['heads'], window_size=s['window'], num_classes=task['classes'], drop_path_rate=drop_path)
        return checked(task, net), dict(net.named_parameters())
    named = {}
    net = build(task['tree'], '"layer-norm"' in json.dumps(task['tree']), named)
    blocks = [module for module in net.modules() if isinstance(module, Residual)]
    for at, block in enumerate(blocks):
        block.drop = drop_path * at / max(1, len(blocks) - 1)
    return checked(task, net), named


def checked(task, net):
    assert sum(p.numel() for p in net.parameters()) == task['params'], 'not the same network'
    return net


def decay_groups(net, weight_decay, everything=False):
    """As the optimizers want them: norms and biases apart, without decay unless `everything` decays."""
    decay = [p for p in net.parameters() if everything or p.dim() > 1]
    rest = [] if everything else [p for p in net.parameters() if p.dim() <= 1]
    return [dict(params=decay, weight_decay=weight_decay), dict(params=rest, weight_decay=0.0)]
