#!/usr/bin/env bash
# The types of @tensorflow/tfjs-core 4.22.0 do not check under TypeScript 7.0.2: a program of one line that names a Tensor has
# 181 errors with `skipLibCheck: false`, none of them in the program.
#
# Seen 2026-11-29, npm, TypeScript 5.9.3 and 7.0.2, default `lib`:
#   5.9.3: no error
#   7.0.2: "Duplicate identifier 'GPUBufferBindingType'" and more, in TypeScript's own lib.dom.d.ts and in @webgpu/types
# tfjs-core pins @webgpu/types 0.1.38 and pulls it in by `/// <reference types>`; TypeScript's lib.dom has come to declare
# WebGPU itself, with other members. Leaving "dom" out of `lib` does not help: tfjs-core needs ImageData and more from it.
# `skipLibCheck: true` is the way out.
#
# Ends with 1 where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 old@npm:typescript@5.9.3 new@npm:typescript@7.0.2
cat > program.ts <<'TS'
import type { Tensor } from '@tensorflow/tfjs-core';
export const rank = (x: Tensor): number => x.rank;
TS
check() {
  node "node_modules/$1/bin/tsc" --noEmit --strict --target es2022 --module node16 --moduleResolution node16 \
    --skipLibCheck "$2" program.ts | grep -c 'error TS' || true
}
echo "5.9.3: $(check old false) errors; 7.0.2: $(check new false) errors, $(check new true) with skipLibCheck"
[[ $(check old false) == 0 && $(check new false) -gt 10 && $(check new true) == 0 ]]
