import { afterEach, describe, expect, it } from 'vitest';
import { compare, differs, knownOf, questionsOf, standingOf, textOf, valueOf, type Duty, type Fact } from './duties';
import { freshness, span } from './age';
import { newClock } from './clock';
import { bytes, hourInZone, number, reading, setZone, time, unitSymbol } from './format';
import { lang } from './lang';
import { go, isOurs, place, to, withQuery } from './route';
import { signal } from './signal';
import { isLive, type Dataset } from './datasets';

afterEach(() => { lang.set('en'); setZone('UTC'); });

describe('freshness', () => {
  it.each([[0, 60, 'live'], [120, 60, 'live'], [121, 60, 'late'], [300, 60, 'late'], [301, 60, 'silent'], [undefined, 60, 'never'], [1e9, 0, 'live'], [NaN, 60, 'never']] as const)('%s s with a period of %s s is %s', (age, period, want) => expect(freshness(age, period)).toBe(want));
});
describe('span', () => {
  it.each([[-3, 0, 's'], [59.9, 59, 's'], [60, 1, 'min'], [3599, 59, 'min'], [3600, 1, 'h'], [47.9 * 3600, 47, 'h'], [48 * 3600, 2, 'd']] as const)('%s s', (s, n, unit) => expect(span(s)).toEqual({ n, unit }));
});
describe('clock', () => {
  it('runs at the city’s speed from the last setting', () => {
    let real = 0;
    const c = newClock(() => real, 1000);
    real = 500;
    expect(c.now()).toBe(1500);
    c.speed = 60;
    c.set(10_000);
    real = 1500;
    expect(c.now()).toBe(70_000);
  });
});
describe('numbers and times', () => {
  it('writes a minus, the language’s decimal sign, and few digits', () => {
    expect(number(-1234.5)).toBe('\u22121,234.5');
    expect(reading(123.456)).toBe('123');
    expect(reading(12.345)).toBe('12.3');
    expect(reading(1.234)).toBe('1.23');
    lang.set('fr');
    expect(reading(12.345)).toBe('12,3');
    expect(bytes(2_100_000)).toBe('2,1\u00a0Mo');
  });
  it('tells the time of the city', () => {
    setZone('Europe/Paris');
    const summer = Date.parse('2026-06-16T08:42:08Z');
    expect(time(summer)).toBe('10:42');
    expect(hourInZone(summer)).toBe(10);
    lang.set('nl');
    expect(time(summer)).toBe('10:42');
  });
  it('shows an unknown unit as it came', () => {
    expect(unitSymbol('GQ')).toBe('µg/m³');
    expect(unitSymbol('XYZ')).toBe('XYZ');
    expect(unitSymbol('constructor')).toBe('constructor');
    expect(unitSymbol(undefined)).toBe('');
  });
});
describe('address', () => {
  it('keeps language and theme between pages and everything within one', () => {
    go('/map?lang=fr&theme=dark&sel=urn:x');
    expect(location.hash).toBe('#14/50/3');
    expect(to('/catalogue')).toBe('/catalogue?lang=fr&theme=dark');
    expect(to('/catalogue?theme_is=TRAN')).toBe('/catalogue?lang=fr&theme=dark&theme_is=TRAN');
    expect(withQuery({ sel: null })).toBe('/map?lang=fr&theme=dark');
    expect(withQuery({ sel: 'urn:ngsi-ld:A:1' })).toBe('/map?lang=fr&theme=dark&sel=urn:ngsi-ld:A:1');
    expect(place.get().query.get('sel')).toBe('urn:x');
  });
  it('knows its own pages', () => {
    expect(['/', '/map', '/catalogue', '/id/dataset/bikes', '/login'].every(isOurs)).toBe(true);
    expect(['/api', '/catalog.ttl', '/datasets/bikes.csv', '/ngsi-ld/v1/entities'].some(isOurs)).toBe(false);
  });
});
describe('signal', () => {
  it('tells watchers once per change', () => {
    const s = signal(1);
    const seen: number[] = [];
    const stop = s.subscribe((v) => seen.push(v));
    s.set(1); s.set(2); stop(); s.set(3);
    expect(seen).toEqual([2]);
  });
});
describe('a dataset', () => {
  const d: Dataset = { slug: 'bikes', title: { fr: 'Stations vélo' }, description: {}, publisher: 'Mobilité', themes: [], formats: ['CSV'], href: '/id/dataset/bikes', freshness: { at: '2026-01-01T00:00:00Z', period: 60 } };
  const now = Date.parse('2026-01-01T00:04:00Z');
  it('is live within five periods', () => expect(isLive(d, now)).toBe(true));
  it('is not live by a reading that never was', () => expect(isLive({ ...d, freshness: { at: '1970-01-01T00:00:00Z', period: 1e12 } }, now)).toBe(false));
  it('is not live after five periods', () => expect(isLive(d, now + 61_000)).toBe(false));
});

describe('duties', () => {
  const facts = [{ name: 'holder.kind', type: 'text' as const, ask: { en: 'who' }, values: ['publicSectorBody'] }, { name: 'dataset.personal', type: 'bool' as const, ask: { en: 'personal' } }, { name: 'holder.population', type: 'number' as const, ask: { en: 'people' } }, { name: 'breach.awareAt', type: 'instant' as const, ask: { en: 'when' } }];
  const duty = (x: object) => ({ id: 'r', set: 's', act: 'a', article: '1', status: 'inForce', title: {}, duty: {}, source: '', verification: 'read' as const, applies: 'yes' as const, ...x });
  it('reads answers from the address and leaves out what is none', () => {
    expect(knownOf('holder.kind:publicSectorBody;dataset.personal:no;holder.population:12000;nothing:yes;holder.population:', facts)).toEqual({ 'holder.kind': 'publicSectorBody', 'dataset.personal': false, 'holder.population': 12000 });
    expect(knownOf('holder.population:many', facts)).toEqual({});
  });
  it('asks first what decides most, and never for moments', () => {
    const ds = [duty({ applies: 'open', missing: ['dataset.personal', 'breach.awareAt'] }), duty({ applies: 'open', missing: ['dataset.personal', 'holder.population'] })];
    expect(questionsOf(ds, facts, { 'holder.kind': 'x' }, 1).map((f) => f.name)).toEqual(['holder.kind', 'dataset.personal']);
  });
  it('never calls met what was not checked', () => {
    expect(standingOf(duty({ met: 'yes' }))).toBe('met');
    expect(standingOf(duty({ met: 'yes', verification: 'unverified' }))).toBe('asked');
    expect(standingOf(duty({ met: 'no' }))).toBe('unmet');
    expect(standingOf(duty({ applies: 'open' }))).toBe('maybe');
  });
});

describe('answers that are kept', () => {
  const fact = (type: Fact['type'], values?: string[]): Fact => ({ name: 'dataset.x', type, ask: {}, values });
  it('come from their inputs and go back into them', () => {
    for (const [f, text, v] of [[fact('bool'), 'no', false], [fact('list', ['a']), 'none', []], [fact('list', ['a']), 'a', ['a']], [fact('number'), '3500', 3500], [fact('text'), 'BE', 'BE']] as const) {
      expect(valueOf(f, text)).toEqual(v);
      expect(textOf(v)).toBe(text);
    }
  });
  it('are taken back with nothing, and a number that is none is nothing', () => {
    expect(valueOf(fact('bool'), '')).toBeNull();
    expect(valueOf(fact('number'), 'many')).toBeNull();
    expect(textOf(undefined)).toBe('');
  });
});
describe('compare', () => {
  const duty = (id: string, met: Duty['met'], applies: Duty['applies'] = 'yes'): Duty => ({ id, set: 's', act: '', article: '', status: '', title: {}, duty: {}, source: '', verification: 'read', applies, met });
  it('sets states side by side, a line a rule', () => {
    const got = compare([[duty('a', 'yes'), duty('b', 'no')], [duty('a', 'yes'), duty('c', 'open'), duty('b', 'no', 'no')]]);
    expect(got.map((l) => [l.id, l.states])).toEqual([['a', ['met', 'met']], ['b', ['unmet', undefined]], ['c', [undefined, 'asked']]]);
    expect(got.filter(differs).map((l) => l.id)).toEqual(['b', 'c']);
  });
});
