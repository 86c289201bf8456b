// A dataset's description as the editor holds it: one text a field, so that
// what two people typed can be compared and put together.
import { request } from './api';
import { languages, type Lang, type Names } from './lang';

export interface Description {
  title: Names; description: Names; license: string; publisher: { name: string; url?: string }; contact: { name: string; email?: string; url?: string };
  themes: string[] | null; frequency: string; keywords: Partial<Record<Lang, string[]>> | null; highValue: string[] | null; selection: { types: string[] | null; scope?: string };
  layer: string; period: number; conformsTo?: string[]; spatial?: string; temporal?: { from?: string; until?: string }; access?: string; reason?: string;
}
export type Form = Record<string, string>;

export interface Finding { field?: string; severity: 'wrong' | 'missing' | 'violation' | 'warning' | 'info' | 'contradiction'; message: Names; mend?: Names; rules?: string[] }
export interface Existing { slug: string; state: string; title: Names; file: boolean }
export interface Check {
  slug: string; state: 'new' | 'draft' | 'published' | 'withdrawn'; existing?: Existing; publishable: boolean; selection: { text: Names; count: number };
  measured: { count: number; bbox?: [number, number, number, number]; temporal?: [string, string]; period?: number; modified: string; fields: number };
  quality: { points: number; max: number; rating: string; missing: { key: string; points: number; title: Names; field?: string }[] };
  findings: Finding[];
}
export interface Vocabularies {
  licences: { id: string; title: string }[]; themes: string[]; frequencies: string[]; access: string[];
  reasons: { code: string; label: Names }[]; highValue: { code: string; label: Names }[]; types: { name: string; iri: string; count: number }[];
}

/** Lists that stand in one field, one entry a line. */
const lists = ['themes', 'highValue', 'conformsTo', 'selection.types'] as const;

export function toForm(d: Description): Form {
  const f: Form = {};
  for (const l of languages) {
    f[`title.${l}`] = d.title?.[l] ?? '';
    f[`description.${l}`] = d.description?.[l] ?? '';
    f[`keywords.${l}`] = (d.keywords?.[l] ?? []).join(', ');
  }
  return {
    ...f, license: d.license ?? '', 'publisher.name': d.publisher?.name ?? '', 'publisher.url': d.publisher?.url ?? '',
    'contact.name': d.contact?.name ?? '', 'contact.email': d.contact?.email ?? '', 'contact.url': d.contact?.url ?? '',
    themes: (d.themes ?? []).join('\n'), frequency: d.frequency ?? '', highValue: (d.highValue ?? []).join('\n'), 'selection.types': (d.selection?.types ?? []).join('\n'),
    'selection.scope': d.selection?.scope ?? '', layer: d.layer ?? '', period: d.period ? String(d.period) : '', conformsTo: (d.conformsTo ?? []).join('\n'),
    spatial: d.spatial ?? '', 'temporal.from': d.temporal?.from ?? '', 'temporal.until': d.temporal?.until ?? '', access: d.access || 'PUBLIC', reason: d.reason ?? '',
  };
}

export const linesOf = (text: string | undefined): string[] => (text ?? '').split('\n').map((x) => x.trim()).filter(Boolean);

export function fromForm(f: Form): Description {
  const v = (k: string): string => (f[k] ?? '').trim();
  const texts = (k: string): Names => Object.fromEntries(languages.map((l) => [l, v(`${k}.${l}`)]).filter(([, s]) => s));
  const words = Object.fromEntries(languages.map((l) => [l, [...new Set(v(`keywords.${l}`).split(',').map((x) => x.trim()).filter(Boolean))]]).filter(([, w]) => w!.length));
  const period = Number(v('period').replace(',', '.'));
  const open = v('access') === '' || v('access') === 'PUBLIC';
  return {
    title: texts('title'), description: texts('description'), license: v('license'), publisher: { name: v('publisher.name'), ...(v('publisher.url') ? { url: v('publisher.url') } : {}) },
    contact: { name: v('contact.name'), ...(v('contact.email') ? { email: v('contact.email') } : {}), ...(v('contact.url') ? { url: v('contact.url') } : {}) },
    themes: linesOf(f['themes']), frequency: v('frequency'), keywords: words, highValue: linesOf(f['highValue']),
    selection: { types: linesOf(f['selection.types']), ...(v('selection.scope') ? { scope: v('selection.scope') } : {}) }, layer: v('layer'), period: Number.isFinite(period) && period > 0 ? period : 0,
    ...(linesOf(f['conformsTo']).length ? { conformsTo: linesOf(f['conformsTo']) } : {}), ...(v('spatial') ? { spatial: v('spatial') } : {}),
    ...(v('temporal.from') || v('temporal.until') ? { temporal: { ...(v('temporal.from') ? { from: v('temporal.from') } : {}), ...(v('temporal.until') ? { until: v('temporal.until') } : {}) } } : {}),
    ...(open ? {} : { access: v('access'), ...(v('reason') ? { reason: v('reason') } : {}) }),
  };
}

/** The input at which a finding is shown; "" if nobody types it. */
export function inputOf(field: string | undefined): string {
  switch (field) {
    case 'selection': return 'selection.types';
    case 'temporal': return 'temporal.from';
    case 'keywords': return 'keywords.fr';
    case 'contact': return 'contact.name';
    case 'publisher': return 'publisher.name';
    case 'slug': return 'title.en';
    default: return field ?? '';
  }
}

/** What both changed since base, and what only the other one did. */
export interface Conflict { mine: Form; asks: { field: string; theirs: string; mine: string }[] }

/** Puts together what I typed and what somebody else has saved meanwhile: what only one of us changed is taken; where both did, a person chooses. */
export function merge(base: Form, mine: Form, theirs: Form): Conflict {
  const out: Conflict = { mine: { ...mine }, asks: [] };
  for (const field of new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)])) {
    const [b, m, o] = [base[field] ?? '', mine[field] ?? '', theirs[field] ?? ''];
    if (m === o || o === b) continue;
    if (m === b) out.mine[field] = o;
    else out.asks.push({ field, theirs: o, mine: m });
  }
  return out;
}

export const listed = (field: string): boolean => (lists as readonly string[]).includes(field);

const json = { 'content-type': 'application/json' };
const at = (slug: string): string => `/api/datasets/${encodeURIComponent(slug)}`;

export async function check(slug: string, f: Form, signal: AbortSignal): Promise<Check> {
  return await (await request(`${at(slug)}/check`, { method: 'POST', headers: json, body: JSON.stringify(fromForm(f)), signal })).json() as Check;
}
export async function open(slug: string, signal?: AbortSignal): Promise<{ form: Form; tag: string; state: string; href?: string }> {
  const r = await request(`${at(slug)}/description`, signal ? { signal } : {});
  const d = await r.json() as { state: string; href?: string; description: Description };
  return { form: toForm(d.description), tag: r.headers.get('etag') ?? '', state: d.state, href: d.href };
}
/** Keeps a description: a new one (tag "") only where none is, an old one only if it is still the one that was opened. */
export async function save(slug: string, f: Form, tag: string): Promise<string> {
  const r = await request(at(slug), { method: 'PUT', headers: { ...json, ...(tag ? { 'if-match': tag } : { 'if-none-match': '*' }) }, body: JSON.stringify(fromForm(f)) });
  return r.headers.get('etag') ?? '';
}
