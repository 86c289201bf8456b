// Datasets as the server publishes them.
import { get } from './api';
import { lang, pick, t, type Names } from './lang';
import { knownKey, words } from '../ui/text';

export interface Field { name: string; iri?: string; unit?: string; type?: string; label?: Names }
export interface Dataset {
  slug: string; title: Names; description: Names; publisher: string; license?: { id: string; title: string; url?: string };
  themes: string[]; frequency?: string; modified?: string; count?: number; bbox?: [number, number, number, number];
  formats: string[]; href: string; address?: string; layer?: string; synthetic?: boolean; sample?: Record<string, unknown>[]; fields?: Field[];
  contact?: string | { name?: string; email?: string; url?: string }; freshness?: { at?: string; period?: number }; links?: Record<string, string>;
  distributions?: { format: string; href: string }[]; temporal?: [string, string]; conformsTo?: string[]; highValue?: string[]; keywords?: Partial<Record<string, string[]>>;
  /** Code of who may have it, if not everybody, and why. */
  access?: string; reason?: Names;
}

export const list = async (signal: AbortSignal): Promise<Dataset[]> => (await get<{ datasets: Dataset[] }>(`/api/datasets?lang=${lang.get()}`, signal)).datasets ?? [];
export const one = (slug: string, signal: AbortSignal): Promise<Dataset> => get<Dataset>(`/api/datasets/${encodeURIComponent(slug)}?lang=${lang.get()}`, signal);

/** A dataset as its steward sees it: typed by people, measured from the data. */
export interface InventoryLine {
  slug: string; state: 'draft' | 'published' | 'withdrawn'; href?: string; light: 'red' | 'amber' | 'green'; missing?: string[];
  contradictions?: { field: string; declared: string; measured: string; text: Names }[];
  typed: { title: Names; publisher: string; license: string; themes?: string[]; frequency: string; period?: number; highValue?: string[] };
  measured: { count: number; bbox?: [number, number, number, number]; temporal?: [string, string]; period?: number; modified: string; fields: number };
}
export type Standing = 'blocked' | 'attention' | 'draft' | 'ready' | 'withdrawn';

export const inventory = async (signal: AbortSignal): Promise<InventoryLine[]> => (await get<{ datasets: InventoryLine[] }>('/api/inventory', signal)).datasets ?? [];

/** Where a dataset stands, worst first: what lacks something cannot be published. */
export function stateOf(d: InventoryLine): Standing {
  if (d.state === 'withdrawn') return 'withdrawn';
  if (d.light === 'red') return 'blocked';
  if (d.light === 'amber') return 'attention';
  return d.state === 'draft' ? 'draft' : 'ready';
}

let known: Promise<Dataset[]> | undefined;
/** The dataset that publishes a layer, if one does; asked for once. */
export async function ofLayer(layer: string): Promise<Dataset | undefined> {
  known ??= list(new AbortController().signal).catch(() => []);
  return (await known).find((d) => d.layer === layer);
}

const last = (iri: string): string => iri.split(/[/#:]/).filter(Boolean).pop() ?? iri;

/** A theme of the EU vocabulary in words; others as they came. */
export function themeText(theme: string): string {
  const k = knownKey(`theme.${last(theme)}`);
  return k ? t(k) : words(theme);
}
export function frequencyText(f: string | undefined): string {
  if (!f) return t('freq.UNKNOWN');
  const k = knownKey(`freq.${last(f)}`);
  return k ? t(k) : words(f);
}
export const licenceText = (d: Dataset): string => d.license?.title || d.license?.id || '\u2013';

/** What the word search looks at. */
export function haystack(d: Dataset): string {
  return [...Object.values(d.title), ...Object.values(d.description), d.publisher, ...d.themes.map(themeText)].join(' ').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
export const fold = (s: string): string => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

export interface Facets { theme: string[]; format: string[]; publisher: string[]; live: boolean; q: string }

/** The newest reading, or undefined when nothing in it was ever read. */
export function newest(d: Dataset): number | undefined {
  const at = d.freshness?.at ? Date.parse(d.freshness.at) : NaN;
  return Number.isFinite(at) && at > 0 ? at : undefined;
}

export const isLive = (d: Dataset, now: number): boolean => {
  const at = newest(d);
  const period = d.freshness?.period ?? 0;
  return period > 0 && at !== undefined && (now - at) / 1000 <= 5 * period;
};

export function matches(d: Dataset, f: Facets, now: number, but?: keyof Facets): boolean {
  if (but !== 'theme' && f.theme.length && !d.themes.some((x) => f.theme.includes(last(x)))) return false;
  if (but !== 'format' && f.format.length && !d.formats.some((x) => f.format.includes(x))) return false;
  if (but !== 'publisher' && f.publisher.length && !f.publisher.includes(d.publisher)) return false;
  if (but !== 'live' && f.live && !isLive(d, now)) return false;
  if (f.q) { const h = haystack(d); if (!fold(f.q).split(/\s+/).every((w) => h.includes(w))) return false; }
  return true;
}
export const themeIds = (d: Dataset): string[] => d.themes.map(last);
export const titleOf = (d: Dataset): { text: string; lang?: string } => pick(d.title);
