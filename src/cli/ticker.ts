import { createLogUpdate } from 'log-update';

/** Says what a long measurement is at: a line that changes on a terminal, now and then a line that stays elsewhere. */
export interface Ticker {
  show(text: string): void;
  /** A line that stays. */
  say(text: string): void;
  close(): void;
}

/** Where nobody watches live. */
const lineMilliseconds = 30_000;

export function createTicker(stream: NodeJS.WriteStream = process.stderr): Ticker {
  const say = (text: string): void => {
    stream.write(`${text}\n`);
  };
  if (!stream.isTTY) {
    let last = Date.now();
    const show = (text: string): void => {
      if (Date.now() - last < lineMilliseconds) return;
      last = Date.now();
      say(text);
    };
    return { say, show, close: () => {} };
  }
  const update = createLogUpdate(stream, { showCursor: true });
  return {
    show: (text) => update(text),
    say(text) {
      update.clear();
      say(text);
    },
    close: () => update.clear(),
  };
}
