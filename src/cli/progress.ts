import { createLogUpdate } from 'log-update';
import type { PlannedRun } from '../experiment/plan.js';
import type { ScheduleEvent } from '../experiment/schedule.js';
import { visible } from '../words/visible.js';
import { createProgressState } from './progress-state.js';

/** Shows a suite at work: bars on a terminal, plain lines elsewhere. */
export interface ProgressDisplay {
  onEvent(event: ScheduleEvent): void;
  /** A line that stays. */
  say(text: string): void;
  close(): void;
}

const frameMilliseconds = 200;
/** Where nobody watches live: one line about the whole now and then. */
const lineMilliseconds = 15_000;

/** @param runs all runs that were asked for, those already done included. */
export function createProgress(stream: NodeJS.WriteStream, runs: readonly PlannedRun[]): ProgressDisplay {
  const state = createProgressState(runs);
  return stream.isTTY ? onTerminal(stream, state) : asLines(stream, state);
}

type State = ReturnType<typeof createProgressState>;

function onTerminal(stream: NodeJS.WriteStream, state: State): ProgressDisplay {
  const update = createLogUpdate(stream, { showCursor: true });
  const draw = (): void => {
    // More lines than the terminal has could not be drawn over.
    const room = Math.max(1, (stream.rows ?? 24) - 3);
    const running = state.running();
    const more = running.length > room ? [`and ${running.length - room} more`] : [];
    update([state.overall(), ...running.slice(0, room), ...more].join('\n'));
  };
  const timer = setInterval(draw, frameMilliseconds);
  const say = (text: string): void => {
    update.clear();
    stream.write(`${visible(text)}\n`);
  };
  return {
    say,
    onEvent(event) {
      const line = state.take(event);
      // The bars show what has begun.
      if (line && event.kind !== 'started') say(line);
    },
    close() {
      clearInterval(timer);
      update.clear();
    },
  };
}

function asLines(stream: NodeJS.WriteStream, state: State): ProgressDisplay {
  let last = Date.now();
  const say = (text: string): void => {
    stream.write(`${visible(text)}\n`);
  };
  return {
    say,
    onEvent(event) {
      const line = state.take(event);
      if (line) say(line);
      if (event.kind !== 'message' || Date.now() - last < lineMilliseconds) return;
      last = Date.now();
      say(state.overall());
      for (const running of state.running()) say(`  ${running}`);
    },
    close: () => {},
  };
}
