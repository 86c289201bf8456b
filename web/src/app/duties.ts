// What the law book answers about a dataset, and what a reader may still tell it.
import type { Names } from './lang';

export interface Act { id: string; name: Names; act: string; status: string }
export interface Fact { name: string; type: 'bool' | 'text' | 'list' | 'number' | 'date' | 'instant'; ask: Names; values?: string[] }
export type Known = Record<string, unknown>;
export interface Duty {
  id: string; set: string; act: string; article: string; status: string; title: Names; duty: Names; evidence?: Names; limit?: Names; source: string; verification: 'read' | 'secondary' | 'unverified';
  applies: 'yes' | 'no' | 'open'; met?: 'yes' | 'no' | 'open'; missing?: string[]; clockFrom?: string; due?: { last: string };
}
export type Standing = 'unmet' | 'asked' | 'met' | 'maybe';

/** Where a duty stands. What was not checked against the official text is never met. */
export function standingOf(d: Duty): Standing {
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
