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
}

/** A contender that could not run, and why. */
export interface Dropped {
  readonly name: string;
  readonly reason: string;
}

interface Answer {
  readonly times: readonly number[];
  readonly peakBytes: number;
}

/**
 * Runs contenders in turn, a few steps each, round after round, so that whatever slows the machine slows all of them. The
 * first answer of each, in which it compiles and warms up, is not counted.
 */
export async function interleave(
  contenders: readonly Contender[],
  { rounds, steps }: { rounds: number; steps: number },
): Promise<{ measured: Measured[]; dropped: Dropped[] }> {
  const dropped: Dropped[] = [];
  const running: {
    contender: Contender;
    ask: (steps: number) => Promise<Answer>;
    child: ChildProcess;
    answers: Answer[];
  }[] = [];
  for (const contender of contenders) {
    const { ask, child } = start(contender);
    try {
      await ask(3);
      running.push({ contender, ask, child, answers: [] });
    } catch (error) {
      dropped.push({ name: contender.name, reason: (error as Error).message });
    }
  }
  try {
    for (let round = 0; round < rounds; round++) {
      for (const one of running) one.answers.push(await one.ask(steps));
    }
  } finally {
    for (const { child } of running) child.kill();
  }
  return { measured: running.map(({ contender, answers }) => summarise(contender.name, answers)), dropped };
}

function start({ command, env }: Contender) {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (steps: number): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify({ steps })}\n`, () => {});
    const { value, done } = await lines.next();
    if (done) throw new Error(said.trim().split('\n').at(-1) || 'it ended without an answer');
    return JSON.parse(value) as Answer;
  };
  child.on('error', () => {});
  return { ask, child };
}

function summarise(name: string, answers: readonly Answer[]): Measured {
  const times = answers.flatMap(({ times }) => times).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] as number;
  return {
    name,
    median: at(0.5),
    least: times[0] as number,
    spread: (at(0.75) - at(0.25)) / 2,
    steps: times.length,
    peakBytes: Math.max(...answers.map(({ peakBytes }) => peakBytes)),
  };
}
