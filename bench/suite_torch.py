"""A whole suite in PyTorch, for `ablate bench suite --torch`: what a careful engineer would write to train the same road.

    python suite_torch.py TASK.json

The same networks, recipes, seeds and pictures as ablate's; as many runs at a time as ablate has. Pictures lie in memory as
bytes and are moved, mirrored, mixed and normalised a batch at a time; the libraries are imported once, before the
processes fork; weights are channels_last; optimizers are fused. Prints a line a run while it goes and one JSON document at
its end: {"about": text, "runs": [{"variant", "seed", "top1", "seconds", "peakBytes"}]}.
"""
import json
import multiprocessing
import platform
import resource
import sys
import time
import torch
import torch.nn.functional as F
from torch import nn
from torch_twin import check_preloaded, decay_groups, network

task = json.load(open(sys.argv[1]))


def pictures(split):
    """`[N, H, W, C]` bytes and their labels."""
    found = task['pictures'][split]
    shape = (found['count'], task['resolution'], task['resolution'], 3)
    images = torch.from_file(found['images'], size=torch.Size(shape).numel(), dtype=torch.uint8).view(shape)
    return images, torch.tensor(found['labels'])


def initialise(named, inits):
    """First weights as ablate draws them, from PyTorch's own generator."""
    for name, init in inits.items():
        if init['kind'] == 'constant':
            nn.init.constant_(named[name], init['value'])
        elif init['kind'] == 'fan-in-uniform':
            nn.init.uniform_(named[name], -init['fanIn'] ** -0.5, init['fanIn'] ** -0.5)
        else:
            nn.init.trunc_normal_(named[name], std=init['sd'])


def optimizer_of(net, recipe):
    o = recipe['optimizer']
    groups = decay_groups(net, o['weight_decay'], o['decay_norms_and_biases'])
    if o['name'] == 'sgd':
        return torch.optim.SGD(groups, lr=o['learning_rate'], momentum=o['momentum'], nesterov=o['nesterov'], fused=True)
    return torch.optim.AdamW(groups, lr=o['learning_rate'], betas=tuple(o['betas']), eps=o['epsilon'], fused=True)


class Batches:
    """Pictures of a split as normalised batches, channels last."""
    def __init__(self, split):
        self.images, self.labels = pictures(split)
        self.mean = 255 * torch.tensor(task['pictures']['mean'])
        self.scale = 1 / (255 * torch.tensor(task['pictures']['sd']))

    def normalised(self, images):
        return ((images.float() - self.mean) * self.scale).permute(0, 3, 1, 2)

    def plain(self, chosen):
        return self.normalised(self.images[chosen]), self.labels[chosen]

    def augmented(self, chosen, augmentation):
        """Moved by up to `padding` pixels each way over black, and mirrored half the time."""
        images, n, side = self.images[chosen], len(chosen), task['resolution']
        padding = augmentation['random_crop']['padding'] if augmentation['random_crop'] else 0
        if padding or augmentation['flip']:
            images = F.pad(images, (0, 0, padding, padding, padding, padding))
            rows = torch.arange(side) + torch.randint(2 * padding + 1, (n, 1))
            columns = torch.arange(side) + torch.randint(2 * padding + 1, (n, 1))
            if augmentation['flip']:
                columns = torch.where(torch.rand(n, 1) < 0.5, columns.flip(1), columns)
            images = images[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
        return self.normalised(images), self.labels[chosen]


def mixing_of(augmentation, smoothing):
    """timm's Mixup where the recipe mixes, else None."""
    if augmentation['mixup'] == 0 and augmentation['cutmix'] == 0:
        return None
    from timm.data import Mixup
    return Mixup(augmentation['mixup'], augmentation['cutmix'], prob=augmentation['mix_probability'],
                 switch_prob=augmentation['mix_switch_probability'], label_smoothing=smoothing, num_classes=task['classes'])


@torch.inference_mode()
def accuracy(net, batches, size, precise):
    net.eval()
    right = 0
    for chosen in torch.arange(len(batches.labels)).split(size):
        x, y = batches.plain(chosen)
        with torch.autocast('cpu', torch.bfloat16, enabled=not precise):
            right += (net(x).argmax(1) == y).sum().item()
    net.train()
    return right / len(batches.labels)


def train(run):
    began = time.perf_counter()
    variant, seed = run['variant'], run['seed']
    of = task['variants'][variant]
    recipe, rates, precise = of['recipe'], of['rates'], of['precision'] != 'bfloat16'
    torch.manual_seed(seed)
    net, named = network(of, recipe['drop_path'])
    initialise(named, of['inits'])
    net = net.to(memory_format=torch.channels_last).train()
    optimizer = optimizer_of(net, recipe)
    average = None
    if recipe['ema']:
        from timm.utils import ModelEmaV3
        average = ModelEmaV3(net, decay=recipe['ema']['decay'], foreach=True)
    mixing = mixing_of(recipe['augmentation'], recipe['label_smoothing'])
    training, test = Batches('train'), Batches('test')
    size, order, top1 = recipe['batch_size'], None, None
    for step, rate in enumerate(rates):
        at = step % of['perEpoch']
        if at == 0:
            order = torch.randperm(len(training.labels))
        x, y = training.augmented(order[at * size:(at + 1) * size], recipe['augmentation'])
        if mixing:
            x, y = mixing(x, y)
        for group in optimizer.param_groups:
            group['lr'] = rate
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast('cpu', torch.bfloat16, enabled=not precise):
            logits = net(x).float()
        loss = F.cross_entropy(logits, y, label_smoothing=0.0 if mixing else recipe['label_smoothing'])
        loss.backward()
        if recipe['clip_gradient_norm']:
            nn.utils.clip_grad_norm_(net.parameters(), recipe['clip_gradient_norm'])
        optimizer.step()
        if average:
            average.update(net)
        if step + 1 in of['evaluations']:
            top1 = accuracy(net, test, recipe['evaluation']['batch_size'] or size, precise)
            if average:
                accuracy(average.module, test, recipe['evaluation']['batch_size'] or size, precise)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return dict(variant=variant, seed=seed, top1=top1, seconds=time.perf_counter() - began, peakBytes=peak)


def main():
    check_preloaded()
    runs = []
    context = multiprocessing.get_context('fork')
    with context.Pool(task['parallel'], torch.set_num_threads, (task['threads'],)) as pool:
        for run in pool.imap_unordered(train, task['runs']):
            runs.append(run)
            print(f"done {run['variant']} seed {run['seed']}: {100 * run['top1']:.2f} %, {run['seconds']:.0f} s", file=sys.stderr, flush=True)
    about = f'PyTorch {torch.__version__}, Python {platform.python_version()}'
    print(json.dumps(dict(about=about, runs=runs)))


if __name__ == '__main__':
    main()
