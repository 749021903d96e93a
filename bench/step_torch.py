"""A training step in PyTorch, for `ablate bench step`: the same network, built from ablate's tree of layers.

    python step_torch.py TASK.json START.safetensors channels_last|contiguous eager|compile cpu|cuda [bfloat16]

Reads lines {"steps": n} from stdin and answers each with {"times": [ms, ...], "firstLoss": x, "peakBytes": b, "about": text}.
First weights and pictures are those of START, which are ablate's.
"""
import json
import platform
import resource
import sys
import time
import torch
import torch.nn.functional as F
from torch_twin import check_preloaded, decay_groups, network

task = json.load(open(sys.argv[1]))
channels_last, compiled, device = sys.argv[3] == 'channels_last', sys.argv[4] == 'compile', sys.argv[5]
autocast = task['precision'] == 'bfloat16' or sys.argv[6:] == ['bfloat16']
check_preloaded()
torch.set_num_threads(task['threads'])
if device == 'cuda':
    # TF32, as TensorFlow multiplies float32 on a GPU that has it.
    torch.set_float32_matmul_precision('high')
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True


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


net, named = network(task)
net.train()
start = Start(sys.argv[2])
with torch.no_grad():
    for name, parameter in named.items():
        parameter.copy_(start.read(name).view(parameter.shape))
x = start.read('images').permute(0, 3, 1, 2).contiguous()
y = torch.arange(task['batch']) % task['classes']
net, x, y = net.to(device), x.to(device), y.to(device)
if channels_last:
    net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(decay_groups(net, 0.05), lr=1e-3, fused=True)
forward = torch.compile(net) if compiled else net
if autocast:
    def loss():
        with torch.autocast(device, torch.bfloat16):
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
if device == 'cuda':
    about += f', {torch.cuda.get_device_name()}'
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
