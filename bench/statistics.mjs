// How often the report's verdicts are wrong and how often they find something, on simulated roads.
//
//     npm run build && node bench/statistics.mjs            8,000 studies a cell: four minutes on one core
//     node bench/statistics.mjs --studies 800               the same, rougher
import { parseArgs } from 'node:util';
import { createGenerator } from '../dist/random/generator.js';
import { judgeFamily } from '../dist/statistics/family.js';
import { nullDistribution } from '../dist/statistics/null-distribution.js';
import { pairedDifference } from '../dist/statistics/paired.js';
import { fitPrior, moderated } from '../dist/statistics/prior.js';
import { powerWithKnownSpreads, simulate } from './statistics/studies.mjs';

const { values } = parseArgs({ options: { studies: { type: 'string', default: '8000' } } });
const studies = Number(values.studies);
const statistics = { judgeFamily, nullDistribution, pairedDifference, fitPrior, moderated, createGenerator };
const counts = [3, 5, 8, 10];
const spreads = ['equal', 'shrunk', 'measured', 'study-shrunk', 'study'];
const line = (...cells) => console.log(`| ${cells.join(' | ')} |`);
const head = (...cells) => {
  line(...cells);
  line('---', ...cells.slice(1).map(() => '---:'));
};
const run = (cell) => simulate(statistics, { studies, ...cell });
const share = (value) => value.toFixed(1);

console.log(
  `Family-wise error without effects / coverage of all intervals at once, %, ${studies} studies a cell; correlations 0, 0.3, 0.6\n`,
);
head('errors, spreads', ...counts.map((n) => `${n} seeds`));
for (const errors of ['normal', 't5', 'skewed']) {
  for (const kind of spreads) {
    const cells = counts.map((seeds) => {
      const made = [0, 0.3, 0.6].map((correlation) => run({ seeds, spreads: kind, errors, correlation }));
      const of = (key) => made.map((one) => share(one[key])).join(' ');
      return `${of('familyWiseError')} / ${of('coverage')}`;
    });
    line(`${errors}, ${kind}`, ...cells);
  }
}

console.log(
  '\nPower at 1, 2, 3 sd, %, five of the sixteen steps moved, normal errors, correlation 0.3; median half-width in sd\n',
);
head('spreads', ...counts.map((n) => `${n} seeds`));
for (const kind of spreads) {
  const cells = counts.map((seeds) => {
    const made = [1, 2, 3].map((effect) => run({ studies: Math.min(studies, 2000), seeds, spreads: kind, effect }));
    return `${made.map(({ power }) => power.toFixed(0)).join(' ')}; ${made[0].halfWidth.toFixed(2)}`;
  });
  line(kind, ...cells);
}

console.log('\nPower at 1, 2, 3 sd of a judge who knows every true spread, %, otherwise as above\n');
head('spreads', ...counts.map((n) => `${n} seeds`));
for (const kind of spreads) {
  const cells = counts.map((seeds) =>
    [1, 2, 3]
      .map((effect) => powerWithKnownSpreads(statistics, { studies: 4000, seeds, spreads: kind, effect }).toFixed(0))
      .join(' '),
  );
  line(kind, ...cells);
}
