// The map as the pages use it: base, live marks, selection, camera.
import { Map as GLMap, setWorkerUrl, setWorkerCount, type GeoJSONSource, type LngLatBoundsLike } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { buildStyle, hit, type Look } from './style';
import { imageNames, markImage, palette } from './marks';
import { Glider } from './glide';
import { probe } from './probe';
import { look, nameOf, num, str, category } from '../live/model';
import type { Entity, Live } from '../live/stream';
import type { Layer } from '../app/city';
import { clock } from '../app/clock';
import { fonts } from '../app/fonts';
import { still } from '../app/motion';


export interface View {
  gl: GLMap;
  software: boolean;
  setLook(l: Omit<Look, 'tiles'>): void;
  /** Which layers are shown, by id. */
  setVisible(shown: (id: string) => boolean): void;
  /** Marks a thing; one that is not live is marked where the caller says. */
  setSelected(id: string | undefined, at?: [number, number], name?: string): void;
  /** Moves so that the point is inside the free part of the map (CSS pixels from each edge are covered). */
  reveal(at: [number, number], covered: { left: number; right: number; top: number; bottom: number }, zoom?: number): void;
  fit(bounds: [number, number, number, number], covered: { left: number; right: number; top: number; bottom: number }): void;
  /** Live things in the picture from west to east. */
  inView(): Entity[];
  destroy(): void;
}

interface Options {
  container: HTMLElement; look: Omit<Look, 'tiles'>; layerOf: (type: string) => Layer | undefined; live: Live | undefined; label: string;
  center: [number, number]; zoom: number; pitch: number; bearing: number; hash: boolean; interactive?: boolean;
  onPick?: (id: string | undefined) => void; onFirst?: () => void; onSlow?: () => void;
  /** Entities to draw instead of live ones, for previews. */
  fixed?: Entity[];
}

let worker = false;

export async function makeMap(o: Options): Promise<View | undefined> {
  const renderer = probe();
  if (!renderer.webgl) return undefined;
  await fonts();
  if (!worker) {
    worker = true;
    setWorkerUrl(new URL(workerUrl, location.href).href);
    setWorkerCount(Math.max(1, Math.min(3, (navigator.hardwareConcurrency || 2) - 1)));
  }
  const tiles = `${location.origin}/tiles/{z}/{x}/{y}.mvt`;
  let now: Look = { ...o.look, tiles };
  const gl = new GLMap({
    container: o.container, style: buildStyle(now), center: o.center, zoom: o.zoom, pitch: now.flat ? 0 : o.pitch, bearing: o.bearing,
    hash: o.hash, attributionControl: false, maxPitch: 60, minZoom: 9, maxZoom: 19.5, interactive: o.interactive ?? true,
    canvasContextAttributes: { antialias: !renderer.software, preserveDrawingBuffer: false }, fadeDuration: still() ? 0 : 200,
    pixelRatio: renderer.software ? 1 : undefined, refreshExpiredTiles: false, validateStyle: false, cancelPendingTileRequestsWhileZooming: true,
  });
  const canvas = gl.getCanvas();
  canvas.setAttribute('aria-label', o.label);
  canvas.setAttribute('role', 'region');
  if (o.interactive === false) canvas.tabIndex = -1;

  let colours = palette();
  const addImages = (): void => {
    for (const n of imageNames) {
      if (gl.hasImage(n)) gl.updateImage(n, markImage(n, colours));
      else gl.addImage(n, markImage(n, colours), { pixelRatio: 2 });
    }
  };
  const source = (id: string): GeoJSONSource | undefined => gl.getSource(id) as GeoJSONSource | undefined;
  let visible: (id: string) => boolean = () => true;
  let selected: string | undefined;
  let fixed: { at: [number, number]; name: string } | undefined;
  const glider = new Glider(still);
  let started = false;
  let lastMarks = '';

  const entities = (): Iterable<Entity> => o.fixed ?? o.live?.entities.values() ?? [];
  const layerOf = (e: Entity): Layer | undefined => o.layerOf(e.type);

  function drawMarks(): void {
    if (!started) return;
    const t = clock.now();
    const features = [];
    for (const e of entities()) {
      const l = layerOf(e);
      if (!l || l.symbol === 'vehicle' || !visible(l.id)) continue;
      const k = look(e, l, t);
      features.push({ type: 'Feature' as const, geometry: { type: 'Point' as const, coordinates: [e.lon, e.lat] }, properties: { id: e.id, sym: k.symbol, img: k.image, txt: k.text, lvl: k.level } });
    }
    const signature = features.map((f) => `${f.properties.id}${f.properties.img}${f.properties.txt}${f.geometry.coordinates.join()}`).join();
    if (signature === lastMarks) return;
    lastMarks = signature;
    source('live')?.setData({ type: 'FeatureCollection', features });
  }

  function drawVehicles(real: number): void {
    if (!started) return;
    const t = clock.now();
    const features = [];
    for (const e of entities()) {
      const l = layerOf(e);
      if (!l || l.symbol !== 'vehicle' || !visible(l.id)) continue;
      const k = look(e, l, t);
      const at = glider.at(e.id, real) ?? { lon: e.lon, lat: e.lat, heading: num(e.p['heading']) };
      features.push({
        type: 'Feature' as const, geometry: { type: 'Point' as const, coordinates: [at.lon, at.lat] },
        properties: { id: e.id, img: k.image, txt: k.text, cat: category(str(e.p['line']) || str(e.p['lineId']), e.p['lineColor'] ?? e.p['color']), ...(k.image !== 'vehicle-stale' && at.heading !== undefined ? { bearing: Math.round(at.heading) } : {}) },
      });
    }
    source('vehicles')?.setData({ type: 'FeatureCollection', features });
  }

  function drawSelection(real: number): void {
    if (!started) return;
    const e = selected ? o.live?.entities.get(selected) : undefined;
    const at = e && (layerOf(e)?.symbol === 'vehicle' ? glider.at(e.id, real) : undefined);
    source('selection')?.setData({
      type: 'FeatureCollection',
      features: e ? [{ type: 'Feature', geometry: { type: 'Point', coordinates: at ? [at.lon, at.lat] : [e.lon, e.lat] }, properties: { name: nameOf(e) } }]
        : fixed ? [{ type: 'Feature', geometry: { type: 'Point', coordinates: fixed.at }, properties: { name: fixed.name } }] : [],
    });
  }

  // ---- live: reports in at any time, drawn within the frame budget
  let dirty = true;
  const take = (ids: string[], whole: boolean): void => {
    dirty = true;
    const real = performance.now();
    if (whole) glider.forget((id) => o.live?.entities.has(id) ?? false);
    for (const id of ids) {
      const e = o.live?.entities.get(id);
      const l = e && layerOf(e);
      if (!e || !l || l.symbol !== 'vehicle') continue;
      glider.report(id, { lon: e.lon, lat: e.lat, heading: num(e.p['heading']) }, real, ((l.period || 5) * 1000) / (clock.speed || 1));
    }
  };
  const stop = o.live?.onChange(take);
  if (o.live) take([...o.live.entities.keys()], true);

  const frame = renderer.software ? 500 : 50; // ms between two vehicle frames
  let lastMark = 0;
  let lastFrame = 0;
  let lastAge = 0;
  let raf = 0;
  let settled = false; // one last frame after the vehicles have arrived
  const loop = (): void => {
    raf = requestAnimationFrame(loop);
    if (document.hidden || !started) return;
    const real = performance.now();
    if ((dirty && real - lastMark > (renderer.software ? 1000 : 300)) || real - lastAge > 5000) {
      lastAge = lastMark = real;
      dirty = false;
      settled = false;
      drawMarks();
    }
    const moving = glider.moving(real);
    if ((moving || !settled) && real - lastFrame > frame && !gl.isZooming()) {
      lastFrame = real;
      settled = !moving;
      drawVehicles(real);
      if (selected) drawSelection(real);
    }
  };
  raf = requestAnimationFrame(loop);

  gl.on('style.load', () => {
    addImages();
    started = true;
    lastMarks = '';
    dirty = true;
    settled = false;
    drawMarks();
    drawVehicles(performance.now());
    drawSelection(performance.now());
  });
  gl.once('load', () => {
    o.onFirst?.();
    if (!o.onSlow) return;
    // The first frames decide: over 250 ms a frame is no map to work with.
    const times: number[] = [];
    let last = performance.now();
    const each = (): void => {
      const t = performance.now();
      times.push(t - last);
      last = t;
      if (times.length < 6) { gl.triggerRepaint(); return; }
      gl.off('render', each);
      times.sort((a, b) => a - b);
      if (times[3]! > 250) o.onSlow?.();
    };
    gl.on('render', each);
    gl.triggerRepaint();
  });

  const idsAt = (x: number, y: number): string | undefined => {
    const box: [[number, number], [number, number]] = [[x - 6, y - 6], [x + 6, y + 6]];
    const found = gl.queryRenderedFeatures(box, { layers: hit.filter((l) => gl.getLayer(l)) });
    return found.length ? String(found[0]!.properties['id']) : undefined;
  };
  if (o.interactive !== false) {
    gl.on('click', (e) => o.onPick?.(idsAt(e.point.x, e.point.y)));
    let hover = 0;
    gl.on('mousemove', (e) => {
      const t = performance.now();
      if (t - hover < 60 || gl.isMoving()) return;
      hover = t;
      canvas.classList.toggle('over-mark', idsAt(e.point.x, e.point.y) !== undefined);
    });
  }

  const resize = new ResizeObserver(() => gl.resize());
  resize.observe(o.container);

  return {
    gl,
    software: renderer.software,
    setLook(l) {
      const next = { ...l, tiles };
      if (JSON.stringify(next) === JSON.stringify(now)) return;
      const recolour = next.theme !== now.theme;
      const tilt = next.flat !== now.flat;
      now = next;
      gl.setStyle(buildStyle(now), {
        diff: true,
        validate: false,
        transformStyle: (prev, style) => (prev ? { ...style, sources: { ...style.sources, live: prev.sources['live']!, vehicles: prev.sources['vehicles']!, selection: prev.sources['selection']! } } : style),
      });
      if (recolour) { colours = palette(); addImages(); }
      if (tilt) {
        const camera = now.flat ? { pitch: 0 } : { pitch: 45 };
        if (still() || renderer.software) gl.jumpTo(camera); else gl.easeTo({ ...camera, duration: 260 });
      }
      lastMarks = '';
      dirty = true;
      settled = false;
    },
    setVisible(shown) { visible = shown; lastMarks = ''; if (o.live) take([...o.live.entities.keys()], false); drawMarks(); drawVehicles(performance.now()); },
    setSelected(id, at, name) {
      selected = id;
      fixed = id && at ? { at, name: name ?? '' } : undefined;
      drawSelection(performance.now());
    },
    reveal(at, covered, zoom) {
      const p = gl.project(at);
      const w = canvas.clientWidth;
      const h = canvas.clientHeight;
      const m = 48;
      const inside = p.x > covered.left + m && p.x < w - covered.right - m && p.y > covered.top + m && p.y < h - covered.bottom - m;
      if (inside && (zoom === undefined || gl.getZoom() >= zoom)) return;
      const offset: [number, number] = [(covered.left - covered.right) / 2, (covered.top - covered.bottom) / 2];
      const camera = { center: at, offset, ...(zoom !== undefined && gl.getZoom() < zoom ? { zoom } : {}) };
      gl.easeTo({ ...camera, duration: still() || renderer.software ? 0 : 260 });
    },
    fit(b, covered) {
      const bounds: LngLatBoundsLike = [[b[0], b[1]], [b[2], b[3]]];
      gl.fitBounds(bounds, { padding: { left: covered.left + 16, right: covered.right + 16, top: covered.top + 16, bottom: covered.bottom + 16 }, bearing: 0, pitch: 0, animate: !still() && !renderer.software, duration: 260 });
    },
    inView() {
      const b = gl.getBounds();
      return [...entities()].filter((e) => { const l = layerOf(e); return l && visible(l.id) && b.contains([e.lon, e.lat]); }).sort((x, y) => x.lon - y.lon);
    },
    destroy() { cancelAnimationFrame(raf); stop?.(); resize.disconnect(); gl.remove(); },
  };
}
