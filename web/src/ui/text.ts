// Sentences that several screens share.
import { Failure } from '../app/api';
import { ageText, reading, time } from '../app/format';
import { all, lang, t, type Key } from '../app/lang';
import type { Look } from '../live/model';

export function why(e: unknown): string {
  if (!(e instanceof Failure)) return e instanceof Error ? e.message : String(e);
  const { status, title, detail } = e.problem;
  if (status === 0) return t(title === 'timeout' ? 'why.timeout' : 'why.offline');
  const key = `why.${status}`;
  if (Object.hasOwn(all.en, key)) return t(key as Key);
  return detail ? `${t('why.other', { status: String(status) })} (${detail})` : t('why.other', { status: String(status) });
}

const last = (iri: string): string => iri.split(/[/#:]/).filter(Boolean).pop() ?? iri;

/** Words of an identifier: "meanSpeed_kmh" reads "mean speed kmh". */
export function words(name: string): string {
  const s = last(name).replace(/[_-]+/g, ' ').replace(/([a-z\d])([A-Z][a-z])/g, '$1 $2').replace(/([a-z])([A-Z])/g, '$1 $2').trim();
  return s.charAt(0).toUpperCase() + s.slice(1).replace(/ [A-Z][a-z]/g, (m) => m.toLowerCase());
}

export function attributeLabel(name: string): string {
  const key = `attr.${last(name)}`;
  return Object.hasOwn(all.en, key) ? t(key as Key) : words(name);
}

/** What kind of thing an entity type is, in words. */
export function typeText(type: string): string {
  const k = knownKey(`type.${last(type)}`);
  return k ? t(k) : words(type) || t('type.other');
}

/** Words for known values of status-like attributes; others as they came. */
export function valueText(v: string): string {
  const key = `value.${v}`;
  return Object.hasOwn(all.en, key) ? t(key as Key) : v;
}

export function knownKey(key: string): Key | undefined {
  return Object.hasOwn(all.en, key) ? (key as Key) : undefined;
}

/** The word beside a mark. */
export function stateWord(k: Look): string {
  if (k.fresh === 'silent') return t('fresh.word.silent');
  if (k.fresh === 'never') return t('fresh.word.never');
  if (k.symbol === 'bike') return t(k.level === 'many' ? 'word.open' : k.level === 'some' ? 'word.few' : k.level === 'none' ? 'word.noBikes' : k.level === 'closed' ? 'word.closed' : 'fresh.word.never');
  if (k.symbol === 'parking') return t(k.level === 'many' ? 'word.free' : k.level === 'some' ? 'word.nearlyFull' : k.level === 'none' ? 'word.fullUp' : k.level === 'closed' ? 'word.closed' : 'fresh.word.never');
  return t(k.fresh === 'late' ? 'fresh.word.late' : 'fresh.word.live');
}

/** Freshness as one sentence, its first word apart because it is set in the state's colour. */
export function freshSentence(k: Look, period: number, value: number | undefined, ms: number | undefined): [string, string] {
  const age = k.ageSeconds === undefined ? '' : ageText(k.ageSeconds);
  const every = period > 0 ? (period <= 120 ? t('age.s', { n: period }) : ageText(period)) : '';
  switch (k.fresh) {
    case 'never': return [t('fresh.never'), ''];
    case 'silent': return [t('fresh.silent', { age }), t('fresh.silentText', { value: value === undefined ? '\u2013' : reading(value), time: ms === undefined ? '\u2013' : time(ms) })];
    case 'late': return [t('fresh.late'), t('fresh.lateText', { age, period: every })];
    default: return every ? [t('fresh.live'), t('fresh.liveText', { age, period: every })] : [t('fresh.live'), t('fresh.readText', { age })];
  }
}

export const capital = (s: string): string => s.charAt(0).toLocaleUpperCase(lang.get()) + s.slice(1);
