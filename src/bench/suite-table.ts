import type { Table } from '../report/tables/table.js';
import { overhead, type Part, parts, type SuiteTime } from './suite-clock.js';
import { counted } from '../words/counted.js';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const right = true;

/** Where the runs' time went, all together and for one of them on average. */
export function suiteTable({ parts: seconds, runs }: SuiteTime): Table {
  const whole = runs.reduce((sum, { total }) => sum + total, 0);
  const row = (label: string, value: number) => [
    label,
    value.toFixed(1),
    (value / runs.length).toFixed(2),
    percent(value / whole),
  ];
  return {
    columns: [
      { heading: 'what' },
      { heading: 'seconds, all runs', right },
      { heading: 'seconds a run', right },
      { heading: 'share', right },
    ],
    rows: [...(Object.keys(parts) as Part[]).map((part) => row(parts[part], seconds[part])), row('all', whole)],
  };
}

export function suiteFindings(time: SuiteTime): string[] {
  const { wall, command, parallel, idle, runs } = time;
  const longest = runs.reduce((most, run) => (run.total > most.total ? run : most));
  return [
    `Overhead of a run outside its steps: median ${percent(time.overhead.median)}, most ${percent(time.overhead.most)}; ${percent(overhead(longest))} of the longest run (${longest.variant} seed ${longest.seed}, ${longest.total.toFixed(0)} s).`,
    `${counted(runs.length, 'run')}, ${parallel} at a time, in ${wall.toFixed(0)} s; places for runs stood empty for ${percent(idle)} of it.`,
    `The command before the first run and after the last: ${(command - wall).toFixed(1)} s.`,
  ];
}
