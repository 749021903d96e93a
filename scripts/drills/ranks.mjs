/**
 * Ranks killed and stopped at random: `node scripts/drills/ranks.mjs [RUNS] [RANKS]` trains one small run as many times by
 * several ranks, kills (SIGKILL) or stops (SIGSTOP) workers at random moments of each, and compares what comes out with one
 * process that nobody disturbed: metrics, result and weights to the last bit. Ends with 1 where one differs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [runs = 10, ranks = 2] = process.argv.slice(2).map(Number);
const program = fileURLToPath(new URL('../../bin/ablate.js', import.meta.url));
const data = fileURLToPath(new URL('../../test/fixtures/fashion-mnist', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ablate-ranks-drill-'));
writeFileSync(
  join(folder, 'drill.yaml'),
  `name: drill
dataset: { name: fashion-mnist, root: ${data}, train_limit: 64, test_limit: 40 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/16, stem_stride: 2 } }
recipe: { extends: compact, epochs: 20, batch_size: 32, micro_batch_size: 4, precision: float32, ema: { decay: 0.9 }, schedule: { warmup_epochs: 0 } }
runner: { save_every: 0, keep_weights: true, parallel: 1, device: cpu }
`,
);

const file = (out, name) => join(folder, out, 'drill', 'resnet-50', 'seed-0', name);
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
const workersOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

const started = spawnSync(process.execPath, [program, 'run', 'drill.yaml', '--out', 'alone'], { cwd: folder });
if (started.status !== 0) throw new Error(String(started.stderr));
const expected = numbersOf('alone');
let wrong = 0;
let harmed = 0;
for (let run = 0; run < runs; run++) {
  const out = `ranks-${run}`;
  const child = spawn(process.execPath, [program, 'run', 'drill.yaml', '--out', out, '--ranks', String(ranks)], {
    cwd: folder,
    env: { ...process.env, ABLATE_RANKS_PATIENCE: '120,120,3' },
    stdio: 'ignore',
  });
  let code = null;
  const ended = new Promise((resolve) =>
    child.once('close', (value) => {
      code = value ?? 1;
      resolve();
    }),
  );
  for (let harm = 0; harm < 3 && code === null; harm++) {
    await Promise.race([ended, sleep(1000 + 14_000 * Math.random())]);
    const workers = workersOf(child.pid);
    if (code !== null || workers.length === 0) break;
    const signal = Math.random() < 0.5 ? 'SIGKILL' : 'SIGSTOP';
    const at = Math.floor(Math.random() * workers.length);
    try {
      process.kill(workers[at], signal);
      harmed++;
      console.log(`run ${run}: ${signal} to rank ${at}`);
    } catch {
      // It had ended by itself.
    }
  }
  await ended;
  const same = code === 0 && numbersOf(out) === expected;
  if (!same) wrong++;
  console.log(`run ${run}: exit ${code}, ${same ? 'the same to the last bit' : 'NOT the same'}`);
}
console.log(`${runs} runs by ${ranks} ranks, ${harmed} times a rank was killed or stopped, ${wrong} wrong`);
rmSync(folder, { recursive: true, force: true });
process.exit(wrong > 0 ? 1 : 0);
