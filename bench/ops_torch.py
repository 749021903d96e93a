"""Single operations in PyTorch, for `ablate bench ops`: the same calls on the same shapes.

    python ops_torch.py CALLS.json

Reads lines {"call": n, "steps": m} from stdin and answers each with {"forward": [ms, ...], "both": [ms, ...] or null}; a
line {"about": true} with {"about": text}. Maps are channels_last, as (N, H, W, C) is.
"""
import json
import platform
import sys
import time
import torch
import torch.nn.functional as F

task = json.load(open(sys.argv[1]))
torch.set_num_threads(task['threads'])
torch.manual_seed(0)


def image(x):
    return x.permute(0, 3, 1, 2)


def activate(x, kind):
    return F.relu(x) if kind == 'relu' else F.gelu(x) if kind == 'gelu' else x


def convolution(x, kernel, o):
    y = F.conv2d(image(x), kernel, o.get('bias'), o['stride'], o['padding'], groups=o['groups'])
    return activate(y, o.get('activation'))


def linear(x, weight, bias=None, kind=None):
    return activate(F.linear(x, weight, bias), kind)


def batch_norm(x, o):
    x = image(x) if x.dim() == 4 else x
    y = F.batch_norm(x, o['runningMean'], o['runningVariance'], o['gamma'], o['beta'], o['training'], o['momentum'], o['epsilon'])
    return activate(y, o.get('activation'))


def residual(shortcut, branch, o):
    if o.get('gamma') is not None:
        branch = branch * o['gamma']
    if o.get('keep') is not None:
        branch = branch * o['keep'].view(-1, 1, 1, 1)
    return activate(shortcut + branch, o.get('activation'))


def window_attention(qkv, bias, o):
    n, h, w, c = qkv.shape
    side, shift, heads = o['window'], o['shift'], o['heads']
    d = c // 3 // heads
    x = torch.roll(qkv, (-shift, -shift), (1, 2)) if shift else qkv
    x = x.view(n, h // side, side, w // side, side, 3, heads, d).permute(5, 0, 1, 3, 6, 2, 4, 7)
    q, k, v = x.reshape(3, -1, heads, side * side, d)
    mask = bias
    if shift:
        region = torch.zeros(h, w)
        parts = (slice(0, -side), slice(-side, -shift), slice(-shift, None))
        for at, rows in enumerate(parts):
            for to, columns in enumerate(parts):
                region[rows, columns] = 3 * at + to
        region = region.view(h // side, side, w // side, side).permute(0, 2, 1, 3).reshape(-1, side * side)
        apart = (region[:, None] != region[:, :, None]).float() * -100
        mask = (bias + apart[:, None]).repeat(n, 1, 1, 1)
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    y = y.view(n, h // side, w // side, heads, side, side, d).permute(0, 1, 4, 2, 5, 3, 6).reshape(n, h, w, c // 3)
    return torch.roll(y, (shift, shift), (1, 2)) if shift else y


operations = {
    'conv2d': convolution,
    'linear': linear,
    'batchNorm': batch_norm,
    'layerNorm': lambda x, gamma, beta, eps: F.layer_norm(x, x.shape[-1:], gamma, beta, eps),
    'activation': activate,
    'maxPool': lambda x, o: F.max_pool2d(image(x), o['kernel'], o['stride'], o['padding']),
    'globalAveragePool': lambda x: x.mean((1, 2)),
    'residual': residual,
    'windowAttention': window_attention,
    'softmaxCrossEntropy': lambda logits, targets: F.cross_entropy(logits, targets),
}


def tensors_for(call):
    """Values as PyTorch keeps them: kernels (out, in, h, w), linear weights (out, in)."""
    tensors = []
    for at, (shape, name) in enumerate(zip(call['shapes'], call['names'])):
        value = torch.randn(shape) * 0.5
        if name in ('runningVariance', 'keep', 'gamma'):
            value = value.abs() + 0.5
        if name == 'softmaxCrossEntropy 1':
            value = torch.full(shape, 1 / shape[1])
        if name == 'conv2d 1':
            value = value.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        if name == 'linear 1':
            value = value.t().contiguous()
        tensors.append(value.requires_grad_(at not in call['constant']))
    return tensors


def arguments(arg, tensors):
    if isinstance(arg, list):
        return [arguments(part, tensors) for part in arg]
    if not isinstance(arg, dict):
        return arg
    if 'tensor' in arg:
        return tensors[arg['tensor']]
    return {name: arguments(part, tensors) for name, part in arg.items()}


def optimizer(call):
    """AdamW over the call's parameters, a group for each weight decay."""
    shapes = [shape for shape, name in zip(call['shapes'], call['names']) if name == 'parameters']
    decays = call['args'][0]['weightDecay']
    parameters = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    groups = [dict(params=[p for p, d in zip(parameters, decays) if d == decay], weight_decay=decay) for decay in sorted(set(decays))]
    return torch.optim.AdamW(groups, lr=1e-3, fused=True).step


def prepare(call):
    if call['op'] == 'applyAdamW':
        return optimizer(call), None
    tensors = tensors_for(call)
    args = arguments(call['args'], tensors)
    operation = operations[call['op']]
    inputs = [tensor for tensor in tensors if tensor.requires_grad]
    with torch.no_grad():
        gradient = torch.randn_like(operation(*args))

    def forward():
        with torch.no_grad():
            return operation(*args)

    def both():
        return torch.autograd.grad(operation(*args), inputs, gradient)

    return forward, both


def time_of(function):
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


ready, functions = None, (None, None)
for line in sys.stdin:
    question = json.loads(line)
    if 'about' in question:
        print(json.dumps(dict(about=f'PyTorch {torch.__version__}, Python {platform.python_version()}')), flush=True)
        continue
    forward, both = functions
    if ready != question['call']:
        ready, functions = question['call'], prepare(task['calls'][question['call']])
        forward, both = functions
        forward()
        if both:
            both()
    answer = dict(forward=[], both=[] if both else None)
    for _ in range(question['steps']):
        answer['forward'].append(time_of(forward))
        if both:
            answer['both'].append(time_of(both))
    print(json.dumps(answer), flush=True)
