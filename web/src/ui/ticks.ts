/** Round values for a scale from zero (or from the data) in three or four lines. */
export function ticks(min: number, max: number): number[] {
  const wide = max - min || 1;
  const raw = wide / 3;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 4, 5, 8, 10].map((m) => m * power).find((s) => s >= raw) ?? 10 * power;
  const out: number[] = [];
  for (let v = Math.floor(min / step) * step; out.length < 12; v += step) {
    out.push(Number(v.toPrecision(12)));
    if (v >= max) break;
  }
  return out;
}
