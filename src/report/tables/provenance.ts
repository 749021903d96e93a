import type { RunRecord } from '../../records/run.js';
import { counted, duration, grouped } from '../format.js';
import type { Study } from '../study.js';
import type { Table } from './table.js';

/** Where the numbers come from: engines, machines, versions, and how many runs each made. */
export function provenanceTable({ rows: all }: Study): Table {
  // A variant that is an earlier one's network has that one's runs: they are counted there.
  const rows = all.filter(({ variant }) => variant.sameAs === undefined);
  const runs = rows.flatMap(({ states }) =>
    states.flatMap(({ status, files }) => (status === 'done' && files.run ? [files.run] : [])),
  );
  const seconds = rows.flatMap(({ states }) =>
    states.flatMap((state) => (state.status === 'done' ? [state.result.seconds.total] : [])),
  );
  const lines = (what: string, of: (run: RunRecord) => string): string[][] => {
    const counts = new Map<string, number>();
    for (const run of runs) {
      const value = of(run);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) => [what, value, String(count)]);
  };
  return {
    columns: [{ heading: 'what' }, { heading: 'value' }, { heading: 'runs', right: true }],
    rows: [
      ...lines(
        'engine',
        ({ engine }) =>
          `${engine.engine} ${engine.version}, ${engine.compiled ? `compiled steps${engine.compiler ? ' (XLA)' : ''}` : 'eager'}, kernels ${engine.kernels}, ${engine.precision}`,
      ),
      ...lines('device', ({ engine }) => `${engine.device}, ${counted(engine.threads, 'thread')} a run`),
      ...lines(
        'machine',
        ({ machine }) =>
          `${machine.cpu}, ${counted(machine.cores, 'core')}, ${grouped(Math.round(machine.memoryBytes / 2 ** 30))} GiB, ${machine.platform}, Node ${machine.node}`,
      ),
      ...lines('code', ({ codeVersion }) => codeVersion),
      ...lines('data', ({ spec, datasetFingerprint }) => `${spec.dataset.name}, fingerprint ${datasetFingerprint}`),
      ...lines('recipe', ({ spec }) => spec.recipe.name),
      [
        'time',
        `${duration(seconds.reduce((sum, value) => sum + value, 0))} of runs in all, start-up and evaluation included`,
        String(seconds.length),
      ],
    ],
  };
}
