// Simulated roads with the spreads that were seen: 17 networks, 16 steps (13 along a road, three more values of a sweep
// that share their parent), the same seeds for all. 1 sd is the root mean square of the networks' seed sds. The judgement
// is the program's own, given by whoever calls: bench/statistics.mjs the built one, test/statistics/simulated.test.ts the
// source.
import { existsSync, readFileSync } from 'node:fs';

/** Network k + 1's parent. */
const parents = [0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 9, 12, 13, 14, 15];
const networks = 17;
/** Seed sds in points of top-1 of reports/fashion-mnist-road, three seeds; the last network, Swin-T, is no step. */
const measured = [0.87, 0.54, 1.27, 0.7, 1.58, 0.27, 1.5, 0.25, 1.02, 0.16, 0.56, 0.11, 0.7, 0.09, 0.31, 0.75, 0.39];

/** Those of reports/study, of its road's eight seeds, in the road's order. */
const study = JSON.parse(read('plan.json'))
  .variants.filter(({ kind }) => kind !== 'compare')
  .map(({ name, runs }) => {
    const files = runs
      .map(({ seed }) => `${name}/seed-${seed}/result.json`)
      .filter((file) => existsSync(placeOf(file)));
    const top1 = files.map((file) => 100 * JSON.parse(read(file)).top1);
    const mean = top1.reduce((sum, value) => sum + value, 0) / top1.length;
    return Math.sqrt(top1.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (top1.length - 1));
  });

function placeOf(file) {
  return new URL(`../../reports/study/records/study-road/${file}`, import.meta.url);
}

function read(file) {
  return readFileSync(placeOf(file), 'utf8');
}

const grid = [0.5, 1, 2, 3, 4, 6, 8, 12, 20, 50, Number.POSITIVE_INFINITY];

/**
 * Judges `studies` simulated studies of one cell; gives shares in percent.
 * @param statistics judgeFamily, nullDistribution, pairedDifference, fitPrior, moderated, createGenerator
 * @param cell { studies, seeds, spreads: equal | shrunk | measured | study | study-shrunk, errors: normal | t5 | skewed, correlation, effect, moved }
 */
export function simulate(statistics, cell) {
  const { studies, seeds, spreads = 'equal', errors = 'normal', correlation = 0.3, effect = 0, moved = 5 } = cell;
  const { judgeFamily, pairedDifference, createGenerator } = statistics;
  const random = createGenerator(1, JSON.stringify([seeds, spreads, errors, correlation, effect, moved]));
  const sds = sdsOf(statistics, spreads);
  const distribution = tableOf(statistics, seeds);
  const draw = noise[errors];
  const counts = { wrong: 0, covered: 0, found: 0, moved: 0, reversed: 0, lean: 0 };
  const widths = [];
  for (let study = 0; study < studies; study++) {
    const common = Array.from({ length: seeds }, () => draw(random));
    const effects = effectsOf(random, effect, effect === 0 ? 0 : moved);
    const levels = [0];
    parents.forEach((parent, step) => levels.push(levels[parent] + effects[step]));
    const results = sds.map((sd, network) => {
      const values = common.map(
        (shared) =>
          levels[network] + sd * (Math.sqrt(1 - correlation) * draw(random) + Math.sqrt(correlation) * shared),
      );
      return new Map(values.map((value, seed) => [seed, value]));
    });
    const { judged } = judgeFamily(
      parents.map((parent, step) => ({
        terms: [
          [String(step + 1), 1],
          [String(parent), -1],
        ],
        difference: pairedDifference(results[step + 1], results[parent]),
      })),
      { distribution, flips: false, target: null },
    );
    const claimed = judged.map(({ verdict }) => verdict.verdict !== 'unresolved');
    if (claimed.some((claim, step) => claim && effects[step] === 0)) counts.wrong++;
    if (judged.some(({ lean }) => lean !== null)) counts.lean++;
    if (judged.every(({ interval: [low, high] }, step) => low <= effects[step] && effects[step] <= high))
      counts.covered++;
    judged.forEach(({ verdict, interval }, step) => {
      widths.push((interval[1] - interval[0]) / 2);
      if (effects[step] === 0) return;
      counts.moved++;
      if (!claimed[step]) return;
      counts.found++;
      if ((verdict.verdict === 'helps') !== effects[step] > 0) counts.reversed++;
    });
  }
  widths.sort((a, b) => a - b);
  return {
    familyWiseError: (100 * counts.wrong) / studies,
    coverage: (100 * counts.covered) / studies,
    power: counts.moved === 0 ? null : (100 * counts.found) / counts.moved,
    reversed: counts.reversed,
    leans: (100 * counts.lean) / studies,
    halfWidth: widths[widths.length >> 1],
  };
}

/**
 * The power, in percent, of a judge who knows every network's true spread and the correlation: |mean| over its true standard
 * error against the 95% quantile of the largest where no step does anything. What no procedure can reach that has to estimate them.
 */
export function powerWithKnownSpreads(statistics, { studies, seeds, spreads, effect, correlation = 0.3, moved = 5 }) {
  const random = statistics.createGenerator(1, JSON.stringify(['known', seeds, spreads, effect, correlation, moved]));
  const sds = sdsOf(statistics, spreads);
  const errors = parents.map((parent, step) => {
    const [a, b] = [sds[step + 1], sds[parent]];
    return Math.sqrt(((1 - correlation) * (a * a + b * b) + correlation * (a - b) ** 2) / seeds);
  });
  const means = () => {
    const common = random.normal();
    const levels = sds.map(
      (sd) =>
        (sd * (Math.sqrt(1 - correlation) * random.normal() + Math.sqrt(correlation) * common)) / Math.sqrt(seeds),
    );
    return parents.map((parent, step) => levels[step + 1] - levels[parent]);
  };
  const largest = Array.from({ length: 10 * studies }, () =>
    Math.max(...means().map((mean, step) => Math.abs(mean) / errors[step])),
  ).sort((a, b) => a - b);
  const critical = largest[Math.floor(0.95 * largest.length)];
  let found = 0;
  for (let study = 0; study < studies; study++) {
    const effects = effectsOf(random, effect, moved);
    means().forEach((mean, step) => {
      if (effects[step] !== 0 && Math.abs(mean + effects[step]) / errors[step] > critical) found++;
    });
  }
  return (100 * found) / (studies * moved);
}

/** A third of the steps (or one) moved by `size`, with random signs. */
function effectsOf(random, size, count) {
  const effects = parents.map(() => 0);
  for (let placed = 0; placed < count; ) {
    const step = random.below(effects.length);
    if (effects[step] !== 0) continue;
    effects[step] = random.uniform() < 0.5 ? size : -size;
    placed++;
  }
  return effects;
}

const noise = {
  normal: (random) => random.normal(),
  t5(random) {
    let chi = 0;
    for (let i = 0; i < 5; i++) chi += random.normal() ** 2;
    return random.normal() * Math.sqrt(3 / chi);
  },
  /** Most seeds near the top, some go wrong. */
  skewed: (random) => 1 + Math.log(1 - random.uniform()),
};

/** `shrunk`: what the measured sds say about the true ones. */
function sdsOf({ fitPrior, moderated }, kind) {
  const shrunk = (sds, degrees) => {
    const variances = sds.map((sd) => ({ value: sd * sd, degrees }));
    const prior = fitPrior(variances);
    return variances.map((variance) => Math.sqrt(moderated(variance, prior)));
  };
  const sds = {
    equal: measured.map(() => 1),
    shrunk: shrunk(measured, 2),
    measured,
    'study-shrunk': shrunk(study, 7),
    study,
  }[kind];
  const scale = Math.sqrt(sds.reduce((sum, sd) => sum + sd * sd, 0) / networks);
  return sds.map((sd) => sd / scale);
}

const tables = new Map();

/** The bootstrap once for each d0 of the grid; between them the logarithm of a critical value is a line in 1/(d0 + n - 1). */
function tableOf({ nullDistribution }, seeds) {
  const known = tables.get(seeds);
  if (known) return known;
  const contrasts = parents.map((parent, step) => ({
    terms: [
      [String(step + 1), 1],
      [String(parent), -1],
    ],
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    informs: true,
  }));
  const made = grid.map((degrees) => nullDistribution(contrasts, degrees));
  const place = (degrees) => 1 / (degrees + seeds - 1);
  const table = (_, degrees) => {
    const above = Math.max(
      1,
      grid.findIndex((one) => one >= degrees),
    );
    const [low, high] = [made[above - 1], made[above]];
    const [from, to] = [place(grid[above - 1]), place(grid[above])];
    const share = Math.min(1, Math.max(0, (place(degrees) - from) / (to - from)));
    const between = (of) => Math.exp((1 - share) * Math.log(of(low)) + share * Math.log(of(high)));
    return {
      simultaneous: (confidence, n) => between((one) => one.simultaneous(confidence, n)),
      individual: (confidence, n) => between((one) => one.individual(confidence, n)),
      adjustedP: (t, n) => between((one) => one.adjustedP(t, n)),
      individualP: (t, n) => between((one) => one.individualP(t, n)),
    };
  };
  tables.set(seeds, table);
  return table;
}
