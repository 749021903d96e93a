import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type SignalWatch, watchSignals } from '../../src/cli/signals.js';

// Signals are told to the listeners, not sent: a test process that got them would end.
const send = (name: NodeJS.Signals) => process.emit(name, name);

let watch: SignalWatch;
let first: number;
const begin = (atTerminal: boolean) => {
  first = 0;
  watch = watchSignals({ atTerminal, onFirst: () => first++ });
};
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  watch.release();
  vi.useRealTimers();
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('the first %s asks for a saved end', (name) => {
  begin(true);
  send(name);
  expect([watch.stop.aborted, watch.kill.aborted, first]).toEqual([true, false, 1]);
});

test('whatever comes at once after the first is the same one', () => {
  begin(true);
  for (const name of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const) send(name);
  expect([watch.kill.aborted, first]).toEqual([false, 1]);
});

test('seconds later only Ctrl-C at a terminal is impatience', () => {
  for (const [atTerminal, name, ends] of [
    [true, 'SIGTERM', false],
    [false, 'SIGINT', false],
    [false, 'SIGTERM', false],
    [true, 'SIGINT', true],
  ] as const) {
    begin(atTerminal);
    send('SIGINT');
    vi.advanceTimersByTime(2500);
    send(name);
    expect(watch.kill.aborted, `${name}, terminal ${atTerminal}`).toBe(ends);
    watch.release();
  }
});
