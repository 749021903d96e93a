/** Arithmetic that keeps one CPU's floating-point units busy for a few milliseconds: eight chains that do not wait for each other. */
export function burn(rounds: number): number {
  const factor = 1.0000001;
  let [a, b, c, d, e, f, g, h] = [1, 1, 1, 1, 1, 1, 1, 1];
  for (let i = 0; i < rounds; i++) {
    a = a * factor + 1e-9;
    b = b * factor + 1e-9;
    c = c * factor + 1e-9;
    d = d * factor + 1e-9;
    e = e * factor + 1e-9;
    f = f * factor + 1e-9;
    g = g * factor + 1e-9;
    h = h * factor + 1e-9;
  }
  return a + b + c + d + e + f + g + h;
}
