// Vehicles glide between reported positions, for at most two reporting
// periods; under reduced motion they jump when a report arrives.
export interface Report { lon: number; lat: number; heading?: number }
interface Track { from: Report; to: Report; start: number; span: number; lastReport: number; heading?: number }

const short = (a: number, b: number, f: number): number => a + ((((b - a) % 360) + 540) % 360 - 180) * f;

/** Bearing in degrees from north, for points a street apart. */
export function bearing(a: Report, b: Report): number {
  const x = (b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180);
  return (Math.atan2(x, b.lat - a.lat) * 180) / Math.PI;
}

/** Metres between two points a city apart or nearer. */
export function metres(a: Report, b: Report): number {
  const x = (b.lon - a.lon) * 111_320 * Math.cos((a.lat * Math.PI) / 180);
  const y = (b.lat - a.lat) * 110_574;
  return Math.hypot(x, y);
}

export class Glider {
  private tracks = new Map<string, Track>();
  constructor(private still: () => boolean, private farthest = 1500) {}

  /** Takes a report in at real time now (ms); period is the expected one in real ms. */
  report(id: string, r: Report, now: number, period: number): void {
    const old = this.tracks.get(id);
    if (!old) {
      this.tracks.set(id, { from: r, to: r, start: now, span: 1, lastReport: now, heading: r.heading });
      return;
    }
    if (old.to.lon === r.lon && old.to.lat === r.lat) { old.lastReport = now; return; }
    const here = this.at(id, now) ?? r;
    const gap = now - old.lastReport;
    const limit = 2 * Math.max(period, 500);
    const far = metres(here, r) > this.farthest;
    const span = this.still() || far ? 1 : Math.min(limit, Math.max(250, gap || period));
    this.tracks.set(id, { from: far ? r : here, to: r, start: now, span, lastReport: now, heading: here.heading });
  }

  at(id: string, now: number): Report | undefined {
    const t = this.tracks.get(id);
    if (!t) return undefined;
    const f = Math.min(1, Math.max(0, (now - t.start) / t.span));
    const lon = t.from.lon + (t.to.lon - t.from.lon) * f;
    const lat = t.from.lat + (t.to.lat - t.from.lat) * f;
    let heading = t.to.heading;
    if (heading === undefined && metres(t.from, t.to) > 3) heading = bearing(t.from, t.to);
    if (heading === undefined) heading = t.heading;
    else if (t.heading !== undefined) heading = short(t.heading, heading, Math.min(1, f * 3));
    return { lon, lat, heading };
  }

  moving(now: number): boolean {
    for (const t of this.tracks.values()) if (now - t.start < t.span && t.span > 1) return true;
    return false;
  }

  forget(keep: (id: string) => boolean): void {
    for (const id of this.tracks.keys()) if (!keep(id)) this.tracks.delete(id);
  }
}
