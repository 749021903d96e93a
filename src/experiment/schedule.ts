import { EnvironmentError } from '../engine/engine.js';
import { runFolder } from '../records/folders.js';
import type { DoneResult } from '../records/result.js';
import { type EngineChoice, type RunRecord, startsOf } from '../records/run.js';
import type { WorkerMessage } from '../training/messages.js';
import { type Aspect, choiceOf, choiceOfRun } from './engine-choice.js';
import { endUnder, type Executor, type RunEnd } from './executor.js';
import type { HolderSeen } from './lock.js';
import type { PlannedRun } from './plan.js';
import { prepareFolder, takeRecords } from './prepare.js';
import type { Share } from './share.js';
import { type Standing, standingsAnywhere } from './standing.js';
import { storageProblem } from './storage.js';
import { type RunTask, type Seat, trainedAlike } from './worker-task.js';

/** What a person is shown while a suite runs. */
export type ScheduleEvent =
  | { readonly kind: 'skipped'; readonly run: PlannedRun }
  /** The same run was done for another variant or suite: its records were taken from there. */
  | { readonly kind: 'taken'; readonly run: PlannedRun; readonly from: string }
  /** Records that are of no use to the run were moved; `reason` is their damage, null that they are another run's. */
  | { readonly kind: 'aside'; readonly run: PlannedRun; readonly folder: string; readonly reason: string | null }
  | { readonly kind: 'waiting'; readonly run: PlannedRun; readonly holder: HolderSeen }
  | { readonly kind: 'started'; readonly run: PlannedRun }
  | { readonly kind: 'message'; readonly run: PlannedRun; readonly message: WorkerMessage }
  | { readonly kind: 'ended'; readonly run: PlannedRun; readonly end: RunEnd };

export interface ScheduleOptions {
  readonly runs: readonly PlannedRun[];
  /** Where each stands, if that was read just now. */
  readonly standings?: ReadonlyMap<PlannedRun, Standing>;
  readonly suiteFolder: string;
  readonly executor: Executor;
  readonly share: Share;
  /** Processes that train each run together, and, where other programs have the others, which is this one's; left out, one. */
  readonly ranks?: number;
  readonly seat?: Seat | null;
  readonly eager: boolean;
  /** What a recipe's `precision: auto` is to be; null leaves it to the engine. */
  readonly precision?: 'float32' | 'bfloat16' | null;
  /** What the suite was begun on; null is whatever the first run comes to. */
  readonly engine?: EngineChoice | null;
  /** What of it was asked for by name: begun runs go on with that, and the suite from then on. */
  readonly named?: readonly Aspect[];
  /** Told once what the suite is trained on, by the first run that says so. */
  readonly onEngine?: (engine: EngineChoice) => void;
  readonly codeVersion: string;
  readonly onEvent: (event: ScheduleEvent) => void;
  /** Asks the runs to save and end. */
  readonly stop: AbortSignal;
  /** Ends them at once. */
  readonly kill: AbortSignal;
}

/** How a suite ended: every planned run in one of the lists. */
export interface ScheduleSummary {
  readonly done: readonly PlannedRun[];
  readonly failed: readonly { readonly run: PlannedRun; readonly reason: string }[];
  /** Not finished because an end was asked for. */
  readonly left: readonly PlannedRun[];
}

/**
 * Trains what is not done, `share.parallel` runs at a time, the most expensive first so that none is left alone at the
 * end. What is one run by its hash is trained once, for whatever variants ask for it. A failed run does not stop the
 * others; it is tried again the next time. Throws an `EnvironmentError` or `StorageError` where a worker finds no engine,
 * data or room on the disk, after the other runs have saved.
 */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleSummary> {
  const { suiteFolder, onEvent, share } = options;
  const done: PlannedRun[] = [];
  const failed: { run: PlannedRun; reason: string }[] = [];
  const left: PlannedRun[] = [];
  /** Runs of one hash together: the first is trained, the others take its records. */
  const waiting: [PlannedRun, ...PlannedRun[]][] = [];
  /** By slot: what it is at, or was last. */
  const trained: (string | undefined)[] = [];
  const giveUp = new AbortController();
  const stop = AbortSignal.any([options.stop, giveUp.signal]);
  const { named = [] } = options;
  let engine = named.length > 0 ? null : (options.engine ?? null);
  let trouble: Error | null = null;

  const standings = options.standings ?? standingsAnywhere(options.runs, suiteFolder);
  const open: PlannedRun[] = [];
  try {
    for (const run of options.runs) {
      const standing = standings.get(run);
      if (stop.aborted) left.push(run);
      else if (standing?.state === 'done' && isInPlace(run, standing)) skip(run);
      else if (standing?.state === 'elsewhere') await take(run, standing.folder);
      else if (standing?.state === 'done' && (await prepare(run)).state === 'done') skip(run);
      else open.push(run);
    }
  } catch (error) {
    throw storageProblem(error as Error, suiteFolder);
  }
  waiting.push(...inOrder(open));

  await Promise.all(Array.from({ length: share.parallel }, (_, slot) => work(slot)));
  if (trouble) throw trouble;
  return { done, failed, left };

  function isInPlace({ spec }: PlannedRun, { folder }: { readonly folder: string }): boolean {
    return folder === runFolder(suiteFolder, spec.variant, spec.seed);
  }

  function skip(run: PlannedRun): void {
    done.push(run);
    onEvent({ kind: 'skipped', run });
  }

  function prepare(run: PlannedRun): Promise<Standing> {
    return prepareFolder(run, suiteFolder, stop, {
      onWait: (holder) => onEvent({ kind: 'waiting', run, holder }),
      onAside: (folder, reason) => onEvent({ kind: 'aside', run, folder, reason }),
    });
  }

  async function take(run: PlannedRun, from: string): Promise<void> {
    await prepare(run);
    if (stop.aborted) {
      left.push(run);
      return;
    }
    await takeRecords(run, suiteFolder, from);
    done.push(run);
    onEvent({ kind: 'taken', run, from });
  }

  /**
   * The next group of runs of a slot: of the network that it has trained last, whose process is at hand; else of one that no
   * other slot is at; else the first. Ranks of several programs have to agree, so they go by the order alone.
   */
  function next(slot: number): [PlannedRun, ...PlannedRun[]] | undefined {
    const network = ([{ spec }]: readonly [PlannedRun, ...PlannedRun[]]) => trainedAlike(spec);
    const own = waiting.findIndex((group) => network(group) === trained[slot]);
    const free = waiting.findIndex((group) => !trained.includes(network(group)));
    const at = options.seat ? 0 : ([own, free].find((place) => place >= 0) ?? 0);
    const [group] = waiting.splice(at, 1);
    if (group) trained[slot] = network(group);
    return group;
  }

  /** Takes one group of runs after the other; `slot` chooses the graphics card. */
  async function work(slot: number): Promise<void> {
    for (let group = next(slot); group; group = next(slot)) {
      const [run, ...same] = group;
      try {
        const end: RunEnd = stop.aborted ? { status: 'interrupted', saved: null } : await execute(run, slot);
        if (end.status === 'done') {
          done.push(run);
          const from = runFolder(suiteFolder, run.spec.variant, run.spec.seed);
          for (const other of same) await take(other, from);
        } else if (end.status === 'failed') failed.push(...group.map((one) => ({ run: one, reason: end.reason })));
        else left.push(...group);
        if (end.status === 'unable') throw new EnvironmentError(end.reason);
      } catch (error) {
        trouble ??= storageProblem(error as Error, suiteFolder);
        giveUp.abort();
      }
    }
  }

  async function execute(run: PlannedRun, slot: number): Promise<RunEnd> {
    const standing = await prepare(run);
    if (stop.aborted) return { status: 'interrupted', saved: null };
    onEvent({ kind: 'started', run });
    if (standing.state === 'done') return ended(run, standing.result);
    const { eager, codeVersion, kill, precision = null, ranks = 1, seat = null } = options;
    const begun = standing.state === 'begun' ? standing.record : null;
    const { gpus } = share;
    const task: RunTask = {
      spec: run.spec,
      hash: run.hash,
      folder: runFolder(suiteFolder, run.spec.variant, run.spec.seed),
      threads: threadsOf(begun, ranks, share),
      gpus: Array.from({ length: ranks }, (_, rank) => gpus[(slot * ranks + rank) % gpus.length] ?? null),
      ranks,
      seat,
      eager,
      precision,
      engine: begun ? choiceOfRun(begun) : engineFor(run),
      named,
      codeVersion,
    };
    const execution = options.executor(task, (message) => {
      if (message.kind === 'started') settleEngine(run, choiceOf(message.engine));
      onEvent({ kind: 'message', run, message });
    });
    const end = await endUnder(execution, stop, kill);
    return ended(run, end);
  }

  function ended<End extends RunEnd | DoneResult>(run: PlannedRun, end: End): End {
    onEvent({ kind: 'ended', run, end });
    return end;
  }

  /** What the suite is trained on, as far as a run that has not begun is bound to it. */
  function engineFor({ spec }: PlannedRun): EngineChoice | null {
    const choice = engine ?? options.engine ?? null;
    return choice && (spec.recipe.precision === 'auto' ? choice : withoutPrecision(choice));
  }

  /** The first run decides for the suite; what `auto` comes to, the first whose recipe says it. */
  function settleEngine({ spec }: PlannedRun, found: EngineChoice): void {
    const asked = spec.recipe.precision === 'auto';
    if (engine && (engine.precision !== undefined || !asked)) return;
    engine = asked ? found : withoutPrecision(found);
    options.onEngine?.(engine);
  }
}

const withoutPrecision = ({ precision: _, ...choice }: EngineChoice): EngineChoice => choice;

/** Sums of floats depend on how threads divide them: a run goes on with as many as it began with, but by as many processes. */
export function threadsOf(begun: RunRecord | null, ranks: number, share: Share): number {
  const last = begun && startsOf(begun).at(-1);
  return last && (last.ranks ?? 1) === ranks ? last.engine.threads : share.threads;
}

const expense = ({ macs, spec }: PlannedRun): number => macs * spec.recipe.epochs;

/** Runs of one hash together, the most expensive first: the order in which all ranks train them. */
export function inOrder(runs: readonly PlannedRun[]): [PlannedRun, ...PlannedRun[]][] {
  const groups = new Map<string, [PlannedRun, ...PlannedRun[]]>();
  for (const run of runs) {
    const group = groups.get(run.hash);
    if (group) group.push(run);
    else groups.set(run.hash, [run]);
  }
  return [...groups.values()].sort(([a], [b]) => expense(b) - expense(a));
}
