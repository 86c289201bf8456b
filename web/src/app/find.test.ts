import { describe, expect, it } from 'vitest';
import { addressOf, askOf, boxOf, flipped, narrowed, queryOf, reworded, without } from './find';

const ask = (s: string) => askOf(new URLSearchParams(s));

describe('a search in the address', () => {
  it('is read and written back the same', () => {
    for (const s of ['', 'q=v%C3%A9lo', 'lang=fr&theme=dark&q=a+b&theme_is=TRAN%2CENVI&format=CSV&publisher=A%2C+B&publisher=C&licence=CC0&live=1&drafts=1&bbox=3.1%2C50.5%2C3.3%2C50.7&sort=count&page=3']) {
      const p = new URLSearchParams(s);
      expect(addressOf(askOf(p), p).toString()).toBe(s);
    }
  });
  it('leaves out what it does not know', () => {
    expect(ask('sort=best&page=-2&bbox=1,2,3&live=yes&theme_is=,')).toEqual({ q: '', of: {}, live: false, drafts: false, box: undefined, sort: '', page: 1 });
  });
  it('asks the server by its own names', () => {
    expect(queryOf(ask('q=bus&theme_is=TRAN&live=1&page=3&theme=dark'), 'nl').toString()).toBe('q=bus&live=true&theme=TRAN&limit=20&offset=40&lang=nl');
    expect(queryOf(ask('drafts=1'), 'en').toString()).toBe('state=any&limit=20&lang=en');
  });
  it.each([['3,50,4,51', [3, 50, 4, 51]], ['3,51,4,50', undefined], ['4,50,3,51', undefined], ['a,b,c,d', undefined], ['1,,2,3', undefined], ['1,2,3,91', undefined], [null, undefined]] as const)('box %s', (s, want) => expect(boxOf(s)).toEqual(want));
});

describe('a choice', () => {
  it('is made and taken back, and begins on the first page', () => {
    const a = flipped(ask('page=4&format=CSV'), 'format', 'JSON');
    expect(a.of.format).toEqual(['CSV', 'JSON']);
    expect(a.page).toBe(1);
    expect(narrowed(flipped(flipped(a, 'format', 'CSV'), 'format', 'JSON'))).toBe(false);
  });
  it('is left out by the name that the server gives it', () => {
    const a = ask('theme_is=TRAN&live=1&bbox=3,50,4,51');
    expect(without(a, 'theme').of.theme).toEqual([]);
    expect(without(a, 'live').live).toBe(false);
    expect(without(a, 'bbox').box).toBeUndefined();
  });
  it('changes one word of a question', () => {
    expect(reworded('Quaité de l’air, Quaité', 'quaité', 'qualité')).toBe('qualité de l’air, qualité');
    expect(reworded('vélo xyzzy gare', 'xyzzy', '')).toBe('vélo gare');
  });
});
