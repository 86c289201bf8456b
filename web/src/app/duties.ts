// What the law book answers about a dataset, and what a reader may still tell it.
import type { Names } from './lang';

export interface Act { id: string; name: Names; act: string; status: string; version: string; rules: number; verification: Record<string, number> }
export interface Fact { name: string; type: 'bool' | 'text' | 'list' | 'number' | 'date' | 'instant'; ask: Names; values?: string[] }
export type Known = Record<string, unknown>;
export interface Duty {
  id: string; set: string; act: string; article: string; status: string; title: Names; duty: Names; evidence?: Names; limit?: Names; source: string; verification: 'read' | 'secondary' | 'unverified';
  applies: 'yes' | 'no' | 'open'; met?: 'yes' | 'no' | 'open'; missing?: string[]; because?: string[]; clockFrom?: string; due?: { last: string };
  about?: 'dataset' | 'organisation'; action?: string;
  /** Of what is kept; a trial has none. */
  standing?: Standing; actor?: 'machine' | 'steward' | 'holder' | 'officer'; actions?: { id: string; to?: string }[]; proof?: Evidence[];
}
export interface Evidence { id: string; rule: string; url?: string; note?: string; by: string; at: string }
export interface State { on: string; duties: Duty[]; facts?: Known; sources?: Record<string, 'measured' | 'dataset' | 'holder'>; against?: string[] }
export interface Assessment { number: number; on: string; by: string; at: string; note?: string; duties: { rule: string; standing: Standing }[] }
export interface Cell { column: string; worst: Standing; unmet: number; asked: number; met: number; maybe: number; toCheck?: number; actions?: number }
export interface Row { slug?: string; title?: Names; state?: string; cells: Cell[] }
export interface Event { date: string; kind: 'begins' | 'ends' | 'due'; set: string; rule: string; article: string; title: Names; status: string; verification: string; applies: string[]; open: string[] }
export interface Board { on: string; columns: { id: string; name: Names; short: string; status: string; version: string }[]; rows: Row[]; timeline: Event[] }
export type Standing = 'unmet' | 'asked' | 'met' | 'maybe';

/** Where a duty stands. What was not checked against the official text is never met. */
export function standingOf(d: Duty): Standing {
  if (d.standing) return d.standing;
  if (d.applies !== 'yes') return 'maybe';
  if (d.met === 'yes' && d.verification !== 'unverified') return 'met';
  return d.met === 'no' ? 'unmet' : 'asked';
}
/** What the reader answered, as the address holds it: name:answer, joined by semicolons. */
export function knownOf(text: string, facts: Fact[]): Known {
  const out: Known = {};
  for (const part of text.split(';')) {
    const i = part.indexOf(':');
    const f = facts.find((x) => x.name === part.slice(0, i));
    const v = part.slice(i + 1);
    if (!f || i < 0 || !v) continue;
    if (f.type === 'bool') out[f.name] = v === 'yes';
    else if (f.type === 'list') out[f.name] = v === 'none' ? [] : [v];
    else if (f.type === 'number') { if (Number.isFinite(Number(v))) out[f.name] = Number(v); }
    else out[f.name] = v;
  }
  return out;
}

/** The facts that would decide most, the most wanted first; those answered stay. */
export function questionsOf(duties: Duty[], facts: Fact[], answered: Known, max: number): Fact[] {
  const wanted = new Map<string, number>();
  for (const d of duties) for (const m of d.missing ?? []) wanted.set(m, (wanted.get(m) ?? 0) + 1);
  const askable = facts.filter((f) => !(f.name in answered) && wanted.has(f.name) && f.type !== 'date' && f.type !== 'instant' && /^(holder|dataset)\./.test(f.name));
  askable.sort((a, b) => wanted.get(b.name)! - wanted.get(a.name)! || facts.indexOf(a) - facts.indexOf(b));
  return [...facts.filter((f) => f.name in answered), ...askable.slice(0, max)];
}

/** A value of a fact as the server takes it, from the text of its input; null takes it back. */
export function valueOf(f: Fact, text: string): unknown {
  if (text === '') return null;
  return knownOf(`${f.name}:${text}`, [f])[f.name] ?? null;
}
/** The text of the input of a fact, from its value. */
export function textOf(v: unknown): string {
  if (v === true) return 'yes';
  if (v === false) return 'no';
  if (Array.isArray(v)) return v.length ? String(v[0]) : 'none';
  return v === undefined || v === null ? '' : String(v);
}

export interface Compared { id: string; title: Names; article: string; set: string; states: (Standing | undefined)[] }
/** The same dataset in several states of the law, a line a rule, in the order of the first state that has it. */
export function compare(states: Duty[][]): Compared[] {
  const lines = new Map<string, Compared>();
  states.forEach((ds, i) => {
    for (const d of ds) {
      if (d.applies === 'no') continue;
      let l = lines.get(d.id);
      if (!l) lines.set(d.id, (l = { id: d.id, title: d.title, article: d.article, set: d.set, states: states.map(() => undefined) }));
      l.states[i] = standingOf(d);
    }
  });
  return [...lines.values()];
}
export const differs = (c: Compared): boolean => c.states.some((s) => s !== c.states[0]);
