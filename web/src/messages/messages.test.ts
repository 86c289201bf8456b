import { afterEach, describe, expect, it } from 'vitest';
import { all, lang, pick, t, type Key, type Message } from '../app/lang';

const flat = (m: Message): string[] => (typeof m === 'string' ? [m] : [m.one, m.other]);
const keys = Object.keys(all.en) as Key[];

// Words that are the same in the languages named, and rightly so.
const same: Record<'fr' | 'nl', Set<string>> = {
  fr: new Set(['nav.api', 'value.canal', 'panel.api', 'panel.csv', 'age.s', 'age.min', 'age.h', 'table.title', 'table.station', 'table.speed', 'data.format', 'data.licence', 'set.contact', 'set.licence', 'attr.totalSpotNumber', 'set.fieldType', 'set.api.ngsi', 'theme.AGRI', 'theme.INTR',
    'attr.NO2', 'attr.no2', 'attr.O3', 'attr.o3', 'attr.PM10', 'attr.pm10', 'attr.CO', 'attr.SO2', 'table.places']),
  nl: new Set(['nav.api', 'duty.row', 'how.post', 'how.email', 'type.Park', 'type.WaterBody', 'word.open', 'value.museum', 'value.school', 'value.park', 'panel.api', 'panel.csv', 'age.s', 'age.min', 'state.live', 'fresh.live', 'fresh.word.live', 'table.title', 'table.station', 'data.count', 'set.api.ngsi', 'key.enter', 'key.esc', 'attr.NO2', 'attr.no2', 'attr.O3', 'attr.o3', 'attr.PM10', 'attr.pm10', 'attr.CO', 'attr.SO2']),
};

afterEach(() => lang.set('en'));

describe.each(['fr', 'nl'] as const)('messages in %s', (l) => {
  it('has exactly the keys of English', () => expect(Object.keys(all[l]).sort()).toEqual([...keys].sort()));
  it('is nowhere equal to English unless listed', () => {
    const equal = keys.filter((k) => !same[l].has(k) && flat(all[l][k]).some((s) => flat(all.en[k]).includes(s)));
    expect(equal).toEqual([]);
  });
  it('lists as equal only what is equal', () => {
    const stale = [...same[l]].filter((k) => !(k in all.en) || !flat(all[l][k as Key]).some((s) => flat(all.en[k as Key]).includes(s)));
    expect(stale).toEqual([]);
  });
  it('fills the same places and is never empty', () => {
    const places = (s: string): string[] => [...new Set(s.match(/\{\w+\}/g) ?? [])].sort();
    for (const k of keys) {
      const own = all[l][k];
      expect(typeof own, k).toBe(typeof all.en[k]);
      for (const s of flat(own)) { expect(s.trim(), k).not.toBe(''); }
      expect(places(flat(own).join()), k).toEqual(places(flat(all.en[k]).join()));
    }
  });
});

it('sets French double punctuation with a narrow no-break space', () => {
  for (const k of keys) for (const s of flat(all.fr[k])) {
    expect(s, k).not.toMatch(/(?<!\u202f)[:;!?](\s|$)/u);
    expect(s, k).not.toMatch(/« | »/);
  }
});
it('uses typographic apostrophes and no exclamation mark', () => {
  for (const l of ['en', 'fr', 'nl'] as const) for (const k of keys) for (const s of flat(all[l][k])) { expect(s, `${l} ${k}`).not.toMatch(/['"!]/); }
});

describe('t', () => {
  it('chooses the plural by the language', () => {
    expect(t('search.count', { n: 1 })).toBe('1 result');
    expect(t('search.count', { n: 0 })).toBe('0 results');
    lang.set('fr');
    expect(t('search.count', { n: 0 })).toBe('0 résultat');
    expect(t('search.count', { n: 1234 })).toBe('1\u202f234 résultats');
  });
  it('leaves an unknown place as it is', () => expect(t('search.none', {})).toContain('{q}'));
  it('does not read a value as a place', () => expect(t('search.none', { q: '{n}' })).toContain('“{n}”'));
});

describe('pick', () => {
  it('takes the reader’s language, else says which it took', () => {
    expect(pick({ en: 'a', fr: 'b' })).toEqual({ text: 'a' });
    expect(pick({ nl: 'c' })).toEqual({ text: 'c', lang: 'nl' });
    expect(pick('plain')).toEqual({ text: 'plain' });
    expect(pick(undefined)).toEqual({ text: '' });
  });
});
