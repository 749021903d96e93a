/**
 * A suite in trouble: the disk full or read-only from each kind of file operation on, a worker stopped, the engine gone between
 * two runs, memory used up. Each must end with a reason, the next command and the right exit code, without a stack; the same
 * command afterwards must end with the numbers of a suite that nobody disturbed.
 *
 *     npm run build && node scripts/drills/troubles.mjs [--only 'of result.json']
 *
 * Prints a line a drill. Exits with 1 where one did not end so. Killed processes have their own: kills.mjs.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { numbersOf, smallSuite } from './small-suite.mjs';

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ablate-troubles-'));
const suite = join(folder, 'troubles.yaml');
writeFileSync(suite, smallSuite({ name: 'troubles', parallel: 1, seeds: [0] }));
const runs = ['convnext-tiny', 'kernel-size-5'].map((variant) => ({ variant, seed: 0 }));
const hook = pathToFileURL(join(import.meta.dirname, 'trouble-hook.mjs')).href;

const errors = (kind, operations) => operations.map((operation) => [kind, operation, 'before']);
const whole = ['open', 'write', 'sync', 'rename'];
/** By whom, of what, which operation, when, and the how manieth of its kind. */
const places = {
  scheduler: [
    ...errors('.lock', ['open', 'write']),
    ...errors('plan.json', whole),
    ['plan.json', 'write', 'amid'],
    ...errors('log.txt', ['write', 'open']),
  ],
  worker: [
    ...errors('.lock', ['open', 'write']),
    ...errors('run.json', whole),
    ['run.json', 'write', 'amid'],
    ...errors('metrics.jsonl', ['open', 'write', 'sync']),
    ['metrics.jsonl', 'write', 'amid'],
    ...errors('checkpoint', whole),
    ['checkpoint', 'write', 'amid'],
    ...errors('result.json', whole),
    ['result.json', 'write', 'amid'],
  ],
};
/** Of what comes by in every step, also a late one. */
const times = ([kind, operation]) =>
  kind === 'checkpoint' || (kind === 'metrics.jsonl' && operation !== 'open') ? [1, 7] : [1];
const disk = Object.entries(places).flatMap(([by, list]) =>
  list.flatMap((place) =>
    times(place).map((at) => ({
      name: `disk full: ${by}, ${place[2]} ${place[1]} of ${place[0]}, number ${at}`,
      trouble: { by, kind: place[0], operation: place[1], moment: place[2], at, code: 'ENOSPC' },
      exit: 3,
      says: /the disk is full \(ENOSPC\)[\s\S]*Next: /,
    })),
  ),
);
const readOnly = [
  ['scheduler', '.lock', 'open'],
  ['scheduler', 'plan.json', 'open'],
  ['scheduler', 'log.txt', 'write'],
  ['worker', 'run.json', 'open'],
  ['worker', 'checkpoint', 'open'],
  ['worker', 'result.json', 'rename'],
].map(([by, kind, operation]) => ({
  name: `read-only: ${by}, ${operation} of ${kind}`,
  trouble: { by, kind, operation, moment: 'before', at: 1, code: 'EROFS' },
  exit: 3,
  says: /the file system is read-only \(EROFS\)[\s\S]*Next: /,
}));
const memory = [1, 5].map((at) => ({
  name: `memory used up at checkpoint ${at}`,
  trouble: { by: 'worker', kind: 'checkpoint', operation: 'rename', moment: 'before', at, code: 'memory' },
  exit: 1,
  says: /failed: convnext-tiny seed 0: the process ended by SIGABRT: .*heap/,
}));

const others = [
  ['a worker stopped and let go on', stopped],
  ['the engine gone between two runs', engineGone],
];
const wanted = (name) => name.includes(values.only ?? '');

const problems = [];
let drills = 0;
const reference = join(folder, 'undisturbed');
try {
  const { status, said } = await start(reference).ended;
  if (status !== 0) throw new Error(said);
  for (const drill of [...disk, ...readOnly, ...memory]) if (wanted(drill.name)) await hindered(drill);
  for (const [name, drill] of others) if (wanted(name)) await drilled(name, drill);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${drills} drills, ${problems.length} problems\n`);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Starts the suite; `said` is all that it said. */
function start(out, env = {}) {
  const child = spawn(process.execPath, [join(root, 'bin/ablate.js'), 'run', suite, '--out', out, '--device', 'cpu'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const ended = new Promise((done) => child.on('close', (status) => done({ status, said })));
  return { child, ended, said: () => said };
}

async function drilled(name, drill) {
  const out = join(folder, `out-${drills++}`);
  const before = problems.length;
  const wrong = (text) => problems.push(`${name}: ${text}`);
  await drill(out, wrong);
  const again = await start(out).ended;
  if (again.status !== 0) wrong(`the next start ended with ${again.status}: ${again.said}`);
  for (const run of runs) {
    const [ours, theirs] = [out, reference].map((place) => numbersOf(join(place, 'troubles'), run));
    for (const part of ['result', 'metrics'])
      if (!isDeepStrictEqual(ours?.[part], theirs?.[part])) wrong(`${run.variant} has other ${part} than undisturbed`);
  }
  const left = readdirSync(out, { recursive: true }).filter((path) => /\.partial$|\.lock/.test(path));
  if (left.length > 0) wrong(`left behind: ${left.join(', ')}`);
  process.stdout.write(`${problems.length === before ? 'ok   ' : 'WRONG'} ${name}\n`);
  rmSync(out, { recursive: true, force: true });
}

async function hindered({ name, trouble, exit, says }) {
  await drilled(name, async (out, wrong) => {
    const flag = `${out}-in-trouble`;
    const { status, said } = await start(out, {
      NODE_OPTIONS: `--import=${hook}${trouble.code === 'memory' ? ' --max-old-space-size=256' : ''}`,
      ABLATE_TROUBLE: JSON.stringify({ ...trouble, flag }),
    }).ended;
    if (!existsSync(flag)) wrong('the trouble never came');
    endedWell({ status, said }, exit, says, wrong);
  });
}

function endedWell({ status, said }, exit, says, wrong) {
  if (status !== exit) wrong(`exit code ${status}, expected ${exit}: ${said}`);
  if (!says.test(said)) wrong(`did not say ${says}: ${said}`);
  if (/\n\s+at .*:\d+:\d+/.test(said)) wrong(`a stack: ${said}`);
}

async function stopped(out, wrong) {
  const { ended, said } = start(out);
  const lock = join(out, 'troubles', 'convnext-tiny', 'seed-0', '.lock');
  const pid = await until(() => existsSync(lock) && JSON.parse(readFileSync(lock, 'utf8') || '{}').pid);
  process.kill(pid, 'SIGSTOP');
  await until(() => said().includes(`kill -CONT ${pid}`));
  process.kill(pid, 'SIGCONT');
  const { status, said: all } = await ended;
  if (status !== 0) wrong(`exit code ${status}: ${all}`);
}

async function engineGone(out, wrong) {
  const cache = process.env.ABLATE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ablate');
  const own = join(folder, 'cache');
  mkdirSync(own);
  for (const name of readdirSync(cache)) symlinkSync(join(cache, name), join(own, name));
  const { ended } = start(out, { ABLATE_CACHE: own });
  // The first run has loaded its engine.
  await until(() => runs.some(({ variant }) => existsSync(join(out, 'troubles', variant, 'seed-0', 'run.json'))));
  for (const name of readdirSync(own).filter((one) => one.startsWith('tensorflow-'))) rmSync(join(own, name));
  endedWell(await ended, 3, /Next: .*setup/, wrong);
}

async function until(found) {
  for (let tries = 0; tries < 1200; tries++) {
    const value = found();
    if (value) return value;
    await sleep(50);
  }
  throw new Error('waited for a minute in vain');
}
