// Reads a normalized NGSI-LD entity into rows that a person can read. Unknown
// attribute types still give name, value, unit and age.
import { pick, t, type Names } from '../app/lang';
import { number, reading, unitSymbol } from '../app/format';
import { valueText } from '../ui/text';
import { shortId } from './model';

export interface Row {
  name: string; text: string; unit: string; ms: number | undefined;
  number?: number; textLang?: string; link?: string; dataset?: string; note?: string;
}

type Json = string | number | boolean | null | Json[] | { [k: string]: Json };
interface Instance { [k: string]: Json }

const isObject = (v: unknown): v is Record<string, Json> => typeof v === 'object' && v !== null && !Array.isArray(v);
const skip = new Set(['id', 'type', '@context', 'createdAt', 'modifiedAt', 'deletedAt', 'expiresAt', 'scope']);

function plain(v: Json): { text: string; lang?: string; number?: number } {
  if (v === null) return { text: '\u2013' };
  if (typeof v === 'number') return { text: reading(v), number: v };
  if (typeof v === 'boolean') return { text: t(v ? 'word.yes' : 'word.no') };
  if (typeof v === 'string') return { text: valueText(v) };
  if (Array.isArray(v)) return { text: v.map((x) => plain(x).text).join(', ') };
  if (typeof v['@value'] === 'string' || typeof v['@value'] === 'number') return plain(v['@value']);
  // Postal addresses read as one line.
  if (typeof v['streetAddress'] === 'string') return { text: [v['streetAddress'], v['postalCode'], v['addressLocality']].filter((x) => typeof x === 'string').join(', ') };
  return { text: JSON.stringify(v) };
}

export function coordinates(v: unknown): [number, number] | undefined {
  if (!isObject(v)) return undefined;
  if (v['type'] === 'Point' && Array.isArray(v['coordinates'])) {
    const [lon, lat] = v['coordinates'];
    if (typeof lon === 'number' && typeof lat === 'number') return [lon, lat];
  }
  // Any other geometry: the middle of its box.
  const flat: number[][] = [];
  const walk = (x: Json | undefined): void => {
    if (!Array.isArray(x)) return;
    if (typeof x[0] === 'number' && typeof x[1] === 'number') flat.push(x as number[]);
    else x.forEach(walk);
  };
  walk(v['coordinates'] as Json);
  if (!flat.length) return undefined;
  const lons = flat.map((p) => p[0]!);
  const lats = flat.map((p) => p[1]!);
  return [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
}

function row(name: string, a: Instance): Row | undefined {
  const at = a['observedAt'] ?? a['modifiedAt'];
  const ms = typeof at === 'string' ? Date.parse(at) : NaN;
  const out: Row = { name, text: '', unit: unitSymbol(typeof a['unitCode'] === 'string' ? a['unitCode'] : undefined), ms: Number.isNaN(ms) ? undefined : ms };
  if (typeof a['datasetId'] === 'string') out.dataset = shortId(a['datasetId']);
  const quality = a['suspect'] ?? a['quality'];
  if (isObject(quality) && typeof quality['value'] === 'string') out.note = quality['value'];
  switch (a['type']) {
    case 'GeoProperty': {
      const c = coordinates(a['value']);
      out.text = c ? `${number(c[1], 5)} \u00b7 ${number(c[0], 5)}` : isObject(a['value']) ? String(a['value']['type']) : '';
      return out;
    }
    case 'Relationship': case 'ListRelationship': {
      const o = a['object'] ?? a['objectList'];
      const ids = (Array.isArray(o) ? o : [o]).map((x) => (isObject(x) ? x['object'] : x)).filter((x): x is string => typeof x === 'string');
      out.text = ids.map(shortId).join(', ');
      if (ids.length === 1) out.link = ids[0];
      return out;
    }
    case 'LanguageProperty': {
      const p = pick(a['languageMap'] as Names | undefined);
      return { ...out, text: p.text, textLang: p.lang };
    }
    case 'VocabProperty': {
      const v = a['vocab'];
      out.text = (Array.isArray(v) ? v : [v]).map((x) => valueText(shortId(String(x)))).join(', ');
      return out;
    }
    case 'JsonProperty': return { ...out, text: JSON.stringify(a['json']) };
    case 'ListProperty': return { ...out, text: plain((a['valueList'] ?? null) as Json).text };
    default: {
      const v = a['value'];
      if (v === undefined) return undefined;
      const p = plain(v);
      return { ...out, text: p.text, ...(p.number !== undefined ? { number: p.number } : {}) };
    }
  }
}

/** Rows of an entity; several instances of one attribute give several rows. */
export function rows(entity: Record<string, unknown>): Row[] {
  const out: Row[] = [];
  for (const [key, v] of Object.entries(entity)) {
    // Names of the default vocabulary come as full addresses when another context was asked for.
    const name = key.replace('https://uri.etsi.org/ngsi-ld/default-context/', '');
    if (skip.has(name)) continue;
    for (const a of Array.isArray(v) ? v : [v]) {
      // A simplified value has no type of its own and reads as a property.
      const r = row(name, isObject(a) && 'type' in a && typeof a['type'] === 'string' && ('value' in a || 'object' in a || 'languageMap' in a || 'vocab' in a || 'json' in a || 'valueList' in a || 'objectList' in a) ? a : { value: a as Json });
      if (r && r.text !== '') out.push(r);
    }
  }
  // Measured numbers first, then words, where it is last; each group in the entity's own order.
  const rank = (r: Row): number => (r.number !== undefined ? 0 : r.name === 'location' ? 2 : 1);
  return out.sort((a, b) => rank(a) - rank(b));
}
