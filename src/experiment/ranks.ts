import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerMessage } from '../training/messages.js';
import { freePorts } from './free-ports.js';
import { isStopped } from './lock.js';
import { startWorker, type WorkerEnd, type WorkerHandle } from './worker-handle.js';
import { type RunTask, workerExit } from './worker-task.js';

/** How long ranks wait for each other, in seconds; see `GroupOptions`. */
export interface Patience {
  readonly comeWithin: number;
  readonly timeout: number;
  readonly lostAfter: number;
}

/** Pictures of another's share may take long to find; a checkpoint of a large network to write. */
const usual: Patience = { comeWithin: 900, timeout: 1800, lostAfter: 20 };

/** Starts in a row that may be lost with no step taken that was not taken before. */
const mostRestarts = 3;

/** What is left to the others to end by themselves once one has: most learn of it at once. */
const graceMilliseconds = 1000;
const lookMilliseconds = 500;

/** Another program's ranks do not end in the same moment: who comes again at once would meet the one that is about to go. */
const breathMilliseconds = 3000;

/**
 * Trains a run by several processes: all ranks on this machine, each with its own address on the loopback, or the one that
 * is this program's. Where a rank is killed or stopped, or does not answer, all begin again from the last checkpoint, at
 * most three times in a row without getting further. Ends as the rank that decides it: one that could not go on by its own
 * word, else rank 0.
 */
export function trainTogether(
  file: string,
  task: RunTask,
  onMessage: (message: WorkerMessage) => void,
  patience: Patience = patienceOf(process.env),
): { readonly ended: Promise<WorkerEnd>; signal(name: NodeJS.Signals): void } {
  let workers: WorkerHandle[] = [];
  let asked: NodeJS.Signals | null = null;
  let furthest = 0;
  const leads = (task.seat?.rank ?? 0) === 0;
  const log = leads ? join(task.folder, 'log.txt') : join(dirname(dirname(task.folder)), `rank-${task.seat?.rank}.txt`);

  return {
    ended: train(),
    signal(name) {
      asked = name;
      for (const worker of workers) worker.signal(name);
    },
  };

  async function train(): Promise<WorkerEnd> {
    for (let lost = 0; ; ) {
      const before = furthest;
      const ends = await start();
      const end = decisive(ends);
      if (asked || !isLost(end)) return end;
      lost = furthest > before ? 1 : lost + 1;
      const who = describeLost(ends);
      if (lost > mostRestarts) return { ...end, described: `${who}; ${lost} starts in a row came no further` };
      onMessage({ kind: 'warning', text: `${name()}: ${who}; all ranks go on from the last checkpoint` });
      if (task.seat) await sleep(breathMilliseconds);
      if (asked) return { ...end, code: workerExit.interrupted, name: null };
    }
  }

  /** One start of this program's ranks, to the end of the last of them. */
  async function start(): Promise<RankEnd[]> {
    const { ranks, seat, gpus, ...rest } = task;
    const hosts = seat?.hosts ?? (await freePorts(ranks));
    const own = seat ? [seat.rank] : [...hosts.keys()];
    workers = own.map((rank, at) => {
      const group = { hosts, rank, ...patience };
      return startWorker(file, { ...rest, gpu: gpus[at] ?? null, group }, log, (message) => hear(rank, message));
    });
    if (asked) for (const worker of workers) worker.signal(asked);
    const living = new Set(workers);
    const ended: WorkerHandle[] = [];
    const endStopped = watchStopped(living, patience.lostAfter);
    const ends = await Promise.all(
      workers.map(async (worker, at): Promise<RankEnd> => {
        const end = await worker.ended;
        living.delete(worker);
        const place = ended.push(worker);
        if (!isRegular(end)) setTimeout(() => kill(living), graceMilliseconds).unref();
        return { ...end, rank: own[at] as number, place };
      }),
    );
    endStopped();
    return ends;
  }

  function hear(rank: number, message: WorkerMessage): void {
    if (message.kind === 'progress') furthest = Math.max(furthest, message.step);
    if (rank === 0 || task.seat) onMessage(message);
    else if (message.kind === 'warning') onMessage({ kind: 'warning', text: message.text });
  }

  function name(): string {
    return `${task.spec.variant} seed ${task.spec.seed}`;
  }
}

interface RankEnd extends WorkerEnd {
  readonly rank: number;
  /** 1 for the one that ended first. */
  readonly place: number;
}

/** Whether a rank did what it was there for, or was told to end. */
const isRegular = ({ code }: WorkerEnd): boolean => code === workerExit.finished || code === workerExit.interrupted;

/** Whether a rank ended without a word of its own: it lost the others, or was killed. */
const isLost = ({ code, name }: WorkerEnd): boolean => code === workerExit.lost || name !== null;

/** How a run ended whose ranks ended so: as one that could not go on, else as one that was lost, else as rank 0. */
function decisive(ends: readonly RankEnd[]): WorkerEnd {
  const [first] = ends as readonly [RankEnd];
  // What rank 0 has finished is finished, whatever happened to the others afterwards.
  if (first.rank === 0 && isRegular(first)) return first;
  const unable = ends.find((end) => !isRegular(end) && !isLost(end));
  return unable ?? ends.find(isLost) ?? first;
}

/** Who was lost: the first that was killed, where the others learnt of it; else what the first to end said. */
function describeLost(ends: readonly RankEnd[]): string {
  const inOrder = [...ends].sort((a, b) => a.place - b.place);
  const { rank, described } = inOrder.find(({ name }) => name !== null) ?? (inOrder[0] as RankEnd);
  return `rank ${rank}: ${described}`;
}

function kill(workers: Iterable<WorkerHandle>): void {
  for (const worker of workers) worker.signal('SIGKILL');
}

/** Ends ranks that somebody has stopped: the others would wait for them. Returns how to end the watch. */
function watchStopped(living: ReadonlySet<WorkerHandle>, seconds: number): () => void {
  const since = new Map<WorkerHandle, number>();
  const looking = setInterval(() => {
    for (const worker of living) {
      if (worker.pid === undefined || !isStopped(worker.pid)) since.delete(worker);
      else if (!since.has(worker)) since.set(worker, Date.now());
      else if (Date.now() - (since.get(worker) as number) > 1000 * seconds) worker.signal('SIGKILL');
    }
  }, lookMilliseconds).unref();
  return () => clearInterval(looking);
}

/** Seconds otherwise than usual, as `ABLATE_RANKS_PATIENCE=comeWithin,timeout,lostAfter`: for drills, and for slow networks. */
export function patienceOf(environment: NodeJS.ProcessEnv): Patience {
  const [comeWithin, timeout, lostAfter] = (environment['ABLATE_RANKS_PATIENCE'] ?? '').split(',').map(Number);
  return comeWithin && timeout && lostAfter ? { comeWithin, timeout, lostAfter } : usual;
}
