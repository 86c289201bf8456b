// The catalogues that are harvested, and what came of it.
import { get, request } from './api';
import type { Names } from './lang';

export type Kind = 'rdf' | 'dcat' | 'ckan' | 'oai';
export const kinds: Kind[] = ['rdf', 'dcat', 'ckan', 'oai'];

export interface Finding { code: string; level: 'error' | 'warning' | 'notice'; where: string; what: Names; mend: Names }
export interface PreviewLine { slug: string; iri: string; title: Names }
export interface Report {
  run: string; dry: boolean; state: 'running' | 'done' | 'cut'; started?: string; ended?: string; bytes: number; pages: number;
  counts: { seen: number; new: number; altered: number; same: number; gone: number; refused: number };
  byCode: Record<string, number>; findings: Finding[]; preview: { new?: PreviewLine[]; altered?: PreviewLine[]; gone?: PreviewLine[] };
}
export interface Source { slug: string; name: string; kind: Kind; url: string; language?: string; every?: number; running?: Report; last?: Report }
export type Draft = Pick<Source, 'slug' | 'name' | 'kind' | 'url' | 'language' | 'every'>;

const at = (slug: string): string => `/api/harvest/sources/${encodeURIComponent(slug)}`;

export const sources = async (signal: AbortSignal): Promise<Source[]> => (await get<{ sources: Source[] }>('/api/harvest/sources', signal)).sources;
export const reports = async (slug: string, signal: AbortSignal): Promise<Report[]> => (await get<{ reports: Report[] }>(`${at(slug)}/reports`, signal)).reports;
export async function put({ slug, ...rest }: Draft): Promise<void> {
  await request(at(slug), { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(rest) });
}
export async function start(slug: string, how: 'run' | 'dry-run', vanish = false): Promise<void> {
  await request(`${at(slug)}/${how}${vanish ? '?vanish=accept' : ''}`, { method: 'POST' });
}
export async function remove(slug: string): Promise<void> { await request(at(slug), { method: 'DELETE' }); }

/** A dataset that another catalogue describes. */
export interface HarvestedDataset {
  slug: string; iri: string; page?: string; source: string; harvestedFrom: { name: string; url?: string }; title: Names; description?: Names | null;
  publisher?: { name: string; url?: string }; contact?: { name?: string; email?: string; url?: string }; themes: string[]; keywords: Record<string, string[]>;
  licence?: { title: string; url?: string }; frequency?: string; issued?: string; modified?: string; temporal?: string[]; bbox?: number[];
  distributions: { title?: Names; accessURL?: string; downloadURL?: string; format?: string; mediaType?: string; bytes?: number }[]; gone?: string; changed: string;
}
export const harvested = (slug: string, signal: AbortSignal): Promise<HarvestedDataset> => get<HarvestedDataset>(`/api/harvested/${encodeURIComponent(slug)}`, signal);
