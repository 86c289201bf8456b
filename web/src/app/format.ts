// Numbers, dates and units as the language and the city's zone write them.
import { lang, locale, t } from './lang';
import { span } from './age';
import { clock } from './clock';

let zone = 'UTC';
export const setZone = (z: string): void => { zone = z; };
export const theZone = (): string => zone;

const cache = new Map<string, Intl.DateTimeFormat>();
function date(ms: number, options: Intl.DateTimeFormatOptions): string {
  const key = locale() + zone + JSON.stringify(options);
  let f = cache.get(key);
  if (!f) {
    try { f = new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }); }
    catch { f = new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', ...options }); }
    cache.set(key, f);
  }
  return f.format(ms);
}

export const time = (ms: number): string => date(ms, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
export const timeSeconds = (ms: number): string => date(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
export const day = (ms: number): string => date(ms, { weekday: 'short', day: 'numeric', month: 'long' });
/** A day and a time of it, for charts over several days. */
export const dayTime = (ms: number): string => date(ms, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
export const dayShort = (ms: number): string => date(ms, { weekday: 'short', day: 'numeric', month: 'short' });
export const fullDate = (ms: number): string => date(ms, { day: 'numeric', month: 'long', year: 'numeric' });
export const instant = (ms: number): string =>
  date(ms, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });

/** Hour of the day (0 to 23) in the city's zone. */
export function hourInZone(ms: number): number {
  const key = 'hour' + zone;
  let f = cache.get(key);
  if (!f) cache.set(key, (f = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' })));
  return Number(f.format(ms));
}

/** A number with at most the digits given; the sign is a real minus. */
export function number(v: number, digits = 2): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(v).replace('-', '\u2212');
}

/** Precision that suits a value: whole above 100, one digit above 10, two below. */
export function reading(v: number): string {
  if (Number.isInteger(v)) return number(v, 0);
  const a = Math.abs(v);
  return number(v, a >= 100 ? 0 : a >= 10 ? 1 : 2);
}

export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let i = 0;
  let v = n;
  while (v >= 1000 && i < 3) { v /= 1000; i++; }
  const unit = lang.get() === 'fr' ? units[i]!.replace('B', 'o') : units[i]!;
  return `${number(v, v < 10 && i > 0 ? 1 : 0)}\u00a0${unit}`;
}

/** "12 s", "3 min", "5 h", "3 days". */
export function ageText(seconds: number): string {
  const { n, unit } = span(seconds);
  return t(`age.${unit}`, { n });
}

export const ageOf = (ms: number): number => (clock.now() - ms) / 1000;

// UN/CEFACT Recommendation 20 codes that city data uses, as people write them.
const units: Record<string, string> = {
  GQ: 'µg/m³', GP: 'mg/m³', '59': 'ppm', '61': 'ppb', CEL: '°C', KEL: 'K', P1: '%', C62: '', MTS: 'm/s', KMH: 'km/h', MTR: 'm', KMT: 'km', CMT: 'cm', MMT: 'mm',
  '2N': 'dB', '2A': 'rad', DD: '°', A97: 'hPa', PAL: 'Pa', SEC: 's', MIN: 'min', HUR: 'h', DAY: 'd', VLT: 'V', AMP: 'A', WTT: 'W', KWT: 'kW', KWH: 'kWh', LUX: 'lx',
  KGM: 'kg', MTK: 'm²', MTQ: 'm³', LTR: 'l', EUR: '€', D54: 'W/m²', DBM: 'dBm', H11: 'mm/h',
};
/** Symbol of a unit code; what is not in the table is shown as it came. */
export function unitSymbol(code: string | undefined): string {
  if (!code) return '';
  return Object.hasOwn(units, code) ? units[code]! : code;
}
