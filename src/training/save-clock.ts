/** Milliseconds between two checkpoints: what a kill may cost; longer where a checkpoint takes long, at most a twentieth of the time. */
const between = 60_000;
const share = 1 / 20;

/** When the next checkpoint is due. */
export interface SaveClock {
  due(): boolean;
  /** Saves, and takes the time of it. */
  take(save: () => Promise<void>): Promise<void>;
}

/** @param every milliseconds instead of a minute; 0 saves after every step, whatever that takes. */
export function createSaveClock(every = between): SaveClock {
  let next = every === 0 ? 0 : performance.now() + every;
  return {
    due: () => performance.now() > next,
    async take(save) {
      const start = performance.now();
      await save();
      const end = performance.now();
      next = every === 0 ? 0 : end + Math.max(every, (end - start) / share);
    },
  };
}
