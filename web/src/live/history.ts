// The last 24 hours of one attribute, as points with their gaps.
import { get } from '../app/api';

export interface Series { times: number[]; values: (number | null)[]; gaps: [number, number][] }
interface Temporal { [attr: string]: unknown }

/**
 * Points in order of time (ms), with a null where data is missing: a pause of more than five expected
 * periods, or of four times the usual distance when no period was promised. Gaps are never bridged.
 */
export function series(raw: [unknown, string][], period: number): Series {
  const points = raw.map(([v, at]) => [Date.parse(at), v] as const).filter((p): p is readonly [number, number] => Number.isFinite(p[0]) && typeof p[1] === 'number').sort((a, b) => a[0] - b[0]);
  const steps: number[] = [];
  for (let i = 1; i < points.length; i++) steps.push(points[i]![0] - points[i - 1]![0]);
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 60_000;
  const limit = Math.max(5 * period * 1000, 4 * usual);
  const out: Series = { times: [], values: [], gaps: [] };
  points.forEach(([ms, v], i) => {
    const before = points[i - 1];
    if (before && before[0] === ms) { out.values[out.values.length - 1] = v; return; }
    if (before && ms - before[0] > limit) {
      out.gaps.push([before[0], ms]);
      out.times.push(before[0] + 1);
      out.values.push(null);
    }
    out.times.push(ms);
    out.values.push(v);
  });
  return out;
}

/** Pairs of one attribute from a temporalValues answer, whatever instances it came in. */
export function pairs(body: Temporal, attr: string): [unknown, string][] {
  const a = body[attr] ?? Object.entries(body).find(([k]) => k.endsWith(`/${attr}`) || k.endsWith(`#${attr}`))?.[1];
  const out: [unknown, string][] = [];
  for (const one of Array.isArray(a) ? a : [a]) {
    const values = (one as { values?: unknown } | undefined)?.values;
    if (Array.isArray(values)) for (const p of values) if (Array.isArray(p) && typeof p[1] === 'string') out.push([p[0], p[1]]);
  }
  return out;
}

export const temporalPath = (id: string, attr: string, fromMs: number): string =>
  `/ngsi-ld/v1/temporal/entities/${encodeURIComponent(id)}?attrs=${encodeURIComponent(attr)}&timerel=after&timeAt=${encodeURIComponent(new Date(fromMs).toISOString())}&format=temporalValues`;

/** The same instants for a reader's browser: all attributes, since a link cannot name a context. */
export const historyPath = (id: string, fromMs: number): string => `/ngsi-ld/v1/temporal/entities/${encodeURIComponent(id)}?timerel=after&timeAt=${encodeURIComponent(new Date(fromMs).toISOString())}`;

export async function lastDay(id: string, attr: string, period: number, nowMs: number, signal: AbortSignal): Promise<Series> {
  const body = await get<Temporal>(temporalPath(id, attr, nowMs - 24 * 3600_000), signal);
  return series(pairs(body, attr), period);
}

/** What is usual by the hour of the day: 24 pairs (10th and 90th percentile of the hourly means), undefined where under three days are known. */
export type Usual = ([number, number] | undefined)[];

const quantile = (sorted: number[], q: number): number => {
  const at = (sorted.length - 1) * q;
  const lo = Math.floor(at);
  return sorted[lo]! + ((sorted[lo + 1] ?? sorted[lo]!) - sorted[lo]!) * (at - lo);
};

/** From hourly means [mean, start, end] of some days; hourOf gives the hour of the day in the city's zone. */
export function usual(means: [unknown, string, ...unknown[]][], hourOf: (ms: number) => number): Usual {
  const by: number[][] = Array.from({ length: 24 }, () => []);
  for (const [v, start] of means) {
    const ms = Date.parse(start);
    if (typeof v === 'number' && Number.isFinite(ms)) by[hourOf(ms)]!.push(v);
  }
  return by.map((list) => {
    if (list.length < 3) return undefined;
    list.sort((a, b) => a - b);
    return [quantile(list, 0.1), quantile(list, 0.9)];
  });
}

/** The usual pair at an instant, between the middles of the hours in a straight line. */
export function usualAt(u: Usual, ms: number, hourOf: (ms: number) => number): [number, number] | undefined {
  const before = ms - 1800_000;
  const a = u[hourOf(before)];
  const b = u[hourOf(before + 3600_000)];
  if (!a || !b) return undefined;
  const f = ((before % 3600_000) + 3600_000) % 3600_000 / 3600_000;
  return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f];
}

/** Hourly means of the last seven days from the server's own aggregation; undefined when it has none. */
export async function lastWeek(id: string, attr: string, nowMs: number, hourOf: (ms: number) => number, signal: AbortSignal): Promise<Usual | undefined> {
  const hour = Math.floor(nowMs / 3600_000) * 3600_000; // windows begin where the interval begins
  const q = new URLSearchParams({ attrs: attr, timerel: 'between', timeAt: new Date(hour - 7 * 86_400_000).toISOString(), endTimeAt: new Date(nowMs).toISOString(), format: 'aggregatedValues', aggrMethods: 'avg', aggrPeriodDuration: 'PT1H' });
  const body = await get<Temporal>(`/ngsi-ld/v1/temporal/entities/${encodeURIComponent(id)}?${q}`, signal);
  const a = body[attr];
  const avg = (Array.isArray(a) ? a[0] : a) as { avg?: unknown } | undefined;
  if (!Array.isArray(avg?.avg)) return undefined;
  const u = usual(avg.avg as [unknown, string][], hourOf);
  return u.some(Boolean) ? u : undefined;
}

/** The means of each hour since an instant, at the middle of the hour; hours without a reading are gaps. */
export async function meanOfHours(id: string, attr: string, fromMs: number, signal: AbortSignal): Promise<Series> {
  const body = await get<Temporal>(`/ngsi-ld/v1/temporal/entities/${encodeURIComponent(id)}?attrs=${encodeURIComponent(attr)}&timerel=after&timeAt=${encodeURIComponent(new Date(fromMs).toISOString())}&aggrMethods=avg&aggrPeriodDuration=PT1H&format=aggregatedValues`, signal);
  const a = (body[attr] ?? Object.entries(body).find(([k]) => attr.endsWith(`/${k}`) || attr.endsWith(`#${k}`))?.[1]) as { avg?: unknown } | { avg?: unknown }[] | undefined;
  const raw: [unknown, string][] = [];
  for (const one of Array.isArray(a) ? a : [a]) for (const p of Array.isArray(one?.avg) ? one.avg : []) {
    if (Array.isArray(p) && typeof p[1] === 'string') raw.push([p[0], new Date(Date.parse(p[1]) + 1800_000).toISOString()]);
  }
  return series(raw, 0);
}

export function csv(name: string, s: Series): string {
  const lines = [`time,${name}`];
  s.times.forEach((ms, i) => { const v = s.values[i]; if (v !== null && v !== undefined) lines.push(`${new Date(ms).toISOString()},${v}`); });
  return lines.join('\r\n') + '\r\n';
}

/** Smallest, largest, last of the points that there are. */
export function extremes(s: Series): { min: number; minAt: number; max: number; maxAt: number; last: number; lastAt: number } | undefined {
  let out: ReturnType<typeof extremes>;
  s.values.forEach((v, i) => {
    if (v === null) return;
    const ms = s.times[i]!;
    if (!out) out = { min: v, minAt: ms, max: v, maxAt: ms, last: v, lastAt: ms };
    if (v < out.min) { out.min = v; out.minAt = ms; }
    if (v > out.max) { out.max = v; out.maxAt = ms; }
    out.last = v;
    out.lastAt = ms;
  });
  return out;
}
