// A small invented city for work on the interface without the server: a grid
// of rings and spokes, houses along the streets, a river, a park. Plausible
// enough to judge a screen by; the real generator is another thing.
import { PbfWriter as Pbf } from 'pbf';

const lon0 = 3.2, lat0 = 50.65, mx = 111320 * Math.cos((lat0 * Math.PI) / 180), my = 110574;
export const ll = (x, y) => [lon0 + x / mx, lat0 + y / my];
let s = 7;
const rnd = () => ((s = (s * 1664525 + 1013904223) >>> 0) / 2 ** 32);
const jit = (n) => (rnd() - 0.5) * 2 * n;

const layers = { earth: [], landuse: [], water: [], roads: [], buildings: [], places: [], pois: [], trees: [] };
const add = (layer, type, coords, props) => layers[layer].push({ type, coords: coords.map(([x, y]) => ll(x, y)), props });
const riverY = (x) => -760 + 0.12 * x + 140 * Math.sin(x / 900);

const river = [], back = [];
for (let x = -4200; x <= 4200; x += 80) { river.push([x, riverY(x) + 32]); back.unshift([x, riverY(x) - 32]); }
add('water', 3, [...river, ...back], { kind: 'river' });
add('water', 2, river.map(([x, y]) => [x, y - 32]), { kind: 'river', name: 'La Lysse' });
const park = [];
for (let a = 0; a < 40; a++) park.push([-1500 + 420 * Math.cos((a / 40) * 6.283), 900 + 330 * Math.sin((a / 40) * 6.283)]);
add('landuse', 3, park, { kind: 'park' });
add('pois', 1, [[-1500, 900]], { kind: 'park', name: 'Parc de la Citadelle' });
const inPark = (x, y) => ((x + 1500) / 430) ** 2 + ((y - 900) / 340) ** 2 < 1;
const wet = (x, y) => Math.abs(y - riverY(x)) < 60;
const names = ['Tanneurs', 'Drapiers', 'Carmes', 'Orfèvres', 'Lin', 'Beffroi', 'Quai', 'Meuniers', 'Halles', 'Brasseurs', 'Étuves', 'Carillon'];
let k = 0;
const point = (r, a) => { const w = 1 + 0.05 * Math.sin(3 * a) + 0.03 * Math.sin(5 * a); return [r * w * Math.cos(a), r * w * Math.sin(a)]; };
const rings = [90, 165, 245, 330, 420, 520, 650, 790, 940, 1100, 1280, 1470, 1680, 1900];
rings.forEach((r, i) => {
  const line = [];
  for (let a = 0; a <= 72; a++) line.push(point(r + jit(i < 6 ? 6 : 2), (a / 72) * 6.2832));
  line[72] = line[0];
  add('roads', 2, line, i === 5 || i === 10 ? { kind: 'major_road', kind_detail: 'secondary', name: i === 5 ? 'Boulevard de Ceinture' : 'Boulevard des Remparts' } : { kind: 'minor_road', name: `Rue des ${names[k++ % 12]}` });
  const spokes = Math.round((2 * Math.PI * r) / (i < 6 ? 95 : 130));
  const next = rings[i + 1] ?? r + 200;
  for (let j = 0; j < spokes; j++) {
    const a0 = (j / spokes) * 6.2832, a1 = ((j + 1) / spokes) * 6.2832;
    add('roads', 2, [point(r, a0), point(next, a0 + jit(0.01))], { kind: 'minor_road', ...(j % 3 ? {} : { name: `Rue ${names[k++ % 12]}` }) });
    const n = Math.max(2, Math.round(((a1 - a0) * r) / 22));
    for (const [lo, hi, side] of [[r + 9, r + 23, 0], [next - 23, next - 9, 1]]) for (let b = 0; b < n; b++) {
      const p0 = a0 + ((a1 - a0) * (b + 0.15)) / n, p1 = a0 + ((a1 - a0) * (b + 0.95)) / n, m = point((lo + hi) / 2, (p0 + p1) / 2);
      if (wet(...m) || inPark(...m) || (side && next - r < 60)) continue;
      add('buildings', 3, [point(lo, p0), point(lo, p1), point(hi, p1), point(hi, p0), point(lo, p0)], { height: Math.round((i < 6 ? 9 + rnd() * 9 : 6 + rnd() * 12) * 10) / 10 });
    }
  }
});
for (let j = 0; j < 8; j++) { const a = (j / 8) * 6.2832 + 0.3, line = []; for (let r = 60; r < 4000; r += 120) line.push(point(r, a + 0.06 * Math.sin(r / 500))); add('roads', 2, line, { kind: 'major_road', kind_detail: 'primary', name: `Avenue ${['du Nord', 'de la Gare', 'du Lin', 'des Arts', 'du Port', 'de Lysse', 'du Parc', 'Royale'][j]}` }); for (let r = 540; r < 1900; r += 26) for (const d of [-11, 11]) { const [x, y] = point(r, a + 0.06 * Math.sin(r / 500) + d / r); if (!wet(x, y)) tree(x, y); } }
function tree(x, y) { const c = []; for (let i = 0; i < 7; i++) c.push([x + 2.4 * Math.cos((i / 6) * 6.2832), y + 2.4 * Math.sin((i / 6) * 6.2832)]); add('trees', 3, c, { height: 5 + Math.round(rnd() * 5) }); }
for (let i = 0; i < 700; i++) { const a = rnd() * 6.28, r = Math.sqrt(rnd()); tree(-1500 + 410 * r * Math.cos(a), 900 + 320 * r * Math.sin(a)); }
const box = (x, y, w, h, m, base, cls) => add('buildings', 3, [[x - w, y - h], [x + w, y - h], [x + w, y + h], [x - w, y + h], [x - w, y - h]], { height: m, min_height: base, cls });
box(0, 20, 8, 8, 58, 0, 'landmark'); box(0, 20, 6, 6, 80, 58, 'landmark'); box(0, 20, 3, 3, 104, 80, 'landmark'); box(22, 10, 14, 10, 16, 0, 'landmark');
add('landuse', 3, point(1, 0) && Array.from({ length: 40 }, (_, i) => point(640, (i / 39) * 6.2832)), { kind: 'commercial' });
add('landuse', 3, Array.from({ length: 40 }, (_, i) => point(2000, (i / 39) * 6.2832)), { kind: 'residential' });
layers.landuse.reverse();
add('pois', 1, [[0, -8]], { kind: 'attraction', name: 'Beffroi' });
add('places', 1, [[180, 160]], { kind: 'neighbourhood', name: 'Vieux-Bourg', 'name:nl': 'Oude Burcht' });
add('places', 1, [[900, 500]], { kind: 'neighbourhood', name: 'Carillon' });
add('places', 1, [[-800, -300]], { kind: 'neighbourhood', name: 'Saint-Amé' });
add('places', 1, [[0, 0]], { kind: 'locality', name: 'Montclair-sur-Brume' });

const zoomOf = { buildings: 13, trees: 14, pois: 13, places: 6, roads: 9, water: 6, landuse: 9, earth: 0 };
const tileX = (lon, z) => ((lon + 180) / 360) * 2 ** z;
const tileY = (lat, z) => ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * 2 ** z;

export function tile(z, x, y) {
  const pbf = new Pbf();
  for (const [name, features] of Object.entries(layers)) {
    if (z < zoomOf[name]) continue;
    const keys = new Map(), values = new Map(), out = [];
    for (const f of features) {
      const p = f.coords.map(([lo, la]) => [Math.round((tileX(lo, z) - x) * 4096), Math.round((tileY(la, z) - y) * 4096)]);
      const xs = p.map((q) => q[0]), ys = p.map((q) => q[1]);
      if (Math.max(...xs) < -64 || Math.min(...xs) > 4160 || Math.max(...ys) < -64 || Math.min(...ys) > 4160) continue;
      const g = []; let cx = 0, cy = 0;
      const zz = (n) => (n << 1) ^ (n >> 31);
      if (f.type === 3) { let a = 0; for (let i = 0; i < p.length; i++) { const q = p[(i + 1) % p.length]; a += p[i][0] * q[1] - q[0] * p[i][1]; } if (a < 0) p.reverse(); if (p[0][0] === p.at(-1)[0] && p[0][1] === p.at(-1)[1]) p.pop(); }
      p.forEach(([px, py], i) => { if (i === 0) g.push(9); if (i === 1) g.push(((p.length - 1) << 3) | 2); g.push(zz(px - cx), zz(py - cy)); cx = px; cy = py; });
      if (f.type === 3) g.push(15);
      const tags = [];
      for (const [key, v] of Object.entries(f.props)) { if (v === undefined) continue; if (!keys.has(key)) keys.set(key, keys.size); const vk = typeof v + v; if (!values.has(vk)) values.set(vk, [values.size, v]); tags.push(keys.get(key), values.get(vk)[0]); }
      out.push({ type: f.type, g, tags });
    }
    if (!out.length) continue;
    pbf.writeMessage(3, (_, w) => {
      w.writeVarintField(15, 2); w.writeStringField(1, name); w.writeVarintField(5, 4096);
      for (const f of out) w.writeMessage(2, (_f, q) => { q.writePackedVarint(2, f.tags); q.writeVarintField(3, f.type); q.writePackedVarint(4, f.g); }, f);
      for (const key of keys.keys()) w.writeStringField(3, key);
      for (const [, v] of values.values()) w.writeMessage(4, (_v, q) => (typeof v === 'number' ? q.writeDoubleField(3, v) : q.writeStringField(1, v)), v);
    }, null);
  }
  return Buffer.from(pbf.finish());
}
export const buildings = layers.buildings;
export const place = (r, a) => ll(...point(r, a));
