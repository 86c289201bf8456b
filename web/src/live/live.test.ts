import { describe, expect, it } from 'vitest';
import { rows, coordinates } from './attributes';
import { csv, extremes, pairs, series, usual, usualAt } from './history';
import { band, category, look, nameOf } from './model';
import { takeRoutes } from './lines';
import { newLive, type Entity } from './stream';
import { Glider, bearing, metres } from '../map/glide';
import { ticks } from '../ui/ticks';
import { words } from '../ui/text';
import type { Layer } from '../app/city';

const layer = (x: Partial<Layer>): Layer => ({ id: 'l', type: 'T', typeIri: 'T', names: {}, count: 0, symbol: 'bike', primary: 'availableBikeNumber', period: 60, ...x });
const now = Date.parse('2026-06-16T08:42:00Z');
const thing = (p: Record<string, unknown>, age = 10): Entity => ({ id: 'urn:ngsi-ld:T:1', type: 'T', lon: 3, lat: 50, ms: now - age * 1000, p });

describe('look', () => {
  it.each([
    [{ availableBikeNumber: 7, totalSlotNumber: 24 }, 10, 'bike-many-2', '7', 'ok'],
    [{ availableBikeNumber: 3, freeSlotNumber: 21 }, 10, 'bike-some-1', '3', 'attention'],
    [{ availableBikeNumber: 0, totalSlotNumber: 24 }, 10, 'bike-none-0', '0', 'fail'],
    [{ availableBikeNumber: 7, status: 'closed' }, 10, 'bike-closed-0', '', 'none'],
    [{ availableBikeNumber: 7 }, 301, 'bike-stale-0', '', 'none'],
    [{}, 10, 'bike-stale-0', '', 'unknown'],
    [{ availableBikeNumber: 40, totalSlotNumber: 20 }, 10, 'bike-many-8', '40', 'ok'],
  ])('bike station %j aged %s s', (p, age, image, text, mark) => expect(look(thing(p, age), layer({}), now)).toMatchObject({ image, text, mark }));
  it('late is a mark, not another value', () => expect(look(thing({ availableBikeNumber: 7, totalSlotNumber: 24 }, 200), layer({}), now)).toMatchObject({ fresh: 'late', image: 'bike-many-2' }));
  it('car park fills by what is taken', () => {
    const l = layer({ symbol: 'parking', primary: 'availableSpotNumber' });
    expect(look(thing({ availableSpotNumber: 0, totalSpotNumber: 100 }), l, now)).toMatchObject({ image: 'park-8', mark: 'fail' });
    expect(look(thing({ availableSpotNumber: 100, totalSpotNumber: 100 }), l, now)).toMatchObject({ image: 'park-0', mark: 'ok' });
    expect(look(thing({ availableSpotNumber: 10, totalSpotNumber: 100 }), l, now)).toMatchObject({ image: 'park-7', mark: 'attention' });
  });
  it('never has a reading without an instant', () => expect(look({ ...thing({ availableBikeNumber: 7 }), ms: undefined }, layer({}), now)).toMatchObject({ fresh: 'never', mark: 'unknown' }));
  it('bands NO2 by the hourly classes', () => expect([5, 10, 25, 60, 100].map((v) => band('NO2', v))).toEqual([0, 1, 2, 3, 4]));
  it('gives a line its colour', () => {
    expect(category('3', undefined)).toBe(2);
    expect(category('12', undefined)).toBe(3);
    expect(category('3', 6)).toBe(6);
    expect(category('12', '#013528')).toBe(6);
    expect(category('3', '#ABCDEF')).toBe(2);
    takeRoutes([{ shortRouteCode: '14', routeColor: '#400240' }, { shortRouteCode: 6, routeColor: '#615B00' }, {}]);
    expect(category('14', undefined)).toBe(7);
    expect(category('6', undefined)).toBe(4);
    expect(category('Liane A', undefined)).toBe(category('Liane A', undefined));
  });
  it('names a thing by its id when it has no name', () => expect(nameOf(thing({}))).toBe('1'));
});

describe('stream', () => {
  const fresh = () => newLive(() => { throw new Error('no network in a unit test'); }, () => now);
  const e = (id: string, n: number): Entity => ({ ...thing({ availableBikeNumber: n }), id, at: '2026-06-16T08:42:00Z' });
  it('adds, changes and deletes', () => {
    const l = fresh();
    l.apply('state', { entities: [e('a', 1), e('b', 2)] });
    l.apply('change', { entities: [e('a', 5)], deleted: ['b'] });
    expect([...l.entities.values()].map((x) => [x.id, x.p['availableBikeNumber']])).toEqual([['a', 5]]);
    expect(l.entities.get('a')!.ms).toBe(now);
  });
  it('replaces everything after a resync, but not between parts of one state', () => {
    const l = fresh();
    l.apply('state', { entities: [e('a', 1)] });
    l.apply('state', { entities: [e('b', 1)] });
    expect(l.entities.size).toBe(2);
    l.apply('resync', {});
    l.apply('state', { entities: [e('c', 1)] });
    l.apply('state', { entities: [e('d', 1)] });
    expect([...l.entities.keys()]).toEqual(['c', 'd']);
  });
  it('holds what comes while paused and shows it afterwards', () => {
    const l = fresh();
    l.apply('state', { entities: [e('a', 1)] });
    l.pause();
    l.apply('change', { entities: [e('a', 9)] });
    expect(l.entities.get('a')!.p['availableBikeNumber']).toBe(1);
    l.resume();
    expect(l.entities.get('a')!.p['availableBikeNumber']).toBe(9);
  });
  it('ignores a thing without a place', () => {
    const l = fresh();
    l.apply('change', { entities: [{ ...e('a', 1), lon: NaN }] });
    expect(l.entities.size).toBe(0);
  });
});

describe('history', () => {
  const at = (min: number): string => new Date(now + min * 60_000).toISOString();
  it('sorts, breaks at gaps, and never bridges them', () => {
    const s = series([[3, at(2)], [1, at(0)], [2, at(1)], [9, at(30)], [8, at(31)]], 60);
    expect(s.values).toEqual([1, 2, 3, null, 9, 8]);
    expect(s.gaps).toEqual([[now + 2 * 60_000, now + 30 * 60_000]]);
  });
  it('drops what is not a number and keeps the last of equal instants', () => {
    expect(series([['x', at(0)], [1, at(1)], [2, at(1)], [3, 'never']], 60).values).toEqual([2]);
  });
  it('reads both short and full attribute names, and several instances', () => {
    expect(pairs({ a: { values: [[1, at(0)]] } }, 'a')).toEqual([[1, at(0)]]);
    expect(pairs({ 'https://x/a': [{ values: [[1, at(0)]] }, { values: [[2, at(1)]] }] }, 'a')).toHaveLength(2);
    expect(pairs({}, 'a')).toEqual([]);
  });
  it('finds the extremes past gaps', () => expect(extremes(series([[3, at(0)], [1, at(1)], [7, at(60)]], 60))).toMatchObject({ min: 1, max: 7, last: 7 }));
  it('says what is usual by the hour, once three days are known', () => {
    const hour = (ms: number): number => new Date(ms).getUTCHours();
    const at7 = (day: number): string => `2026-06-${10 + day}T07:00:00Z`;
    const at8 = (day: number): string => `2026-06-${10 + day}T08:00:00Z`;
    const means: [unknown, string][] = [];
    for (let d = 0; d < 5; d++) means.push([d, at7(d)], [d + 10, at8(d)]);
    means.push([1, '2026-06-10T09:00:00Z'], [null, at7(6)]);
    const u = usual(means, hour);
    expect(u[7]![0]).toBeCloseTo(0.4);
    expect(u[7]![1]).toBeCloseTo(3.6);
    expect(u[9]).toBeUndefined();
    expect(usualAt(u, Date.parse('2026-06-16T07:30:00Z'), hour)![0]).toBeCloseTo(0.4);
    expect(usualAt(u, Date.parse('2026-06-16T08:00:00Z'), hour)![0]).toBeCloseTo(5.4);
    expect(usualAt(u, Date.parse('2026-06-16T09:00:00Z'), hour)).toBeUndefined();
  });
  it('writes a file without the gaps', () => expect(csv('a', series([[3, at(0)], [7, at(60)]], 60)).trim().split('\r\n')).toEqual(['time,a', `${at(0)},3`, `${at(60)},7`]));
});

describe('attributes', () => {
  const entity = {
    id: 'urn:x', type: 'T', '@context': 'c', name: { type: 'Property', value: 'Parvis' }, n: { type: 'Property', value: 1.5, unitCode: 'CEL', observedAt: '2026-06-16T08:42:00Z' },
    two: [{ type: 'Property', value: 1 }, { type: 'Property', value: 2, datasetId: 'urn:d:b' }], rel: { type: 'Relationship', object: 'urn:ngsi-ld:Line:3' }, text: { type: 'LanguageProperty', languageMap: { nl: 'dag', en: 'day' } },
    vocab: { type: 'VocabProperty', vocab: 'https://x/open' }, json: { type: 'JsonProperty', json: { a: [1] } }, list: { type: 'ListProperty', valueList: [1, 2] }, location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [3.1, 50.2] } },
    yes: { type: 'Property', value: true }, odd: { type: 'Strange', value: { a: 1 } }, address: { type: 'Property', value: { streetAddress: 'Rue 1', addressLocality: 'M' } }, plain: 7, 'https://uri.etsi.org/ngsi-ld/default-context/seats': { type: 'Property', value: 4 }, inverse: { type: 'Property', value: { type: 'x', value: 1 } },
  };
  const got = Object.fromEntries(rows(entity).map((r) => [r.name + (r.dataset ?? ''), r]));
  it.each([['name', 'Parvis'], ['n', '1.5'], ['two', '1'], ['twob', '2'], ['rel', '3'], ['text', 'day'], ['vocab', 'Open'], ['json', '{"a":[1]}'], ['list', '1, 2'], ['location', '50.2 · 3.1'], ['yes', 'Yes'], ['odd', '{"a":1}'], ['address', 'Rue 1, M'], ['plain', '7'], ['seats', '4']])('%s reads %s', (name, text) => expect(got[name]?.text).toBe(text));
  it('keeps unit, instant and link', () => {
    expect(got['n']).toMatchObject({ unit: '°C', number: 1.5, ms: now });
    expect(got['rel']?.link).toBe('urn:ngsi-ld:Line:3');
  });
  it('finds the middle of any geometry', () => {
    expect(coordinates({ type: 'Polygon', coordinates: [[[0, 0], [2, 0], [2, 2], [0, 0]]] })).toEqual([1, 1]);
    expect(coordinates(null)).toBeUndefined();
  });
});

describe('glide', () => {
  it('moves from where it is seen to where it was reported, for at most two periods', () => {
    const g = new Glider(() => false);
    g.report('a', { lon: 0, lat: 0 }, 0, 1000);
    g.report('a', { lon: 0.001, lat: 0 }, 1000, 1000);
    expect(g.at('a', 1500)!.lon).toBeCloseTo(0.0005);
    expect(g.at('a', 9000)!.lon).toBeCloseTo(0.001);
    g.report('a', { lon: 0.002, lat: 0 }, 60_000, 1000);
    expect(g.at('a', 62_000)!.lon).toBeCloseTo(0.002);
    expect(g.moving(62_001)).toBe(false);
  });
  it('jumps when stillness is asked for, and over impossible distances', () => {
    const g = new Glider(() => true);
    g.report('a', { lon: 0, lat: 0 }, 0, 1000);
    g.report('a', { lon: 0.001, lat: 0 }, 1000, 1000);
    expect(g.at('a', 1002)!.lon).toBeCloseTo(0.001);
    const f = new Glider(() => false);
    f.report('a', { lon: 0, lat: 0 }, 0, 1000);
    f.report('a', { lon: 1, lat: 0 }, 1000, 1000);
    expect(f.at('a', 1002)!.lon).toBe(1);
  });
  it('measures bearings and metres', () => {
    expect(bearing({ lon: 0, lat: 0 }, { lon: 1, lat: 0 })).toBeCloseTo(90);
    expect(metres({ lon: 3, lat: 50 }, { lon: 3, lat: 50.001 })).toBeCloseTo(110.574);
  });
});

it('chart lines are round and hold the data', () => {
  expect(ticks(0, 23)).toEqual([0, 8, 16, 24]);
  expect(ticks(0, 1)).toEqual([0, 0.4, 0.8, 1.2]);
  const t = ticks(-7, 31);
  expect(t[0]!).toBeLessThanOrEqual(-7);
  expect(t[t.length - 1]!).toBeGreaterThanOrEqual(31);
});
it('reads identifiers as words', () => {
  expect(words('https://x/y#meanSpeed_kmh')).toBe('Mean speed kmh');
  expect(words('BikeHireDockingStation')).toBe('Bike hire docking station');
});
