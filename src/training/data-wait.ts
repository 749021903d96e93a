/** Milliseconds of training after which it is clear what a run waits for. */
const settled = 20_000;
/** Share of the time spent waiting for pictures from which it is worth saying. */
const most = 0.2;

/** Tells once, when training waits for its pictures: data, not the network, then decides how long a run takes. */
export function createDataWait(tell: (text: string) => void): (waited: number, step: number) => void {
  let waited = 0;
  let total = 0;
  let told = false;
  return (wait, step) => {
    waited += wait;
    total += step;
    if (told || total < settled) return;
    told = true;
    const share = waited / total;
    if (share < most) return;
    tell(
      `${Math.round(100 * share)} % of the time goes by waiting for pictures: data, not the network, sets the speed; \`ablate bench data\` says which part of it`,
    );
  };
}
