// A file that a steward publishes: what the server reads in it, and the form
// that goes back.
import { request } from './api';
import type { Names } from './lang';

export interface FileColumn { head: string; term: string; role: string; type: string; comma?: boolean; dayFirst?: boolean; unit?: string; empty?: number; examples?: string[] }
export interface Inspection { kind: string; encoding?: string; delimiter?: string; rows: number; shapes?: boolean; epsg?: number; columns: FileColumn[]; sample: string[][] }
export interface Fault { line: number; column?: string; text: string }
export interface FileAnswer { rows: number; entities: number; bad: number; faults?: Fault[]; written: boolean; created: number; deleted: number; selection: { types: string[]; scope: string }; first?: Record<string, unknown> }
export interface FilePlan { type: string; columns: FileColumn[]; epsg: number; dryRun: boolean; skip: boolean; replace?: boolean }

export const roles = ['attribute', 'id', 'longitude', 'latitude', 'x', 'y', 'latlon', 'ignore'] as const;
export const kinds = ['text', 'number', 'integer', 'boolean', 'date', 'dateTime', 'geometry'] as const;
export const systems = [2154, 31370, 3812, 3857, 25831, 25832] as const;

export async function inspect(file: Blob): Promise<Inspection> {
  return await (await request('/api/files/inspect', { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: file })).json() as Inspection;
}

export async function send(slug: string, file: Blob, plan: FilePlan): Promise<FileAnswer> {
  const form = new FormData();
  form.append('plan', JSON.stringify(plan));
  form.append('file', file);
  return await (await request(`/api/files/${encodeURIComponent(slug)}`, { method: 'PUT', body: form })).json() as FileAnswer;
}

/** What a title becomes in an address. */
export const slugOf = (title: string): string => title.normalize('NFD').replace(/[\u0300-\u036f'’]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 80).replace(/-+$/, '');

/** One word for what a row is, from the name of the file. */
export const typeOfFile = (name: string): string => name.replace(/\.[^.]*$/, '').normalize('NFD').replace(/[\u0300-\u036f]/g, '').split(/[^A-Za-z0-9]+/).filter((w) => w && !/^\d/.test(w)).slice(0, 3).map((w) => w[0]!.toUpperCase() + w.slice(1)).join('') || 'Thing';

export interface Description { title: Names; description: Names; license: string; publisher: { name: string }; contact: { name: string; email: string }; themes: string[]; frequency: string; selection: { types: string[]; scope: string } }

/** Describes a new dataset; one that exists is not changed. */
export async function describe(slug: string, d: Description): Promise<void> {
  await request(`/api/datasets/${encodeURIComponent(slug)}`, { method: 'PUT', headers: { 'content-type': 'application/json', 'if-none-match': '*' }, body: JSON.stringify(d) });
}
export async function publish(slug: string): Promise<void> {
  await request(`/api/datasets/${encodeURIComponent(slug)}/publish`, { method: 'POST' });
}
