// The files that datasets are downloaded as, read by readers of others. They
// are the golden files of internal/format, which Go tests keep equal to what
// the program writes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { geojson } from 'flatgeobuf';
import { toGeoJson } from 'geoparquet';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';

const golden = (path) => readFileSync(new URL(`../../internal/format/${path}`, import.meta.url));
const buffer = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

// What both files hold, in their order.
const geometries = [
  { type: 'Point', coordinates: [3.25, 50] },
  { type: 'MultiPoint', coordinates: [[0, 0], [2, 4]] },
  { type: 'LineString', coordinates: [[179, 1], [180, 2]] },
  { type: 'MultiLineString', coordinates: [[[0, 0], [1, 1], [2, 0]], [[5, 5], [6, 6]]] },
  { type: 'Polygon', coordinates: [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [1, 2], [2, 2], [1, 1]]] },
  { type: 'MultiPolygon', coordinates: [[[[-180, 0], [-179, 0], [-179, 1], [-180, 0]]], [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [1, 2], [2, 2], [1, 1]]]] },
];
const others = { n: 'many', 'n@urn:d': 7, open: 1, name: { de: 'Dom' }, 'https://v.example/z': 9007199254740992 };

test('hyparquet reads the columns and what the file says of itself', async () => {
  const file = buffer(golden('geoparquet/testdata/golden.parquet'));
  const metadata = await parquetMetadataAsync(file);
  const said = Object.fromEntries(metadata.key_value_metadata.map(({ key, value }) => [key, value]));
  assert.equal(said.licenseUrl, 'https://l.example/');
  assert.equal(said.timeStamp, '2026-05-01T10:00:00Z');
  assert.equal(said.publisher, 'City');
  assert.equal(said.source, 'https://s.example/id/dataset/a');
  const geo = JSON.parse(said.geo);
  assert.equal(geo.version, '1.1.0');
  assert.deepEqual(geo.columns.geometry.bbox, [-180, 0, 180, 50]);
  const rows = await parquetReadObjects({ file });
  assert.equal(rows.length, 8);
  assert.equal(rows[0].id, 'urn:a:0');
  assert.equal(rows[0].n, 0.5);
  assert.equal(rows[0].open, true);
  assert.equal(rows[0].name_fr, 'Évêché');
  assert.equal(rows[0]['a, b'], '=1+1');
  assert.equal(rows[0].observedAt.toISOString(), '2026-05-01T09:59:59.500Z');
  assert.equal(rows[6].n ?? null, null);
  assert.deepEqual(JSON.parse(rows[7].others), others);
});

test('geoparquet reads the geometries', async () => {
  const { features } = await toGeoJson({ file: buffer(golden('geoparquet/testdata/golden.parquet')) });
  const found = features.filter((f) => f.geometry);
  assert.deepEqual(found.slice(0, 6).map((f) => f.geometry), geometries);
  assert.deepEqual(found.at(-1).geometry, { type: 'Point', coordinates: [0, 0] });
});

test('flatgeobuf reads columns, geometries and what the file says of itself', async () => {
  const features = [];
  let head;
  for await (const f of geojson.deserialize(new Uint8Array(golden('flatgeobuf/testdata/golden.fgb')), { headerMetaFn: (h) => { head = h; } })) features.push(f);
  assert.equal(features.length, 8);
  assert.deepEqual(features.slice(0, 6).map((f) => f.geometry), geometries);
  assert.deepEqual(features[6].geometry, { type: 'GeometryCollection', geometries: [] }); // it is nowhere
  assert.equal(features[0].properties.n, 0.5);
  assert.equal(features[0].properties.open, true);
  assert.equal(features[0].properties.name_nl, 'Kerk');
  assert.equal(features[0].properties.id, 'urn:a:0');
  const text = (v) => typeof v === 'string' ? JSON.parse(v) : v;
  assert.deepEqual(text(features[7].properties.others), others);
  assert.equal(head.crs.code, 4326);
  assert.equal(head.featuresCount, 0);
  assert.equal(head.title, 'Vélos');
  assert.equal(JSON.parse(head.metadata).licenseUrl, 'https://l.example/');
});
