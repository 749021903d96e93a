import { type ContenderProcess, startContender, withContenders } from './contender-process.js';

/** A program that answers `{"steps": n}` with the times of n steps. */
export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** What its memory is, by its process, where it is not what the contender says of itself; NaN is unknown. */
  readonly bytes?: (pid: number) => Promise<number>;
}

/** What a contender's steps took, in milliseconds. */
export interface Measured {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  /** Half the range that holds the middle half of all steps. */
  readonly spread: number;
  readonly steps: number;
  readonly peakBytes: number;
  /** The same up to the end of the first turn: less means that memory grows. */
  readonly firstPeakBytes: number;
  /** Milliseconds of the very first step, in which some compile. */
  readonly first: number;
  /** Loss of the very first step, where the contender trains. */
  readonly firstLoss: number | null;
  /** What the contender said of itself: its libraries and their versions. */
  readonly about: string;
}

/** A contender that could not run, and why. */
export interface Dropped {
  readonly name: string;
  readonly reason: string;
}

/** Where a comparison stands: `round` 0 is the warm-up. */
export interface Turn {
  readonly name: string;
  readonly round: number;
  readonly rounds: number;
}

export interface Counts {
  readonly rounds: number;
  /** Steps of one turn. */
  readonly steps: number;
  readonly onTurn?: (turn: Turn) => void;
}

interface Answer {
  readonly times: readonly number[];
  readonly peakBytes: number;
  readonly firstLoss?: number | null;
  readonly about?: string;
}

interface Running {
  readonly name: string;
  readonly bytes: Contender['bytes'];
  readonly process: ContenderProcess;
  readonly answers: Answer[];
}

/** Steps in which a contender compiles and warms up; not counted. */
const warmUpSteps = 2;

/**
 * Runs contenders in turn, a few steps each, round after round, so that whatever slows the machine slows all of them. One
 * that cannot start or dies on the way is dropped with what it said last; the others go on.
 */
export async function interleave(
  contenders: readonly Contender[],
  { rounds, steps, onTurn }: Counts,
): Promise<{ measured: Measured[]; dropped: Dropped[] }> {
  const dropped: Dropped[] = [];
  let running = contenders.map(
    ({ name, command, env, bytes }): Running => ({ name, bytes, answers: [], process: startContender(command, env) }),
  );
  const askAll = async (round: number, count: number, take: (one: Running, answer: Answer) => void) => {
    const failed = new Set<Running>();
    for (const one of running) {
      onTurn?.({ name: one.name, round, rounds });
      try {
        const answer = await one.process.ask<Answer>({ steps: count });
        take(one, { ...answer, ...(one.bytes && { peakBytes: await one.bytes(one.process.child.pid as number) }) });
      } catch (error) {
        failed.add(one);
        dropped.push({ name: one.name, reason: (error as Error).message });
      }
    }
    running = running.filter((one) => !failed.has(one));
  };
  const warmUp = new Map<string, Answer>();
  const processes = running.map((one) => one.process);
  await withContenders(processes, async () => {
    await askAll(0, warmUpSteps, ({ name }, answer) => warmUp.set(name, answer));
    for (let round = 1; round <= rounds; round++) await askAll(round, steps, (one, answer) => one.answers.push(answer));
  });
  const measured = running.map(({ name, answers }) => summarise(name, answers, warmUp.get(name) as Answer));
  return { measured, dropped };
}

function summarise(name: string, answers: readonly Answer[], { times: before, about = '' }: Answer): Measured {
  const times = answers.flatMap(({ times }) => times).sort((a, b) => a - b);
  return {
    name,
    median: quantile(times, 0.5),
    least: times[0] as number,
    spread: (quantile(times, 0.75) - quantile(times, 0.25)) / 2,
    steps: times.length,
    peakBytes: Math.max(...answers.map(({ peakBytes }) => peakBytes)),
    firstPeakBytes: answers[0]?.peakBytes ?? 0,
    first: before[0] ?? 0,
    firstLoss: answers[0]?.firstLoss ?? null,
    about,
  };
}

/** Of ascending values; between two of them on the line that joins them. */
export function quantile(ascending: readonly number[], share: number): number {
  const at = share * (ascending.length - 1);
  const low = ascending[Math.floor(at)] as number;
  const high = ascending[Math.ceil(at)] as number;
  return low + (at - Math.floor(at)) * (high - low);
}
