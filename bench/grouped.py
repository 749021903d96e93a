"""Grouped convolution beside PyTorch's, on every shape of the ResNeXts: forward, input gradient, filter gradient.

    python bench/grouped.py [--threads 2] [--rounds 7] [--compact] [--only 28x28x512]

Needs torch and g++. The kernels are compiled for this CPU without TensorFlow (bench/grouped.cc). Both take turns; a figure
is the fastest of all passes, since other work on a machine only ever adds. PyTorch gets the better of its two memory
formats. Above 1 we are faster; exits with 1 where we take more than 1.5 times as long.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile
import time
import torch

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
PASSES = ('forward', 'input', 'filter')


def shapes(compact):
    """(batch, side, channels, groups, stride) of the 3x3 convolutions, as both networks have them at 224 or in compact form
    (32 pixels, stem stride 2, a quarter of the widths)."""
    batch, side, scale = (64, 16, 4) if compact else (8, 56, 1)
    found = []
    for width in (128, 256):
        for stage in range(4):
            channels = width * 2 ** stage // scale
            if stage > 0:
                found.append((batch, side >> stage - 1, channels, 32, 2))
            found.append((batch, side >> stage, channels, 32, 1))
    return sorted(set(found), key=lambda s: (s[2] // s[3], s[2], -s[1]))


def build(folder):
    program = f'{folder}/grouped'
    kernels = [f for f in glob.glob(f'{ROOT}/native/kernels/*.cc') if os.path.basename(f).startswith(('grouped', 'depthwise', 'tile-', 'pool.'))]
    flags = ['-O3', '-march=native', '-std=c++17', '-Wno-psabi', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast']
    subprocess.run(['g++', *flags, '-pthread', *kernels, f'{ROOT}/bench/grouped.cc', '-o', program], check=True)
    return subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ours(program, shape, threads, count):
    batch, side, channels, groups, stride = shape
    program.stdin.write(f'{batch} {side} {side} {channels} {channels} {groups} 3 {stride} {threads} {count}\n')
    program.stdin.flush()
    times = [float(value) for value in program.stdout.readline().split()]
    return {name: min(times[at * count:(at + 1) * count]) for at, name in enumerate(PASSES)}


def theirs(shape, count):
    batch, side, channels, groups, stride = shape
    best = {}
    for layout in (torch.channels_last, torch.contiguous_format):
        x = torch.randn(batch, channels, side, side).contiguous(memory_format=layout)
        w = torch.randn(channels, channels // groups, 3, 3).contiguous(memory_format=layout)
        dy = torch.nn.functional.conv2d(x, w, None, stride, 1, 1, groups)
        gradient = lambda mask: torch.ops.aten.convolution_backward(
            dy, x, w, None, [stride] * 2, [1, 1], [1, 1], False, [0, 0], groups, mask)
        runs = (lambda: torch.nn.functional.conv2d(x, w, None, stride, 1, 1, groups),
                lambda: gradient([True, False, False]), lambda: gradient([False, True, False]))
        for name, run in zip(PASSES, runs):
            run()
            for _ in range(count):
                start = time.perf_counter()
                run()
                best[name] = min(best.get(name, 1e9), (time.perf_counter() - start) * 1e3)
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--passes', type=int, default=3, help='a turn')
    parser.add_argument('--compact', action='store_true')
    parser.add_argument('--only', default='', help='part of a shape, as it is printed')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    slow = False
    print(f'{"":24s}' + ''.join(f'{name + ", ms":>10s}{"PyTorch":>9s}{"ratio":>7s}' for name in PASSES))
    with tempfile.TemporaryDirectory() as folder, build(folder) as program:
        for shape in shapes(args.compact):
            batch, side, channels, groups, stride = shape
            label = f'{batch}x{side}x{side}x{channels}/{groups} s{stride}'
            if args.only not in label:
                continue
            best = [{}, {}]
            for _ in range(args.rounds):
                for at, turn in enumerate((ours(program, shape, args.threads, args.passes), theirs(shape, args.passes))):
                    best[at] = {name: min(best[at].get(name, 1e9), turn[name]) for name in PASSES}
            ratios = {name: best[1][name] / best[0][name] for name in PASSES}
            slow |= min(ratios.values()) < 1 / 1.5
            print(f'{label:24s}' + ''.join(f'{best[0][n]:10.2f}{best[1][n]:9.2f}{ratios[n]:7.2f}' for n in PASSES), flush=True)
        program.stdin.close()
    sys.exit(slow)


main()
