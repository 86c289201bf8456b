import { describe, expect, it } from 'vitest';
import { csvCell, example, subscription, tongues } from './examples';

const url = "https://city.example/ngsi-ld/v1/entities?type=a'b&limit=20";

describe('examples for programs', () => {
  it('have the address whole and quoted in every language', () => {
    expect(example('ngsi', 'curl', url)).toBe(`curl 'https://city.example/ngsi-ld/v1/entities?type=a'\\''b&limit=20'`);
    for (const tongue of ['Python', 'JavaScript'] as const) for (const way of ['ngsi', 'file', 'history', 'live'] as const) expect(example(way, tongue, url), `${way} ${tongue}`).toContain(JSON.stringify(url));
  });
  it('say the same subscription everywhere', () => {
    const body = subscription(['https://x.example/A', 'https://x.example/B']);
    expect(JSON.parse(body).entities).toEqual([{ type: 'https://x.example/A' }, { type: 'https://x.example/B' }]);
    for (const tongue of tongues) if (tongue !== 'QGIS') expect(example('subscribe', tongue, 'https://c.example/s', body)).toContain(body);
  });
  it('name QGIS only where it opens something', () => {
    expect(example('file', 'QGIS', url)).toBe(url);
    expect(example('live', 'QGIS', url)).toBe('');
  });
});

describe('a cell of a CSV file', () => {
  it.each([['=1+1', "'=1+1"], ['+1', "'+1"], ['-1', "'-1"], ['@SUM(1)', "'@SUM(1)"], ['\t=1', "'\t=1"], [-1, '-1'], [undefined, ''], ['a,"b"', '"a,""b"""'], ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`], [{ a: 1 }, '"{""a"":1}"']])('%j is %s', (v, want) => expect(csvCell(v)).toBe(want));
});
