/**
 * Many runs at once on few cores: does it end, and how much less is done than with a run a core?
 *
 *     node bench/many-runs.mjs [--few 2] [--many 8] [--rounds 3] [--markdown FILE]
 *
 * Trains as many runs as `--many` says, `few` and `many` at a time in turn, and writes the section `many-runs` of RESULTS.md,
 * or of FILE.
 */
import { parseArgs } from 'node:util';
import { provenance } from '../dist/bench/provenance.js';
import { writeSection } from '../dist/bench/results-file.js';
import { ablate, markdown, median, suite } from './suite.mjs';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    markdown,
    few: { ...text, default: '2' },
    many: { ...text, default: '8' },
    rounds: { ...text, default: '3' },
  },
});
const [few, many, rounds] = [values.few, values.many, values.rounds].map(Number);

const speeds = new Map([few, many].map((parallel) => [parallel, []]));
let versions = [];
for (let round = 1; round <= rounds; round++) {
  for (const [parallel, all] of speeds) {
    const asked = ['--only', 'separate-downsampling', '--seeds', `0-${many - 1}`, '--parallel', String(parallel)];
    const answer = await ablate(['bench', 'suite', suite, ...asked]);
    all.push((60 * answer.runs.length) / answer.wall);
    versions = answer.versions;
    process.stderr.write(`round ${round}: ${parallel} at a time, ${all.at(-1).toFixed(2)} runs a minute\n`);
  }
}
const [slow, fast] = [many, few].map((parallel) => median(speeds.get(parallel)));
const row = ([parallel, all]) => [
  String(parallel),
  median(all).toFixed(2),
  `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`,
];
const share = `${((100 * slow) / fast).toFixed(0)} %`;
await writeSection(values.markdown, {
  id: 'many-runs',
  title: `Many runs at once: ${many} beside ${few} at a time`,
  provenance: provenance(process.argv.slice(2), versions, 'node bench/many-runs.mjs'),
  method: `${many} runs of the compact road's last network, 200 steps each, by turns (${rounds} of each); runs over the time from the first start to the last end, start-up and evaluation included.`,
  table: {
    columns: [
      { heading: 'runs at a time', right: true },
      { heading: 'runs a minute, median', right: true },
      { heading: 'range', right: true },
    ],
    rows: [...speeds].map(row),
  },
  findings: [`All runs ended; ${many} at a time do ${share} of the work that ${few} at a time do.`],
});
process.stdout.write(`${many} at a time: ${share} of ${few} at a time; written to ${values.markdown}\n`);
