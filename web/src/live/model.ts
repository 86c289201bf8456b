// What a live thing looks like: shape tells the type, fill tells the state, the
// number tells the truth. Everything here is a pure function of an entity, its
// layer and the instant, so that map, table and panel can never disagree.
import type { Layer, SymbolKind } from '../app/city';
import { colourOf } from './lines';
import type { Entity } from './stream';
import { freshness, type Freshness } from '../app/age';
import { pick, type Names } from '../app/lang';

export type Mark = 'ok' | 'attention' | 'fail' | 'person' | 'none' | 'unknown';

export interface Look {
  symbol: SymbolKind;
  fresh: Freshness;
  ageSeconds: number | undefined;
  /** Key of the map image. */
  image: string;
  /** Text written inside the mark. */
  text: string;
  /** Class for the legend: many, some, few ... */
  level: string;
  mark: Mark;
}

export const num = (v: unknown): number | undefined => {
  if (typeof v === 'number' && Number.isFinite(v)) return v;
  if (typeof v === 'string' && v.trim() !== '' && Number.isFinite(Number(v))) return Number(v);
  return undefined;
};
export const str = (v: unknown): string => {
  if (typeof v === 'string') return v;
  if (typeof v === 'number') return String(v);
  if (Array.isArray(v)) return v.map(str).filter(Boolean).join(', ');
  return '';
};

/** The name in the reader's language; a name given as a language map is one of several. */
export function nameOf(e: Entity): string {
  const n = e.p['name'];
  const text = typeof n === 'object' && n !== null && !Array.isArray(n) ? pick(n as Names).text : str(n);
  return text || str(e.p['title']) || shortId(e.id);
}
export function shortId(id: string): string {
  const parts = id.split(/[:#/]/).filter(Boolean);
  return parts[parts.length - 1] ?? id;
}

const shut = new Set(['closed', 'outofservice', 'out_of_service', 'planned', 'almostclosed']);
export function isClosed(e: Entity): boolean {
  const s = e.p['status'];
  return (Array.isArray(s) ? s : [s]).some((x) => shut.has(str(x).toLowerCase())) || e.p['isRenting'] === false;
}

const eighths = (part: number, whole: number): number =>
  whole <= 0 ? 0 : part <= 0 ? 0 : Math.max(1, Math.min(8, Math.round((part / whole) * 8)));

// Lower ends of the bands 1 to 4 by what is measured: NO2 and the like in µg/m³
// follow the hourly classes of the European air quality index.
const bands: Record<string, [number, number, number, number]> = {
  no2: [10, 25, 60, 100], pm10: [15, 45, 120, 195], pm25: [5, 15, 50, 90], o3: [60, 100, 120, 160], laeq: [50, 55, 60, 65], airqualityindex: [1, 2, 3, 4],
};
export const bandLimits = (attribute: string): [number, number, number, number] | undefined => bands[attribute.toLowerCase().replace(/[^a-z0-9]/g, '')];
export function band(attribute: string, v: number): number {
  const b = bandLimits(attribute) ?? [20, 40, 60, 80];
  return b[3] <= v ? 4 : b[2] <= v ? 3 : b[1] <= v ? 2 : b[0] <= v ? 1 : 0;
}

/** Capacity of a bike station, told or counted from what is in it and what is free. */
export function bikeCapacity(p: Record<string, unknown>): number | undefined {
  const told = num(p['totalSlotNumber']) ?? num(p['capacity']);
  if (told !== undefined) return told;
  const bikes = num(p['availableBikeNumber']);
  const free = num(p['freeSlotNumber']);
  return bikes !== undefined && free !== undefined ? bikes + free : undefined;
}

/** Share of a car park that is taken, 0 to 1. */
export function occupied(p: Record<string, unknown>): number | undefined {
  const free = num(p['availableSpotNumber']);
  const all = num(p['totalSpotNumber']);
  if (free !== undefined && all !== undefined && all > 0) return Math.min(1, Math.max(0, 1 - free / all));
  const o = num(p['occupancy']) ?? num(p['occupiedSpotNumber']);
  if (o === undefined) return undefined;
  return o <= 1 ? o : all ? Math.min(1, o / all) : Math.min(1, o / 100);
}

/** The eight categorical colours of the light theme: a line declared in one of them has the same place in the dark one. */
export const lineColours = ['#213DAB', '#B37E47', '#0A7C88', '#A7365D', '#615B00', '#8674F3', '#013528', '#400240'];

/** Which of the eight categorical colours a line has. The same line always gets the same one. */
export function category(line: string, color: unknown): number {
  const told = typeof color === 'string' ? color : colourOf(line);
  if (told) {
    const named = lineColours.indexOf(told.toUpperCase());
    if (named >= 0) return named;
  }
  const c = num(color);
  if (c !== undefined && Number.isInteger(c) && c >= 0 && c < 8) return c;
  const n = Number(/\d+/.exec(line)?.[0]);
  if (Number.isFinite(n) && n > 0) return (n - 1) % 8;
  let h = 0;
  for (let i = 0; i < line.length; i++) h = (h * 31 + line.charCodeAt(i)) >>> 0;
  return h % 8;
}

export function look(e: Entity, layer: Layer, nowMs: number): Look {
  const ageSeconds = e.ms === undefined ? undefined : Math.max(0, (nowMs - e.ms) / 1000);
  const fresh = freshness(ageSeconds, layer.period);
  const base = { symbol: layer.symbol, fresh, ageSeconds };
  const value = num(e.p[layer.primary]);
  const quiet = fresh === 'silent' || fresh === 'never';
  const byAge: Mark = fresh === 'live' ? 'ok' : fresh === 'late' ? 'attention' : fresh === 'silent' ? 'none' : 'unknown';
  switch (layer.symbol) {
    case 'bike': {
      if (quiet) return { ...base, level: 'stale', image: 'bike-stale-0', text: '', mark: byAge };
      if (isClosed(e)) return { ...base, level: 'closed', image: 'bike-closed-0', text: '', mark: 'none' };
      if (value === undefined) return { ...base, level: 'stale', image: 'bike-stale-0', text: '', mark: 'unknown' };
      const cap = bikeCapacity(e.p) ?? Math.max(20, value);
      const level = value >= 4 ? 'many' : value >= 1 ? 'some' : 'none';
      return { ...base, level, image: `bike-${level}-${level === 'none' ? 0 : eighths(value, cap)}`, text: String(Math.round(value)), mark: level === 'many' ? 'ok' : level === 'some' ? 'attention' : 'fail' };
    }
    case 'vehicle': {
      const line = str(e.p['line']) || str(e.p['lineId']);
      if (quiet) return { ...base, level: 'stale', image: 'vehicle-stale', text: line, mark: byAge };
      return { ...base, level: line, image: `vehicle-${category(line, e.p['lineColor'] ?? e.p['color'])}`, text: line, mark: byAge };
    }
    case 'parking': {
      const o = occupied(e.p);
      if (quiet || o === undefined) return { ...base, level: 'stale', image: 'park-stale', text: '', mark: quiet ? byAge : 'unknown' };
      if (isClosed(e)) return { ...base, level: 'closed', image: 'park-closed', text: '', mark: 'none' };
      const level = o >= 0.98 ? 'none' : o >= 0.85 ? 'some' : 'many';
      return { ...base, level, image: `park-${eighths(o, 1)}`, text: '', mark: level === 'many' ? 'ok' : level === 'some' ? 'attention' : 'fail' };
    }
    case 'counter':
      return { ...base, level: quiet ? 'stale' : 'live', image: quiet ? 'counter-stale' : 'counter', text: '', mark: byAge };
    case 'air': {
      if (quiet || value === undefined) return { ...base, level: 'stale', image: 'air-stale', text: '', mark: quiet ? byAge : 'unknown' };
      const b = band(layer.primary, value);
      return { ...base, level: String(b), image: `air-${b}`, text: String(Math.round(value)), mark: byAge };
    }
    default:
      return { ...base, level: quiet ? 'stale' : 'live', image: quiet ? `${layer.symbol}-stale` : layer.symbol, text: value === undefined || quiet ? '' : String(Math.round(value)).replace('-', '\u2212'), mark: byAge };
  }
}
