// The map's style: the base of the theme, with labels in the reader's language
// and the live layers on top.
import type { LayerSpecification, StyleSpecification, ExpressionSpecification } from 'maplibre-gl';
import light from './style.light.json';
import dark from './style.dark.json';
import type { Lang } from '../app/lang';
import { lineColours } from '../live/model';

export interface Look { theme: 'light' | 'dark'; lang: Lang; flat: boolean; trees: boolean; lines: boolean; tiles: string }

const empty = { type: 'FeatureCollection' as const, features: [] };

const colours = {
  light: { ink: '#221F1A', halo: '#FFFFFF', fail: '#BC221E', stale: '#696259', airLow: '#221F1A', airHigh: '#FFFFFF', airFrom: 3, vehicle: '#FFFFFF', vehicleOn: '#221F1A', landmark: '#D9A98F', casing: '#FFFFFF', cat: lineColours },
  dark: { ink: '#ECEFF3', halo: '#0C1015', fail: '#FF6F61', stale: '#98A1AD', airLow: '#FFFFFF', airHigh: '#0C1015', airFrom: 2, vehicle: '#0C1015', vehicleOn: '#0C1015', landmark: '#6A4A3D', casing: '#151A21', cat: ['#5B7DE8', '#DDA814', '#30B99C', '#E0606A', '#BBDF9B', '#C6A5FF', '#A3F3FF', '#A87BA2'] },
};

function localised(layer: LayerSpecification, lang: Lang): LayerSpecification {
  if (layer.type !== 'symbol' || !layer.layout?.['text-field']) return layer;
  const name: ExpressionSpecification = ['coalesce', ['get', `name:${lang}`], ['get', 'name'], ''];
  return { ...layer, layout: { ...layer.layout, 'text-field': name } };
}

/** Layers in drawing order; hit lists those that a click may mean, best first. */
export const hit = ['vehicle', 'bike', 'bike-dot', 'air', 'park', 'generic', 'counter'];

export function buildStyle(look: Look): StyleSpecification {
  const base = structuredClone(look.theme === 'dark' ? dark : light) as unknown as StyleSpecification;
  const c = colours[look.theme];
  let layers = base.layers.map((l) => localised(l, look.lang));
  if (look.flat) {
    layers = layers.filter((l) => l.type !== 'fill-extrusion').map((l) => (l.id === 'building-flat' ? { ...l, maxzoom: 24 } : l));
    const at = layers.findIndex((l) => l.id === 'building-flat');
    layers.splice(at + 1, 0, { id: 'landmark-flat', type: 'fill', source: 'basemap', 'source-layer': 'buildings', minzoom: 13, filter: ['==', ['get', 'cls'], 'landmark'], paint: { 'fill-color': c.landmark } });
  }
  if (!look.trees) layers = layers.filter((l) => l.id !== 'tree');

  // Bus lines lie in the streets, thin and under the houses, in the colour that their vehicles have.
const line: ExpressionSpecification = ['match', ['upcase', ['to-string', ['get', 'color']]], ...lineColours.flatMap((light, i) => [light, c.cat[i]!] as const), c.stale] as unknown as ExpressionSpecification;
  const width = (a: number, b: number, d: number): ExpressionSpecification => ['interpolate', ['exponential', 1.55], ['zoom'], 12, a, 15, b, 18, d];
  const under = layers.findIndex((l) => l.id === 'building-flat');
  if (look.lines) {
    layers.splice(under, 0,
      { id: 'line-casing', type: 'line', source: 'basemap', 'source-layer': 'transit', minzoom: 12.5, layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': c.casing, 'line-width': width(1.4, 3.2, 6.4), 'line-opacity': 0.9 } },
      { id: 'line', type: 'line', source: 'basemap', 'source-layer': 'transit', minzoom: 12.5, layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': line, 'line-width': width(0.7, 1.5, 3.2), 'line-opacity': 0.75 } });
  }

  const text = { 'text-font': ['Beffroi Sans SemiBold'], 'text-size': 11.5, 'text-allow-overlap': true, 'icon-allow-overlap': true, 'icon-padding': 1 };
  // Names keep clear of what stands still; what moves would make them flicker.
  const moving = { 'text-ignore-placement': true, 'icon-ignore-placement': true };
  const is = (s: string): ExpressionSpecification => ['==', ['get', 'sym'], s];
  const live: LayerSpecification[] = [
    { id: 'counter', type: 'symbol', source: 'live', minzoom: 13.2, filter: is('counter'), layout: { ...text, 'icon-image': ['get', 'img'], 'icon-size': ['interpolate', ['linear'], ['zoom'], 13, 0.55, 15, 0.8, 16.5, 1] } },
    { id: 'generic', type: 'symbol', source: 'live', minzoom: 12.5, filter: ['in', ['get', 'sym'], ['literal', ['generic', 'noise', 'weather']]], layout: { ...text, 'text-size': 11, 'icon-image': ['get', 'img'], 'text-field': ['get', 'txt'] }, paint: { 'text-color': c.ink } },
    { id: 'park', type: 'symbol', source: 'live', minzoom: 12.8, filter: is('parking'), layout: { ...text, 'icon-image': ['get', 'img'], 'icon-size': ['interpolate', ['linear'], ['zoom'], 13, 0.75, 15, 0.95, 16, 1] } },
    { id: 'air', type: 'symbol', source: 'live', minzoom: 12, filter: is('air'), layout: { ...text, 'icon-image': ['get', 'img'], 'text-field': ['get', 'txt'] }, paint: { 'text-color': ['case', ['>=', ['to-number', ['get', 'lvl'], 0], c.airFrom], c.airHigh, c.airLow] } },
    { id: 'bike-dot', type: 'symbol', source: 'live', minzoom: 11, maxzoom: 13.6, filter: is('bike'), layout: { 'icon-image': ['concat', 'bike-dot-', ['get', 'lvl']], 'icon-allow-overlap': true } },
    { id: 'bike', type: 'symbol', source: 'live', minzoom: 13.6, filter: is('bike'), layout: { ...text, 'icon-image': ['get', 'img'], 'text-field': ['get', 'txt'] }, paint: { 'text-color': ['match', ['get', 'lvl'], 'none', c.fail, c.ink] } },
    { id: 'vehicle-heading', type: 'symbol', source: 'vehicles', minzoom: 13, filter: ['has', 'bearing'], layout: { 'icon-image': ['concat', 'heading-', ['get', 'cat']], 'icon-rotate': ['get', 'bearing'], 'icon-rotation-alignment': 'map', 'icon-pitch-alignment': 'viewport', 'icon-allow-overlap': true, 'icon-ignore-placement': true } },
    { id: 'vehicle', type: 'symbol', source: 'vehicles', minzoom: 12, layout: { ...text, ...moving, 'text-size': 12, 'icon-image': ['get', 'img'], 'text-field': ['get', 'txt'] }, paint: { 'text-color': ['case', ['==', ['get', 'img'], 'vehicle-stale'], c.stale, ['match', ['get', 'cat'], [1, 5], c.vehicleOn, c.vehicle]] } },
    { id: 'selected', type: 'symbol', source: 'selection', layout: { 'icon-image': 'selected', 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'text-field': ['get', 'name'], 'text-font': ['Beffroi Sans SemiBold'], 'text-size': 13, 'text-anchor': 'top', 'text-offset': [0, 1.6], 'text-allow-overlap': true, 'text-ignore-placement': true, 'text-max-width': 12 }, paint: { 'text-color': c.ink, 'text-halo-color': c.halo, 'text-halo-width': 2.2 } },
  ];
  // The city's name stays above everything but what is selected.
  const city = layers.findIndex((l) => l.id === 'label-city');
  const top = city >= 0 ? layers.splice(city, 1) : [];
  return {
    ...base,
    layers: [...layers, ...live.slice(0, -1), ...top, live[live.length - 1]!],
    sources: {
      basemap: { type: 'vector', tiles: [look.tiles], minzoom: 0, maxzoom: 15 },
      live: { type: 'geojson', data: empty, maxzoom: 14, buffer: 64, tolerance: 0 },
      vehicles: { type: 'geojson', data: empty, maxzoom: 14, buffer: 64, tolerance: 0 },
      selection: { type: 'geojson', data: empty, maxzoom: 14, buffer: 64, tolerance: 0 },
    },
  };
}
