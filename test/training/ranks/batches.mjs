/** A pass's pictures `[size, 32, 32, 3]` and soft targets, as mixing gives them: other ones for every number. */
export function mixBatch(number, size, classes) {
  const wave = (length, phase) =>
    new Float32Array(length).map(
      (_, at) => Math.sin((at + 1) * 0.7131 + phase) + 0.3 * Math.sin(at * at * 0.013 + phase),
    );
  const targets = new Float32Array(size * classes);
  for (let at = 0; at < size; at++) {
    const share = ((number * 5 + at * 3) % 11) / 10;
    targets[at * classes + ((number * 7 + at * 3) % classes)] += share;
    targets[at * classes + ((number + at) % classes)] += 1 - share;
  }
  return { size, images: wave(size * 32 * 32 * 3, number * 1.7), targets, labels: new Int32Array(size) };
}
