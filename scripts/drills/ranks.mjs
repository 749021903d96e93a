/**
 * Ranks killed, stopped, late and cut at random: `node scripts/drills/ranks.mjs [RUNS] [SECONDS]` trains one small run as many
 * times by 2 or 4 ranks, or as often as fits into the seconds. At random steps of each it kills (SIGKILL) or stops (SIGSTOP) a
 * worker, holds one back as it starts, or cuts the run (SIGINT) and goes on with another number of ranks; then compares with
 * one process that nobody disturbed: metrics, result and weights to the last bit. Ends with 1 where one differs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [runs = 10, seconds = 3600] = process.argv.slice(2).map(Number);
const end = Date.now() + 1000 * seconds;
const program = fileURLToPath(new URL('../../bin/ablate.js', import.meta.url));
const data = fileURLToPath(new URL('../../test/fixtures/fashion-mnist', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ablate-ranks-drill-'));
/** Twenty steps of four passes each. */
const steps = 20;
writeFileSync(
  join(folder, 'drill.yaml'),
  `name: drill
dataset: { name: fashion-mnist, root: ${data}, train_limit: 64, test_limit: 40 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/16, stem_stride: 2 } }
recipe: { extends: compact, epochs: ${steps / 4}, batch_size: 16, micro_batch_size: 4, precision: float32, ema: { decay: 0.9 }, schedule: { warmup_epochs: 0 } }
runner: { save_every: 0, keep_weights: true, parallel: 1, device: cpu }
`,
);

const draw = (below) => Math.floor(Math.random() * below);
const file = (out, name) => join(folder, out, 'drill', 'resnet-50', 'seed-0', name);
const textOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const linesOf = (out) => textOf(file(out, 'metrics.jsonl')).split('\n').length - 1;

function numbersOf(out) {
  const { top1, top5, loss, best, ema, trainLoss } = JSON.parse(readFileSync(file(out, 'result.json'), 'utf8'));
  const lines = readFileSync(file(out, 'metrics.jsonl'), 'utf8').replaceAll(/"imagesPerSecond":[^,}]*/g, '');
  const weights = ['weights.safetensors', 'weights-ema.safetensors'].map((name) =>
    existsSync(file(out, name))
      ? createHash('sha256')
          .update(readFileSync(file(out, name)))
          .digest('hex')
      : null,
  );
  return JSON.stringify({ top1, top5, loss, best, ema, trainLoss, lines, weights });
}

function workersOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    // The program has ended.
    return [];
  }
}

function signalled(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
    return false;
  }
}

function start(out, ranks) {
  const child = spawn(process.execPath, [program, 'run', 'drill.yaml', '--out', out, '--ranks', String(ranks)], {
    cwd: folder,
    env: { ...process.env, ABLATE_RANKS_PATIENCE: '120,120,3' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const run = { child, code: null, told: '' };
  child.stderr.on('data', (text) => {
    run.told += text;
  });
  run.ended = new Promise((resolve) =>
    child.once('close', (code) => {
      run.code = code ?? 1;
      resolve();
    }),
  );
  return run;
}

const counts = { killed: 0, stopped: 0, late: 0, cut: 0 };

/** Harms a run that has come to a step; says how, or null where it had ended by then. */
async function harm(run, out, step) {
  while (run.code === null && linesOf(out) < step) await sleep(5);
  const workers = workersOf(run.child.pid);
  if (run.code !== null || workers.length === 0) return null;
  const at = draw(workers.length);
  const how = ['killed', 'stopped', 'cut'][draw(3)];
  const sent =
    how === 'cut'
      ? signalled(run.child.pid, 'SIGINT')
      : signalled(workers[at], how === 'killed' ? 'SIGKILL' : 'SIGSTOP');
  return sent ? how : null;
}

/** Holds back one of a run's workers as it starts, for some seconds. */
async function holdBack(run) {
  while (run.code === null && workersOf(run.child.pid).length === 0) await sleep(5);
  const workers = workersOf(run.child.pid);
  const pid = workers[draw(workers.length)];
  if (pid === undefined || !signalled(pid, 'SIGSTOP')) return;
  counts.late++;
  await sleep(1000 + draw(6000));
  signalled(pid, 'SIGCONT');
}

/** One run to its end, harmed one to three times. */
async function disturbed(out) {
  const moments = Array.from({ length: 1 + draw(3) }, () => draw(steps)).sort((a, b) => a - b);
  const words = [];
  for (;;) {
    const ranks = 2 ** (1 + draw(2));
    const run = start(out, ranks);
    words.push(`${ranks} ranks`);
    const late = draw(3) === 0 ? holdBack(run) : null;
    while (moments.length > 0) {
      const how = await harm(run, out, moments.shift());
      if (how === null) break;
      counts[how]++;
      words.push(how);
      if (how === 'cut') break;
      // All go back first.
      await sleep(4000);
    }
    await Promise.all([run.ended, late]);
    if (run.code !== 75) return { code: run.code, told: run.told, words };
  }
}

const alone = spawnSync(process.execPath, [program, 'run', 'drill.yaml', '--out', 'alone'], { cwd: folder });
if (alone.status !== 0) throw new Error(String(alone.stderr));
const expected = numbersOf('alone');
let wrong = 0;
let done = 0;
for (; done < runs && Date.now() < end; done++) {
  const out = `ranks-${done}`;
  const { code, told, words } = await disturbed(out);
  const same = code === 0 && numbersOf(out) === expected;
  if (!same) wrong++;
  console.log(
    `run ${done}: ${words.join(', ')}: ${same ? 'the same to the last bit' : `NOT the same, exit ${code}: ${told}`}`,
  );
}
const harms = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
console.log(`${done} runs, ranks ${harms.join(', ')}; ${wrong} wrong`);
rmSync(folder, { recursive: true, force: true });
process.exit(wrong > 0 ? 1 : 0);
