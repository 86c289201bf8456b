// Datasets as the server publishes them.
import { get } from './api';
import { lang, pick, t, type Names } from './lang';
import { knownKey, words } from '../ui/text';

export interface Field { name: string; iri?: string; unit?: string; type?: string; label?: Names }
export interface Member { slug: string; title: Names; href?: string; state?: string }
export interface SeriesOf { slug: string; title: Names; description: Names; ordered: boolean; href: string; issued: string; modified: string; datasets: Member[] }
export interface Dataset {
  slug: string; title: Names; description: Names; publisher: string; license?: { id: string; title: string; url?: string };
  themes: string[]; frequency?: string; modified?: string; count?: number; bbox?: [number, number, number, number];
  formats: string[]; href: string; address?: string; layer?: string; synthetic?: boolean; sample?: Record<string, unknown>[]; fields?: Field[];
  contact?: string | { name?: string; email?: string; url?: string }; freshness?: { at?: string; period?: number }; links?: Record<string, string>;
  distributions?: { format: string; href: string }[]; temporal?: [string, string]; conformsTo?: string[]; highValue?: string[]; keywords?: Partial<Record<string, string[]>>;
  /** Code of who may have it, if not everybody, and why. */
  access?: string; reason?: Names;
  series?: { slug: string; title: Names; href: string; previous?: Member; next?: Member }[];
}

/** The city's own datasets by title, for a list to choose from: a thousand at most. */
export const list = async (signal: AbortSignal): Promise<Dataset[]> => (await get<{ datasets: Dataset[] }>(`/api/datasets?limit=1000&source=&lang=${lang.get()}`, signal)).datasets ?? [];
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

const layers = new Map<string, Promise<Dataset | undefined>>();
/** The dataset that publishes a layer, if one does; asked for once. */
export function ofLayer(layer: string): Promise<Dataset | undefined> {
  let found = layers.get(layer);
  if (!found) layers.set(layer, (found = get<{ datasets: Dataset[] }>(`/api/datasets?limit=1&layer=${encodeURIComponent(layer)}`).then((r) => r.datasets[0], () => undefined)));
  return found;
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

export const titleOf = (d: Dataset): { text: string; lang?: string } => pick(d.title);
