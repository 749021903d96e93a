import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that answers each line of JSON with one. */
export interface ContenderProcess {
  /** Throws with what the program said last where it ended instead of answering. */
  ask<Answer>(question: object): Promise<Answer>;
  readonly child: ChildProcess;
}

export function startContender(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): ContenderProcess {
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
  return {
    child,
    async ask<Answer>(question: object): Promise<Answer> {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await lines.next();
      if (!done) return JSON.parse(value) as Answer;
      await closed;
      const by = child.signalCode ? ` by ${child.signalCode}` : '';
      throw new Error(lastWords(said) || `it ended without an answer${by}`);
    },
  };
}

/** The line that says what went wrong: the last error, else the last line that is no part of a trace. */
function lastWords(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at |File )/.test(line));
  return (lines.findLast((line) => /^\S*(error|exception)\b/i.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 300);
}

/**
 * Runs `work` and ends the children after it, and before it where this process is told to end: by itself a child ends
 * when its step is done, and torch.compile's first takes minutes.
 */
export async function withContenders<Result>(
  children: readonly ContenderProcess[],
  work: () => Promise<Result>,
): Promise<Result> {
  const endAll = (): void => {
    for (const { child } of children) child.kill();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    endAll();
    process.kill(process.pid, signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
    endAll();
  }
}
