/**
 * Loaded into a program and its workers by tests that harm a run amid its work: after the second line of metrics that it
 * writes, a worker waits as long as there is a file `hold-N` in the folder `ABLATE_HOLD`, N being how often its run was
 * started; `held-N` says that it does. However fast a machine is, the run is not done before the test has been there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kindOf, meetOperations, who } from '../../scripts/drills/file-operations.mjs';

let lines = 0;
const folder = process.env.ABLATE_HOLD;
if (who === 'worker' && folder)
  await meetOperations((path, operation, moment) => {
    if (kindOf(path) !== 'metrics.jsonl' || operation !== 'write' || moment !== 'after' || ++lines !== 2) return;
    const { starts } = JSON.parse(readFileSync(join(dirname(path), 'run.json'), 'utf8'));
    const hold = join(folder, `hold-${starts.length}`);
    if (!existsSync(hold)) return;
    writeFileSync(join(folder, `held-${starts.length}`), '');
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    while (existsSync(hold)) Atomics.wait(nothing, 0, 0, 20);
  });
