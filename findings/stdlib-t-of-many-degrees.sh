#!/usr/bin/env bash
# @stdlib's Student's t ends short of the normal distribution that it goes over into. SciPy 1.17.1 takes infinite degrees of
# freedom and gives the normal's values; @stdlib gives numbers, and no NaN, that look like any other.
#
# Seen 2026-11-30, npm, @stdlib/stats-base-dists-t-quantile 0.2.3 and t-cdf 0.2.3, Node 20:
#   quantile(0.975, v): 1.959964 up to v = 1e16, 0 from 1e17 on (the median), NaN at Infinity
#   cdf(-1.96, v): 0.024998 up to v = 1e20, 0.5 at Infinity
# Satterthwaite's degrees of freedom reach such numbers where a variance is known. From some large number on the normal's own
# quantile and distribution function are the way out.
#
# Ends with 1 where that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @stdlib/stats-base-dists-t-quantile@0.2.3 @stdlib/stats-base-dists-t-cdf@0.2.3
node --input-type=module -e "
import quantile from '@stdlib/stats-base-dists-t-quantile';
import cdf from '@stdlib/stats-base-dists-t-cdf';
const of = (f, share) => [1e16, 1e17, 1e20, Infinity].map((degrees) => Number(f(share, degrees).toFixed(6)));
const found = JSON.stringify([of(quantile, 0.975), of(cdf, -1.96).map(String)]);
console.log('degrees 1e16, 1e17, 1e20, Infinity:', found);
process.exit(found === JSON.stringify([[1.959964, 0, 0, null], ['0.024998', '0.024998', '0.024998', '0.5']]) ? 0 : 1);
"
