// A value without its age is a rumour: how old a reading is, against how often
// one was expected (DESIGN section 6).
export type Freshness = 'live' | 'late' | 'silent' | 'never';

/** period and age in seconds; a period of 0 or less means that nothing was promised, so nothing can be late. */
export function freshness(ageSeconds: number | undefined, period: number | undefined): Freshness {
  if (ageSeconds === undefined || Number.isNaN(ageSeconds)) return 'never';
  if (!period || period <= 0) return 'live';
  if (ageSeconds <= 2 * period) return 'live';
  if (ageSeconds <= 5 * period) return 'late';
  return 'silent';
}

export interface Span { n: number; unit: 's' | 'min' | 'h' | 'd' }

/** Seconds under 1 min, minutes under 1 h, hours under 48 h, then days. Never negative: a clock ahead of ours reads 0 s. */
export function span(seconds: number): Span {
  const s = Math.max(0, seconds);
  if (s < 60) return { n: Math.floor(s), unit: 's' };
  if (s < 3600) return { n: Math.floor(s / 60), unit: 'min' };
  if (s < 48 * 3600) return { n: Math.floor(s / 3600), unit: 'h' };
  return { n: Math.floor(s / 86400), unit: 'd' };
}
