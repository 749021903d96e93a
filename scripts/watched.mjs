// Reads input by the thousand in a process that is watched: it must not die, take more than `seconds` for one, or hold more
// memory than `megabytes`. Used by scripts/mutate-data.mjs and scripts/fuzz.mjs:
//     node scripts/fuzz.mjs --each 500 --kind suites --from 2000
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `prepare(kind, folder)` gives a function of a number, which makes the input of that number, reads it, and gives 'opened' or
 * 'refused', or throws. Prints a line a kind; the exit code is 1 where anything went wrong.
 */
export async function watched(file, { kinds, seconds, megabytes, prepare }) {
  if (process.send) await work(prepare);
  else await watch(file, { kinds, seconds, megabytes });
}

async function work(prepare) {
  const [kind, folder, from, to] = process.argv.slice(2);
  const read = await prepare(kind, folder);
  for (let number = Number(from); number < Number(to); number++) {
    process.send({ begin: number });
    const end = await read(number).catch((error) => `fault: ${error.stack}`);
    process.send({ number, end, megabytes: process.memoryUsage().rss / 2 ** 20 });
  }
  process.disconnect();
  // Timers and threads of what was read are no reason to stay.
  process.exit();
}

async function watch(file, { kinds, seconds, megabytes: most }) {
  const { values } = parseArgs({
    options: {
      each: { type: 'string', default: '10000' },
      from: { type: 'string', default: '0' },
      kind: { type: 'string' },
    },
  });
  const from = Number(values.from);
  const to = from + Number(values.each);
  let faults = 0;
  for (const kind of values.kind ? [values.kind] : kinds) {
    const counts = { opened: 0, refused: 0, died: 0, late: 0, faults: [], megabytes: 0, longest: 0 };
    for (let next = from; next < to; ) next = await stretch(file, seconds, kind, next, to, counts);
    const { opened, refused, died, late, megabytes, longest } = counts;
    const wrong = died + late + counts.faults.length + (megabytes > most ? 1 : 0);
    faults += wrong;
    for (const fault of counts.faults.slice(0, 5)) console.error(fault);
    console.log(
      `${kind}: ${to - from}: ${opened} opened, ${refused} refused by name; ${died} ended the process, ${late} took over ${seconds} s, ${counts.faults.length} ended otherwise; longest ${longest.toFixed(1)} s, at most ${megabytes.toFixed(0)} MB (bound ${most})`,
    );
  }
  process.exitCode = faults > 0 ? 1 : 0;
}

/** Runs a process until it has done all, has died or hangs; gives the number to go on with. */
function stretch(file, seconds, kind, from, to, counts) {
  const folder = mkdtempSync(join(tmpdir(), 'ablate-watched-'));
  const child = fork(file, [kind, folder, from, to]);
  let at = from;
  let done = from;
  let began = performance.now();
  let late = false;
  const clock = setInterval(() => {
    // The first one waits for the program to load.
    if (late || performance.now() - began < seconds * 1000 * (done === from ? 6 : 1)) return;
    late = true;
    counts.late++;
    console.error(`${kind} ${at}: took over ${seconds} s`);
    child.kill('SIGKILL');
  }, 500);
  child.on('message', ({ begin, number, end, megabytes }) => {
    if (begin !== undefined) {
      at = begin;
      began = performance.now();
      return;
    }
    done = number + 1;
    counts.longest = Math.max(counts.longest, (performance.now() - began) / 1000);
    counts.megabytes = Math.max(counts.megabytes, megabytes);
    if (end === 'opened' || end === 'refused') counts[end]++;
    else counts.faults.push(`${kind} ${number}: ${end}`);
  });
  return new Promise((resolve) => {
    child.on('close', () => {
      clearInterval(clock);
      rmSync(folder, { recursive: true, force: true });
      if (done < to && !late) counts.died++;
      resolve(done < to ? at + 1 : to);
    });
  });
}
