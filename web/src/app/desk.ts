// Requests for data, the registers and the board, as the server tells them.
import { get, request } from './api';
import type { City } from './city';
import type { Names } from './lang';
import type { Mark } from '../live/model';

export type Standing = 'overdue' | 'silentRefusal' | 'soon' | 'running' | 'stopped' | 'doneLate' | 'done' | 'closed';
export type Outcome = 'granted' | 'partly' | 'refused';
export type Step = 'acknowledge' | 'sendLetter' | 'sendExtension' | 'resume' | 'decide' | 'nothing';
export type LetterKind = 'acknowledgement' | 'question' | 'extension' | 'transfer' | 'grant' | 'partial' | 'refusal';
export type ActKind = 'acknowledged' | 'questioned' | 'clarified' | 'extended' | 'classified' | 'transferred' | 'withdrawn' | 'noted' | 'resumed' | 'stopped';
export type EventKind = ActKind | 'received' | 'decided' | 'sent' | 'erased';

export interface Kind { kind: string; regime: string; name: Names; help: Names; rule: string; article: string; act: Names; says: Names; free: boolean }
export interface LetterLine { n: number; kind: LetterKind; made: string; sent?: string; how?: string }
export interface Followed { id: string; subject: string; received: string; article: string; act: Names; last: string; extended: boolean; standing: Standing; appeal?: string; decided?: string; outcome?: Outcome; letters: LetterLine[] }
export interface Line {
  id: string; kind: string; regime: string; subject: string; name: string; organisation?: string; dataset?: string; received: string; standing: Standing; last: string; extended: boolean;
  workingDays: number; next: Step; nextBy?: string; rule: string; article: string; act: Names; verification: string; outcome?: Outcome;
}
export interface Happened { kind: EventKind; at: string; by?: string; note?: string; letter?: number; rule?: string }
export interface Fee { schedule: string; cents: number; percent?: number }
export interface Decision { id: string; regime: string; rule: string; article: string; act: Names; dataset?: string; summary: string; lang: string; outcome: Outcome; grounds?: string[]; says?: Record<string, Names>; received: string; decided: string; due: string; fee?: Fee }
export interface Whole extends Line {
  requester: { name: string; organisation?: string; address?: string; email?: string }; licence: boolean; lang: string; purpose?: string; channel: string; closed?: EventKind; events: Happened[]; letters: LetterLine[];
  decision?: Decision; says: Names; note?: Names; steps: { rule: string; article: string; from: string; to: string; holiday?: Names }[]; due: string; longest?: string; tellBy?: string; extendedIf?: Names; appeal?: string; refuseBy?: string;
  pauses: { rule: string; article: string; because: Names }[]; today: string;
}
export interface Named { id: string; name: Names; regimes?: string[] }
export interface Terms { regimes: { id: string; kind: string; name: Names; redress: Names; categories?: string[] | null }[]; grounds: Named[]; costs: Named[] }
export interface Price { id: string; category: string; name: Names; unit: Names; cents: number; basis: Names }
export interface Schedule { version: string; from: string; method: Names; prices: Price[]; reductions?: { id: string; name: Names; percent: number }[]; inForce: boolean; categories: Record<string, Names> }
export interface Arrangement { id: string; law: 'dga' | 'odd'; dataset?: string; data: Names; holder: string; reason: Names; from: string; until: string; ended?: string; reviews?: string[]; over: boolean; alarms: { kind: 'ends' | 'review' | 'published'; on: string; late: boolean }[] }
export type WishState = 'new' | 'listed' | 'planned' | 'declined' | 'met' | 'hidden';
export interface Wish { id: string; asked: string; lang: string; title: string; text?: string; state: WishState; answer?: string; dataset?: string }
export interface Wished extends Wish { from?: { name?: string; email?: string }; words?: string; wrote?: string }

/** Where each standing is drawn; the word always stands beside it. */
export const marks: Record<Standing, Mark> = { overdue: 'fail', silentRefusal: 'fail', soon: 'attention', running: 'ok', stopped: 'unknown', doneLate: 'attention', done: 'ok', closed: 'none' };
export const wishMarks: Record<WishState, Mark> = { new: 'person', listed: 'unknown', planned: 'ok', declined: 'none', met: 'ok', hidden: 'none' };
export const outcomeMarks: Record<Outcome, Mark> = { granted: 'ok', partly: 'attention', refused: 'none' };

export type Group = 'urgent' | 'open' | 'answered';
/** Urgent is open too, so the groups do not add up to all. */
export const inGroup = (s: Standing, g: Group): boolean =>
  g === 'urgent' ? s === 'overdue' || s === 'silentRefusal' || s === 'soon' : g === 'answered' ? s === 'done' || s === 'doneLate' || s === 'closed' : !inGroup(s, 'answered');

/** Non-empty lines of a text. */
export const lines = (s: string): string[] => s.split('\n').map((x) => x.trim()).filter(Boolean);

/** Reads a day (YYYY-MM-DD) as noon, so that no zone makes another day of it. */
export const dayMs = (d: string): number => Date.parse(d.length === 10 ? `${d}T12:00:00Z` : d);

export const isSteward = (c: City): boolean => (c.account?.roles ?? []).some((r) => r === 'steward' || r === 'administrator');

export async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const r = await request(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  return r.status === 204 ? (undefined as T) : await r.json() as T;
}

export const kinds = async (signal: AbortSignal): Promise<Kind[]> => (await get<{ kinds: Kind[] }>('/api/requests/kinds', signal)).kinds;
const secretHeader = (secret: string): Record<string, string> => ({ 'request-secret': secret });
export const follow = async (id: string, secret: string): Promise<Followed> => await (await request(`/api/requests/${encodeURIComponent(id)}`, { headers: secretHeader(secret) })).json() as Followed;

/** Gives a letter of one's own request to the reader as a file: its address needs the secret, which no link may hold. */
export async function fetchLetter(id: string, n: number, secret: string): Promise<void> {
  const blob = await (await request(`/api/requests/${encodeURIComponent(id)}/letters/${n}/pdf`, { headers: secretHeader(secret) })).blob();
  const a = document.createElement('a');
  a.href = URL.createObjectURL(blob);
  a.download = `${id}-${n}.pdf`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}

/** Whether the day for the next step has gone by, in the order of days written YYYY-MM-DD. */
export const gone = (d: { workingDays: number; nextBy?: string }): boolean => d.workingDays < 0 && Boolean(d.nextBy);
