import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that answers `{"steps": n}` with the times of n steps. */
export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
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
  readonly about?: string;
}

interface Running {
  readonly name: string;
  readonly ask: (steps: number) => Promise<Answer>;
  readonly child: ChildProcess;
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
  let running = contenders.map((contender): Running => ({ name: contender.name, answers: [], ...start(contender) }));
  const askAll = async (round: number, count: number, take: (one: Running, answer: Answer) => void) => {
    const failed = new Set<Running>();
    for (const one of running) {
      onTurn?.({ name: one.name, round, rounds });
      try {
        take(one, await one.ask(count));
      } catch (error) {
        failed.add(one);
        dropped.push({ name: one.name, reason: (error as Error).message });
      }
    }
    running = running.filter((one) => !failed.has(one));
  };
  const about = new Map<string, string>();
  const children = running.map(({ child }) => child);
  const endAll = (): void => {
    for (const child of children) child.kill();
  };
  // By itself a child ends when its step is done, and torch.compile's first takes minutes.
  const onSignal = (signal: NodeJS.Signals): void => {
    endAll();
    process.kill(process.pid, signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, onSignal);
  try {
    await askAll(0, warmUpSteps, ({ name }, answer) => about.set(name, answer.about ?? ''));
    for (let round = 1; round <= rounds; round++) await askAll(round, steps, (one, answer) => one.answers.push(answer));
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
    endAll();
  }
  const measured = running.map(({ name, answers }) => summarise(name, answers, about.get(name) ?? ''));
  return { measured, dropped };
}

function start({ command, env }: Contender): Pick<Running, 'ask' | 'child'> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-4000);
  });
  child.on('error', (error) => {
    said = error.message;
  });
  // One that has died takes no more lines; its end is noticed where its answer is missing.
  child.stdin.on('error', () => {});
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (steps: number): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify({ steps })}\n`);
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value) as Answer;
    await closed;
    throw new Error(
      lastWords(said) || `it ended without an answer${child.signalCode ? ` by ${child.signalCode}` : ''}`,
    );
  };
  return { ask, child };
}

/** The line that says what went wrong: the last error, else the last line that is no part of a trace. */
function lastWords(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at |File )/.test(line));
  return (lines.findLast((line) => /^\S*(error|exception)\b/i.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 300);
}

function summarise(name: string, answers: readonly Answer[], about: string): Measured {
  const times = answers.flatMap(({ times }) => times).sort((a, b) => a - b);
  return {
    name,
    median: quantile(times, 0.5),
    least: times[0] as number,
    spread: (quantile(times, 0.75) - quantile(times, 0.25)) / 2,
    steps: times.length,
    peakBytes: Math.max(...answers.map(({ peakBytes }) => peakBytes)),
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
