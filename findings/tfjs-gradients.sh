#!/usr/bin/env bash
# Gradients of TensorFlow.js 4.22 that are wrong without a word: of y = op(x) with sum(y) as the loss, on its plain backend.
#
# Seen 2026-11-29, @tensorflow/tfjs 4.22.0 from npm, Linux x64, Node 20:
#   mirrorPad, reflect, [1, 2, 3] by one each side: 1,1,1   (true 1,3,1, as y is [2, 1, 2, 3, 2]; it is zero padding's)
#   cumsum along axis 0 of a 2x2:                   2,1,2,1 (true 2,2,1,1: it comes out transposed)
#   floorDiv(x, 2) at 3:                            0.5     (a step's slope is 0; it is that of the quotient)
#   split(x, 2).reverse() of [1, 2], times [10, 1]: 10,1    (true 1,10: reordering the array reorders the tape's outputs)
#
# Ends with 1 where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
cat > gradients.cjs <<'JS'
const tf = require('@tensorflow/tfjs');
const show = (f, x) => Array.from(tf.grad((given) => tf.sum(f(given)))(x).dataSync()).join();
console.log('mirrorPad', show((x) => tf.mirrorPad(x, [[1, 1]], 'reflect'), tf.tensor1d([1, 2, 3])));
console.log('cumsum', show((x) => tf.cumsum(x, 0), tf.tensor2d([[1, 2], [3, 4]])));
console.log('floorDiv', show((x) => tf.floorDiv(x, 2), tf.tensor1d([3])));
console.log('split', show((x) => tf.mul(tf.concat(tf.split(x, 2).reverse()), [10, 1]), tf.tensor1d([1, 2])));
JS
found=$(node gradients.cjs 2>/dev/null)
echo "$found"
[[ $found == $'mirrorPad 1,1,1\ncumsum 2,1,2,1\nfloorDiv 0.5\nsplit 10,1' ]]
