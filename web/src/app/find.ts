// A search of the catalogue: what the address of the page says, and what the
// server is asked. The address holds all of it, so that a search can be sent.
import { get } from './api';
import { lang } from './lang';
import type { Dataset } from './datasets';

/** Facets by their names in the server's address; in ours a theme is theme_is, as theme is light or dark. */
export const facetNames = ['theme', 'format', 'publisher', 'licence', 'hvd', 'frequency', 'access', 'source'] as const;
export type FacetName = (typeof facetNames)[number];
export const inAddress = (f: FacetName): string => (f === 'theme' ? 'theme_is' : f);

export type Box = [number, number, number, number];
/** drafts is for stewards: what is not published yet is found too. */
export interface Ask { q: string; of: Partial<Record<FacetName, string[]>>; live: boolean; drafts: boolean; box?: Box; sort: string; page: number }
export interface Value { value: string; count: number; label?: string }
/** A text cut at the words that were found: plain, marked, plain and so on. */
export type Marked = string[];
export interface Found extends Dataset {
  live: boolean;
  /** draft; nothing for what is published. */
  state?: string;
  harvested?: { source: string; iri: string; page?: string };
  found?: { title?: Marked; description?: Marked; publisher?: Marked; keywords?: Marked[]; elsewhere?: { lang: string; text: Marked } };
}
export interface Page {
  datasets: Found[]; count: number; facets: Partial<Record<FacetName, Value[]>>; live: number; anywhere: number;
  words?: { word: string; count: number; instead?: string; near?: string }[]; without?: { part: string; count: number }[];
}

export const pageSize = 20;
export const orders = ['relevance', 'title', 'modified', 'issued', 'count'] as const;

/** West, south, east and north in degrees, or nothing where they are none. */
export function boxOf(text: string | null): Box | undefined {
  const n = (text ?? '').split(',').map((s) => (s.trim() === '' ? NaN : Number(s)));
  if (n.length !== 4 || n.some((v, i) => !Number.isFinite(v) || Math.abs(v) > (i % 2 ? 90 : 180)) || n[1]! > n[3]! || n[0]! > n[2]!) return undefined;
  return n as Box;
}

/** Degrees that are exact to some metres: an address is for people too. */
export const boxText = (b: Box): string => b.map((v) => String(Math.round(v * 1e4) / 1e4)).join(',');

export function askOf(p: URLSearchParams): Ask {
  const of: Ask['of'] = {};
  for (const f of facetNames) {
    const vs = p.getAll(inAddress(f)).flatMap((v) => (f === 'publisher' ? [v] : v.split(','))).filter(Boolean);
    if (vs.length) of[f] = [...new Set(vs)];
  }
  const sort = p.get('sort') ?? '';
  return { q: p.get('q') ?? '', of, live: p.get('live') === '1', drafts: p.get('drafts') === '1', box: boxOf(p.get('bbox')), sort: (orders as readonly string[]).includes(sort) ? sort : '', page: Math.max(1, Math.floor(Number(p.get('page')) || 1)) };
}

/** The page's address for a search, with what else is in it (language, theme) kept. */
export function addressOf(a: Ask, now: URLSearchParams): URLSearchParams {
  const out = new URLSearchParams();
  for (const k of ['lang', 'theme']) if (now.get(k)) out.set(k, now.get(k)!);
  if (a.q) out.set('q', a.q);
  for (const f of facetNames) {
    const vs = a.of[f] ?? [];
    if (f === 'publisher') for (const v of vs) out.append(f, v);
    else if (vs.length) out.set(inAddress(f), vs.join(','));
  }
  if (a.live) out.set('live', '1');
  if (a.drafts) out.set('drafts', '1');
  if (a.box) out.set('bbox', boxText(a.box));
  if (a.sort) out.set('sort', a.sort);
  if (a.page > 1) out.set('page', String(a.page));
  return out;
}

/** What the server is asked. */
export function queryOf(a: Ask, l: string): URLSearchParams {
  const out = addressOf({ ...a, page: 1 }, new URLSearchParams());
  const themes = out.get('theme_is');
  if (themes) { out.delete('theme_is'); out.set('theme', themes); }
  if (a.live) out.set('live', 'true');
  if (a.drafts) { out.delete('drafts'); out.set('state', 'any'); }
  out.set('limit', String(pageSize));
  if (a.page > 1) out.set('offset', String((a.page - 1) * pageSize));
  out.set('lang', l);
  return out;
}

export const search = (a: Ask, signal: AbortSignal): Promise<Page> => get<Page>(`/api/datasets?${queryOf(a, lang.get())}`, signal);

/** Whether anything but words narrows a search down. */
export const narrowed = (a: Ask): boolean => a.live || !!a.box || Object.values(a.of).some((v) => v?.length);

export function flipped(a: Ask, f: FacetName, v: string): Ask {
  const now = a.of[f] ?? [];
  return { ...a, page: 1, of: { ...a.of, [f]: now.includes(v) ? now.filter((x) => x !== v) : [...now, v] } };
}

/** A search without one of its parts, as the server names it. */
export function without(a: Ask, part: string): Ask {
  if (part === 'live') return { ...a, page: 1, live: false };
  if (part === 'bbox') return { ...a, page: 1, box: undefined };
  return { ...a, page: 1, of: { ...a.of, [part]: [] } };
}

/** The question with one word replaced, or taken out. */
export function reworded(q: string, word: string, by: string): string {
  const low = word.toLowerCase();
  return q.split(/(\s+)/).map((w) => (w.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '') === low ? by : w)).join('').replace(/\s+/g, ' ').trim();
}
