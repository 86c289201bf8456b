// Language of the page and the messages in it. The messages live one file a
// language; en.ts decides which keys exist and the types hold the others to it.
import { en } from '../messages/en';
import { fr } from '../messages/fr';
import { nl } from '../messages/nl';
import { signal } from './signal';

export type Lang = 'fr' | 'nl' | 'en';
export const languages: Lang[] = ['fr', 'nl', 'en'];
export type Message = string | { one: string; other: string };
export type Key = keyof typeof en;
export type Messages = Record<Key, Message>;

export const all: Record<Lang, Messages> = { en, fr, nl };
export const locales: Record<Lang, string> = { en: 'en-IE', fr: 'fr-FR', nl: 'nl-BE' };

export function isLang(s: string | null | undefined): s is Lang {
  return s === 'fr' || s === 'nl' || s === 'en';
}

export const lang = signal<Lang>('en');
export const locale = (): string => locales[lang.get()];

const rules = new Map<Lang, Intl.PluralRules>();

/** Text of a message in the language of the page; {name} is filled in, numbers by the language's rules, n decides the plural. */
export function t(key: Key, values: Record<string, string | number> = {}, of: Lang = lang.get()): string {
  const m = all[of][key];
  let text: string;
  if (typeof m === 'string') text = m;
  else {
    let r = rules.get(of);
    if (!r) rules.set(of, (r = new Intl.PluralRules(locales[of])));
    text = r.select(Number(values['n'])) === 'one' ? m.one : m.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const v = values[name];
    if (v === undefined) return whole;
    return typeof v === 'number' ? new Intl.NumberFormat(locales[of]).format(v) : v;
  });
}

export interface Names { fr?: string; nl?: string; en?: string; [other: string]: string | undefined }

/** The text in the page's language and, when it had to be another, which: the caller puts that on a lang attribute. */
export function pick(names: Names | string | undefined | null): { text: string; lang?: string } {
  if (!names) return { text: '' };
  if (typeof names === 'string') return { text: names };
  const here = lang.get();
  if (names[here]) return { text: names[here] };
  for (const l of ['en', 'fr', 'nl', ...Object.keys(names)]) {
    const s = names[l];
    if (s) return { text: s, lang: l === '@none' ? undefined : l };
  }
  return { text: '' };
}
