// A stand-in for the server: the same paths, invented answers. Only for work on
// the interface: npm run build, then npm run mock, then http://127.0.0.1:8099/.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tile, place, buildings, ll } from './city.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8' };
let s = 42;
const rnd = () => ((s = (s * 1664525 + 1013904223) >>> 0) / 2 ** 32);
const L = (id, type, names, count, symbol, primary, period) => ({ id, type, typeIri: type, names: { fr: names[0], nl: names[1], en: names[2] }, count, symbol, primary, period });
const layers = [
  L('bikes', 'BikeHireDockingStation', ['Stations vélo', 'Fietsstations', 'Bike stations'], 80, 'bike', 'availableBikeNumber', 60),
  L('buses', 'Vehicle', ['Autobus', 'Lijnbussen', 'Buses'], 60, 'vehicle', 'speed', 5),
  L('counters', 'TrafficFlowObserved', ['Compteurs de trafic', 'Verkeerstellers', 'Traffic counters'], 100, 'counter', 'intensity', 360),
  L('parking', 'OffStreetParking', ['Parkings', 'Parkeergarages', 'Car parks'], 30, 'parking', 'availableSpotNumber', 300),
  L('air', 'AirQualityObserved', ['Qualité de l’air, NO₂', 'Luchtkwaliteit, NO₂', 'Air quality, NO₂'], 20, 'air', 'NO2', 600),
  L('noise', 'NoiseLevelObserved', ['Bruit', 'Geluid', 'Noise'], 20, 'noise', 'LAeq', 60),
];
const spots = ['Parvis Saint-Amé', 'Théâtre', 'Porte de Lysse', 'Filatures', 'Jardin des Plantes', 'Musée des Métiers', 'Université', 'Hôpital Ysaye', 'Rue Royale', 'Citadelle', 'Pont-Neuf', 'Nieuwland', 'Place du Beffroi'];
const all = [];
for (const l of layers) for (let i = 0; i < l.count; i++) {
  const [lon, lat] = place(60 + 1700 * Math.sqrt(rnd()), rnd() * 6.28);
  const e = { id: `urn:ngsi-ld:${l.type}:${l.id.slice(0, 4)}-${String(i + 1).padStart(3, '0')}`, type: l.type, lon, lat, at: new Date(Date.now() - rnd() * l.period * 1000).toISOString(), p: { name: `${spots[i % 13]}${i >= 13 ? ` ${Math.floor(i / 13) + 1}` : ''}` } };
  const cap = 16 + Math.floor(rnd() * 14);
  if (l.symbol === 'bike') { const b = Math.max(0, Math.floor(rnd() * cap) - 4); Object.assign(e.p, { availableBikeNumber: b, freeSlotNumber: cap - b, totalSlotNumber: cap, status: i % 31 === 5 ? 'closed' : 'working' }); }
  if (l.symbol === 'vehicle') Object.assign(e.p, { name: `Bus ${i + 1}`, line: String(1 + (i % 14)), heading: rnd() * 360, speed: 20 + rnd() * 20, delay: Math.round(rnd() * 6) });
  if (l.symbol === 'counter') Object.assign(e.p, { intensity: Math.round(rnd() * 900), averageVehicleSpeed: 25 + rnd() * 20 });
  if (l.symbol === 'parking') Object.assign(e.p, { availableSpotNumber: Math.round(rnd() * 300), totalSpotNumber: 320 });
  if (l.symbol === 'air') Object.assign(e.p, { NO2: 5 + rnd() * 60, PM10: 10 + rnd() * 20 });
  if (l.id === 'noise') Object.assign(e.p, { LAeq: 48 + rnd() * 22 });
  if (i % 37 === 9) e.at = new Date(Date.now() - 41 * 60_000 - l.period * 6000).toISOString();
  all.push(e);
}
const license = { id: 'etalab-2.0', title: 'Licence Ouverte 2.0', url: 'https://spdx.org/licenses/etalab-2.0.html' };
const datasets = layers.map((l, i) => ({
  slug: l.id, title: { fr: `${l.names.fr}, état en direct`, nl: `${l.names.nl}, actuele toestand`, en: `${l.names.en}, live state` },
  description: { fr: 'L’état de chaque point, avec sept jours d’historique.', nl: 'De toestand van elk punt, met zeven dagen geschiedenis.', en: 'The state of each point, every minute, with seven days of history.' },
  publisher: i < 4 ? 'Montclair Mobilité' : 'Montclair Environnement', license, themes: [`http://publications.europa.eu/resource/authority/data-theme/${i < 4 ? 'TRAN' : 'ENVI'}`], frequency: 'http://publications.europa.eu/resource/authority/frequency/UPDATE_CONT', modified: new Date().toISOString(), count: l.count, bbox: [3.17, 50.63, 3.23, 50.67], formats: ['GeoJSON', 'CSV'], href: `/id/dataset/${l.id}`, layer: l.id, synthetic: true,
  sample: all.filter((e) => e.type === l.type).slice(0, 10).map((e) => ({ id: e.id, observedAt: e.at, ...e.p })), fields: Object.keys(all.find((e) => e.type === l.type).p).map((n) => ({ name: n, type: n === 'name' ? 'text' : 'number', unit: n === 'NO2' ? 'GQ' : undefined })), contact: { name: 'Open data desk', email: 'data@example.org' }, freshness: { at: new Date(Date.now() - 12_000).toISOString(), period: l.period },
}));
const units = { NO2: 'GQ', PM10: 'GQ', LAeq: '2N', averageVehicleSpeed: 'KMH', speed: 'KMH', delay: 'MIN' };
const normal = (e) => ({ id: e.id, type: e.type, location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [e.lon, e.lat] } }, ...Object.fromEntries(Object.entries(e.p).map(([k, v]) => [k, { type: 'Property', value: v, observedAt: e.at, unitCode: units[k] }])), batteryLevel: { type: 'Property', value: 64, unitCode: 'P1', observedAt: e.at }, dataProvider: { type: 'Property', value: 'GBFS 3.0, Montclair Mobilité' }, description: { type: 'LanguageProperty', languageMap: { fr: 'Près de la halle', en: 'By the market hall', nl: 'Bij de hal' } }, synthetic: { type: 'Property', value: true } });
const clients = new Set();
const send = (r, event, data) => r.write(`id: ${Date.now()}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
setInterval(() => {
  const at = new Date().toISOString(), entities = [];
  for (const e of all) {
    if (e.type === 'Vehicle' && rnd() < 0.5) { const h = (e.p.heading * Math.PI) / 180; e.lon += (Math.sin(h) * 30) / 70600; e.lat += (Math.cos(h) * 30) / 110574; e.p.heading = (e.p.heading + (rnd() - 0.5) * 30 + 360) % 360; e.at = at; entities.push(e); }
    else if (e.type !== 'Vehicle' && rnd() < 0.02 && Date.now() - Date.parse(e.at) < 20 * 60_000) { e.at = at; if (e.p.availableBikeNumber !== undefined) { e.p.availableBikeNumber = Math.max(0, Math.min(e.p.totalSlotNumber, e.p.availableBikeNumber + (rnd() < 0.5 ? -1 : 1))); e.p.freeSlotNumber = e.p.totalSlotNumber - e.p.availableBikeNumber; } entities.push(e); }
  }
  for (const c of clients) { send(c, 'change', { entities, deleted: [] }); send(c, 'clock', { now: at }); }
}, 2500);

createServer(async (q, r) => {
  const u = new URL(q.url, 'http://x'), p = decodeURIComponent(u.pathname);
  const json = (v, status = 200, h = {}) => { r.writeHead(status, { 'content-type': 'application/json', ...h }); r.end(JSON.stringify(v)); };
  r.setHeader('content-security-policy', csp);
  r.setHeader('x-content-type-options', 'nosniff');
  if (p === '/api/city') return json({ name: 'Montclair-sur-Brume', synthetic: true, timeZone: 'Europe/Paris', center: ll(120, 40), bounds: [...ll(-2100, -2000), ...ll(2100, 2000)], speed: 1, now: new Date().toISOString(), version: 'mock', account: { name: 'local', roles: ['administrator'], anonymous: true }, layers });
  if (p.startsWith('/tiles/')) { const [, , z, x, y] = p.split(/[/.]/); r.writeHead(200, { 'content-type': 'application/vnd.mapbox-vector-tile' }); return r.end(tile(+z, +x, +y)); }
  if (p === '/live') { r.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }); const want = u.searchParams.get("types")?.split(","); send(r, 'state', { entities: all.filter((e) => !want || want.includes(e.type)) }); send(r, 'clock', { now: new Date().toISOString() }); clients.add(r); q.on('close', () => clients.delete(r)); return; }
  if (p.startsWith('/ngsi-ld/v1/temporal/entities/')) { const e = all.find((x) => x.id === p.slice(30)), a = u.searchParams.get('attrs'), v = []; const base = e?.p[a] ?? 10; for (let t = Date.now() - 864e5; t < Date.now(); t += 300_000) { const h = (t / 36e5) % 24; if (h > 17.5 && h < 18.7) continue; v.push([Math.max(0, Math.round(base + 6 * Math.sin((h / 24) * 6.28) + (rnd() - 0.5) * 3)), new Date(t).toISOString()]); } return json({ id: e?.id, type: e?.type, [a]: { type: 'Property', values: v } }); }
  if (p.startsWith('/ngsi-ld/v1/entities/')) { const e = all.find((x) => x.id === p.slice(21)); return e ? json(normal(e)) : json({ type: 'https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound', title: 'No such entity', status: 404 }, 404); }
  if (p === '/ngsi-ld/v1/entities') { const off = +(u.searchParams.get('offset') ?? 0), n = +(u.searchParams.get('limit') ?? 20); return json(buildings.slice(off, off + n).map((b, i) => ({ id: `urn:ngsi-ld:Building:${off + i}`, type: 'Building', category: { type: 'Property', value: 'house' }, height: { type: 'Property', value: b.props.height, unitCode: 'MTR' }, location: { type: 'GeoProperty', value: { type: 'Polygon', coordinates: [b.coords] } } })), 200, { 'NGSILD-Results-Count': String(buildings.length) }); }
  if (p === '/api/search') { const w = (u.searchParams.get('q') ?? '').toLowerCase(); const hits = all.filter((e) => e.p.name.toLowerCase().includes(w)).slice(0, 6); return json({ groups: [{ kind: 'street', hits: 'rue royale'.includes(w) ? [{ id: 's1', title: 'Rue Royale', sub: 'Vieux-Bourg', lon: ll(100, 200)[0], lat: ll(100, 200)[1] }] : [] }, { kind: 'entity', hits: hits.map((e) => ({ id: e.id, title: e.p.name, sub: e.type, lon: e.lon, lat: e.lat })) }, { kind: 'dataset', hits: datasets.filter((d) => d.title.en.toLowerCase().includes(w)).map((d) => ({ id: d.slug, title: d.title.en, sub: d.publisher, href: d.href })) }] }); }
  if (p === '/api/datasets') { const w = (u.searchParams.get('q') ?? '').toLowerCase(), got = datasets.filter((d) => (!w || JSON.stringify(d.title).toLowerCase().includes(w)) && (!u.searchParams.get('layer') || d.layer === u.searchParams.get('layer'))); return json({ datasets: got, count: got.length, offset: 0, limit: 20, facets: {}, live: got.length, anywhere: got.length }); }
  if (p.startsWith('/api/datasets/')) { const d = datasets.find((x) => x.slug === p.slice(14)); return d ? json(d) : json({ title: 'No such dataset', status: 404 }, 404); }
  if (p === '/api/session') return q.method === 'POST' ? json({ type: 'about:blank', title: 'Unauthorized', status: 401 }, 401) : json({}, 200);
  const file = /^\/(assets\/|boot\.js|icon\.svg|third-party\.txt)/.test(p) ? normalize(p) : '/index.html';
  try { const b = await readFile(join(dist, file)); r.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }); r.end(b); }
  catch { r.writeHead(404); r.end('not found'); }
}).listen(8099, '127.0.0.1', () => console.log('listening on http://127.0.0.1:8099/'));
