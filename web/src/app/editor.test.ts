import { describe, expect, it } from 'vitest';
import { fromForm, inputOf, merge, toForm, type Description } from './editor';

const bikes: Description = {
  title: { fr: 'Vélos', nl: 'Fietsen', en: 'Bikes' }, description: { fr: 'a' }, license: 'CC0', publisher: { name: 'City', url: 'https://city.example/' }, contact: { name: 'Desk', email: 'desk@city.example' },
  themes: ['TRAN', 'ENVI'], frequency: '1MIN', keywords: { fr: ['vélo', 'pédale'] }, highValue: ['c_1'], selection: { types: ['https://x.example/Bike'], scope: '/a' }, layer: 'bikes', period: 60,
  conformsTo: ['https://a.example/', 'https://b.example/'], spatial: 'https://p.example/', temporal: { from: '2026-01-01' }, access: 'RESTRICTED', reason: 'personal',
};

describe('a description in the editor', () => {
  it('comes back as it went in', () => expect(fromForm(toForm(bikes))).toEqual(bikes));
  it('is whole when almost nothing is there', () => {
    const d = fromForm(toForm({ title: {}, description: {}, license: '', publisher: { name: '' }, contact: { name: '' }, themes: null, frequency: '', keywords: null, highValue: null, selection: { types: null }, layer: '', period: 0 }));
    expect(d).toEqual({ title: {}, description: {}, license: '', publisher: { name: '' }, contact: { name: '' }, themes: [], frequency: '', keywords: {}, highValue: [], selection: { types: [] }, layer: '', period: 0 });
  });
  it('drops empty and repeated keywords, and a reason where access is public', () => {
    const d = fromForm({ ...toForm(bikes), 'keywords.fr': ' a, ,a,b ', access: 'PUBLIC' });
    expect(d.keywords).toEqual({ fr: ['a', 'b'] });
    expect(d.access ?? d.reason).toBeUndefined();
  });
  it('takes no number that is none for a period', () => expect(fromForm({ ...toForm(bikes), period: 'often' }).period).toBe(0));
  it('has an input for every field of a finding', () => {
    const form = toForm(bikes);
    for (const f of ['title.fr', 'license', 'selection', 'temporal', 'contact.email', 'themes', 'keywords', 'access', 'spatial', 'slug', 'highValue']) expect(form[inputOf(f)], f).toBeDefined();
    expect(inputOf(undefined)).toBe('');
  });
});

describe('two stewards at one dataset', () => {
  const base = { a: '1', b: '1', c: '1', d: '1' };
  it('takes what only one of them changed, and asks where both did', () => {
    const { mine, asks } = merge(base, { a: '2', b: '1', c: '2', d: '2' }, { a: '1', b: '3', c: '3', d: '2' });
    expect(mine).toEqual({ a: '2', b: '3', c: '2', d: '2' });
    expect(asks).toEqual([{ field: 'c', theirs: '3', mine: '2' }]);
  });
  it('asks nothing when nothing was changed', () => expect(merge(base, base, base).asks).toEqual([]));
});
