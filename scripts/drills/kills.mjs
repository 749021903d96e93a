/**
 * A suite whose processes are killed at their file operations, again and again, until it is done; then once more, until
 * there were enough kills. No done run may be lost or trained twice, no line of metrics lost or doubled, and every number
 * must be that of a suite that nobody disturbed. Checkpoints are written after every step.
 *
 *     npm run build && node scripts/drills/kills.mjs [--kills 200] [--device wasm]
 *
 * Prints the kills by place. Exits with 1, and what differs, where something was lost.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { numbersOf, smallSuite } from './small-suite.mjs';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, device: { type: 'string', default: 'cpu' } },
});
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ablate-kills-'));
const suite = join(folder, 'kills.yaml');
writeFileSync(suite, smallSuite({ name: 'kills', parallel: 2, seeds: [0, 1] }));
const runs = ['convnext-tiny', 'kernel-size-5'].flatMap((variant) => [0, 1].map((seed) => ({ variant, seed })));
const log = join(folder, 'kills.log');
writeFileSync(log, '');
const hook = pathToFileURL(join(import.meta.dirname, 'kill-hook.mjs')).href;
const start = (out, disturbed) =>
  spawnSync(process.execPath, [join(root, 'bin/ablate.js'), 'run', suite, '--out', out, '--device', values.device], {
    env: { ...process.env, ...(disturbed && { NODE_OPTIONS: `--import=${hook}`, ABLATE_KILL_LOG: log }) },
    encoding: 'utf8',
    timeout: 300_000,
  });
const kills = () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean);

const problems = [];
try {
  const undisturbed = join(folder, 'undisturbed');
  const reference = start(undisturbed, false);
  if (reference.status !== 0) throw new Error(reference.stderr);
  for (let round = 0; kills().length < Number(values.kills); round++) {
    const out = join(folder, `round-${round}`);
    mkdirSync(out);
    const finished = new Map();
    let starts = 0;
    for (let done = false; !done; starts++) {
      if (starts > 400) throw new Error('400 starts did not finish the suite');
      // The last starts of a round are left alone, so that it ends.
      const { status, stderr } = start(out, starts < 100);
      done = status === 0;
      if (status !== null && status !== 0 && ![1, 2, 75].includes(status)) problems.push(`exit ${status}: ${stderr}`);
      for (const run of runs) {
        const name = `${run.variant} seed ${run.seed}`;
        const now = numbersOf(join(out, 'kills'), run);
        const before = finished.get(name);
        if (before && now?.finishedAt !== before)
          problems.push(`round ${round}: ${name} was done, and is not or again`);
        if (now?.result.status === 'done') finished.set(name, now.finishedAt);
      }
    }
    for (const run of runs) {
      const [ours, theirs] = [numbersOf(join(out, 'kills'), run), numbersOf(join(undisturbed, 'kills'), run)];
      for (const part of ['result', 'metrics']) {
        if (!isDeepStrictEqual(ours?.[part], theirs?.[part]))
          problems.push(`round ${round}: ${run.variant} seed ${run.seed}: other ${part} than undisturbed`);
      }
    }
    process.stderr.write(
      `round ${round}: ${starts} starts, ${kills().length} kills so far, ${problems.length} problems\n`,
    );
    rmSync(out, { recursive: true });
  }
  const counts = new Map();
  for (const site of kills()) counts.set(site, (counts.get(site) ?? 0) + 1);
  for (const [site, count] of [...counts].sort()) process.stdout.write(`${String(count).padStart(4)}  ${site}\n`);
  process.stdout.write(`${kills().length} kills at ${counts.size} kinds of moment, ${problems.length} problems\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
