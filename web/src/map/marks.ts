// The marks of live things, drawn on a canvas from the tokens of the theme: the
// same drawing serves the map, the layer list and the panels.
export interface Palette {
  surface: string; text: string; text2: string; text3: string; accent: string; border: string; none: string; stack: string; onMark: string;
  ok: string; attention: string; attentionLine: string; fail: string; cat: string[]; seq: string[]; dark: boolean;
}

export function palette(): Palette {
  const css = getComputedStyle(document.documentElement);
  const v = (name: string): string => css.getPropertyValue(`--bf-${name}`).trim();
  return {
    surface: v('surface'), text: v('text'), text2: v('text-2'), text3: v('text-3'), accent: v('accent'), border: v('border-strong'), none: v('none-fill'), stack: v('stack-none'), onMark: v('text-inverse'),
    ok: v('ok-fill'), attention: v('attention-fill'), attentionLine: v('attention-line'), fail: v('fail-fill'),
    cat: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => v(`cat-${i}`)), seq: [1, 2, 3, 4, 5, 6, 7].map((i) => v(`seq-${i}`)),
    dark: document.documentElement.dataset['theme'] === 'dark',
  };
}

type Ctx = CanvasRenderingContext2D;
const tau = Math.PI * 2;

/** Names of all images that a map may ask for. */
export const imageNames: string[] = [
  ...['many', 'some'].flatMap((l) => [1, 2, 3, 4, 5, 6, 7, 8].map((a) => `bike-${l}-${a}`)), 'bike-none-0', 'bike-closed-0', 'bike-stale-0',
  ...['many', 'some', 'none', 'closed', 'stale'].map((l) => `bike-dot-${l}`),
  ...[0, 1, 2, 3, 4].map((b) => `air-${b}`), 'air-stale',
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((a) => `park-${a}`), 'park-closed', 'park-stale',
  'counter', 'counter-stale', 'noise', 'noise-stale', 'weather', 'weather-stale', 'generic', 'generic-stale', 'vehicle-stale',
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((c) => [`vehicle-${c}`, `heading-${c}`]), 'selected',
];

export function imageSize(name: string): [number, number] {
  if (name.startsWith('bike-dot')) return [16, 16];
  if (name.startsWith('bike')) return [32, 32];
  if (name.startsWith('vehicle')) return [34, 24];
  if (name.startsWith('heading')) return [54, 54];
  if (name.startsWith('air')) return [32, 32];
  if (name.startsWith('park')) return [26, 26];
  if (name.startsWith('counter')) return [24, 24];
  if (name === 'selected') return [46, 46];
  return [32, 32];
}

function disc(c: Ctx, x: number, y: number, r: number, fill: string): void {
  c.beginPath(); c.arc(x, y, r, 0, tau); c.fillStyle = fill; c.fill();
}
function ring(c: Ctx, x: number, y: number, r: number, width: number, stroke: string, from = 0, to = tau): void {
  c.beginPath(); c.arc(x, y, r, from, to); c.lineWidth = width; c.strokeStyle = stroke; c.stroke();
}
function hands(c: Ctx, x: number, y: number, size: number, stroke: string): void {
  c.beginPath(); c.moveTo(x, y - size); c.lineTo(x, y); c.lineTo(x + size * 0.7, y + size * 0.45);
  c.lineWidth = 1.75; c.lineCap = 'round'; c.lineJoin = 'round'; c.strokeStyle = stroke; c.setLineDash([]); c.stroke();
}
function box(c: Ctx, x: number, y: number, w: number, h: number, r: number): void {
  c.beginPath(); c.roundRect(x, y, w, h, r);
}
function hexagon(c: Ctx, x: number, y: number, r: number): void {
  c.beginPath();
  for (let i = 0; i < 6; i++) {
    const a = -Math.PI / 2 + (i * tau) / 6;
    c[i ? 'lineTo' : 'moveTo'](x + r * Math.cos(a), y + r * Math.sin(a));
  }
  c.closePath();
}
function diamond(c: Ctx, x: number, y: number, r: number): void {
  c.beginPath(); c.moveTo(x, y - r); c.lineTo(x + r, y); c.lineTo(x, y + r); c.lineTo(x - r, y); c.closePath();
}

function drop(c: Ctx, x: number, y: number, r: number): void {
  c.beginPath(); c.moveTo(x, y - r); c.bezierCurveTo(x + r * 0.35, y - r * 0.62, x + r * 0.92, y - r * 0.3, x + r * 0.92, y + r * 0.18);
  c.arc(x, y + r * 0.08, r * 0.92, 0.1, Math.PI - 0.1); c.bezierCurveTo(x - r * 0.92, y - r * 0.3, x - r * 0.35, y - r * 0.62, x, y - r); c.closePath();
}
function octagon(c: Ctx, x: number, y: number, r: number): void {
  c.beginPath();
  for (let i = 0; i < 8; i++) { const a = Math.PI / 8 + (i * tau) / 8; c[i ? 'lineTo' : 'moveTo'](x + r * 0.9 * Math.cos(a), y + r * 0.9 * Math.sin(a)); }
  c.closePath();
}

/** Draws one image by name into a context whose unit is a CSS pixel. */
export function drawMark(c: Ctx, name: string, p: Palette): void {
  const [w, h] = imageSize(name);
  const x = w / 2;
  const y = h / 2;
  const parts = name.split('-');
  const last = parts[parts.length - 1]!;
  c.lineJoin = 'round';
  if (name.startsWith('bike-dot')) {
    disc(c, x, y, 7.5, p.surface);
    if (last === 'many') disc(c, x, y, 5.5, p.ok);
    else if (last === 'some') {
      disc(c, x, y, 5.5, p.attentionLine);
      c.beginPath(); c.arc(x, y, 3.7, Math.PI, 0); c.closePath(); c.fillStyle = p.surface; c.fill();
    } else if (last === 'none') ring(c, x, y, 4.6, 1.9, p.fail);
    else {
      if (last === 'stale') c.setLineDash([2.2, 1.7]);
      ring(c, x, y, 4.6, 1.7, p.text3);
      c.setLineDash([]);
      if (last === 'closed') { c.beginPath(); c.moveTo(x - 3, y + 3); c.lineTo(x + 3, y - 3); c.lineWidth = 1.6; c.strokeStyle = p.text3; c.stroke(); }
    }
  } else if (name.startsWith('bike')) {
    const level = parts[1]!;
    disc(c, x, y, 15.5, p.surface);
    if (level === 'many' || level === 'some') {
      const colour = level === 'many' ? p.ok : p.dark ? p.attention : p.attentionLine;
      c.globalAlpha = p.dark ? 0.3 : 0.2;
      ring(c, x, y, 11.6, 3.8, level === 'many' ? p.ok : p.attention);
      c.globalAlpha = 1;
      ring(c, x, y, 11.6, 3.8, colour, -Math.PI / 2, -Math.PI / 2 + (Number(last) * tau) / 8);
      c.globalAlpha = 0.35;
      ring(c, x, y, 13.7, 0.8, colour);
      c.globalAlpha = 1;
    } else if (level === 'none') ring(c, x, y, 12.2, 2.4, p.fail);
    else if (level === 'closed') {
      ring(c, x, y, 11.8, 2.2, p.text3);
      c.beginPath(); c.moveTo(x - 8, y + 8); c.lineTo(x + 8, y - 8); c.lineWidth = 2.2; c.strokeStyle = p.text3; c.stroke();
    } else {
      c.setLineDash([3.1, 2.2]); ring(c, x, y, 11.8, 2, p.text3); c.setLineDash([]);
      hands(c, x, y + 0.5, 5.6, p.text3);
    }
  } else if (name.startsWith('vehicle')) {
    const stale = last === 'stale';
    box(c, 1, 1, 32, 22, 11); c.fillStyle = p.surface; c.fill();
    box(c, 3, 3, 28, 18, 9);
    if (stale) { c.setLineDash([3, 2.2]); c.lineWidth = 1.75; c.strokeStyle = p.text3; c.stroke(); c.setLineDash([]); }
    else { c.fillStyle = p.cat[Number(last)] ?? p.text2; c.fill(); }
  } else if (name.startsWith('heading')) {
    c.beginPath(); c.moveTo(x, 2.5); c.lineTo(x + 7.4, 18.5); c.lineTo(x - 7.4, 18.5); c.closePath();
    c.lineWidth = 3; c.strokeStyle = p.surface; c.stroke();
    c.fillStyle = p.cat[Number(last)] ?? p.text2; c.fill();
  } else if (name.startsWith('air')) {
    hexagon(c, x, y, 15.5); c.fillStyle = p.surface; c.fill();
    hexagon(c, x, y, 13);
    if (last === 'stale') { c.setLineDash([3, 2.2]); c.lineWidth = 1.9; c.strokeStyle = p.text3; c.stroke(); hands(c, x, y + 0.5, 5, p.text3); }
    else {
      c.fillStyle = p.seq[Number(last) + 1] ?? p.none; c.fill();
      c.globalAlpha = 0.55; c.lineWidth = 1; c.strokeStyle = p.dark ? p.onMark : p.text2; c.stroke(); c.globalAlpha = 1;
    }
  } else if (name.startsWith('park')) {
    box(c, 1, 1, 24, 24, 6); c.fillStyle = p.surface; c.fill();
    box(c, 3, 3, 20, 20, 4.5);
    if (last !== 'stale' && last !== 'closed') {
      c.save(); c.clip();
      c.fillStyle = p.stack; c.fillRect(3, 23 - (20 * Number(last)) / 8, 20, 20);
      c.restore();
      box(c, 3, 3, 20, 20, 4.5);
    }
    if (last === 'stale') c.setLineDash([3, 2.2]);
    c.lineWidth = 1.75; c.strokeStyle = last === 'stale' || last === 'closed' ? p.text3 : p.text2; c.stroke(); c.setLineDash([]);
    if (last === 'stale') hands(c, x, y + 0.5, 4.6, p.text3);
    else if (last === 'closed') { c.beginPath(); c.moveTo(6.5, 19.5); c.lineTo(19.5, 6.5); c.lineWidth = 2; c.strokeStyle = p.text3; c.stroke(); }
    else {
      c.font = '700 13px "Beffroi Sans"'; c.textAlign = 'center'; c.textBaseline = 'middle';
      c.fillStyle = p.text; c.fillText('P', x, y + 0.8);
    }
  } else if (name.startsWith('counter')) {
    box(c, 1, 1, 22, 22, 5.5); c.fillStyle = p.surface; c.fill();
    box(c, 3, 3, 18, 18, 4);
    if (last === 'stale') { c.setLineDash([3, 2.2]); c.lineWidth = 1.75; c.strokeStyle = p.text3; c.stroke(); c.setLineDash([]); hands(c, x, y + 0.5, 4.4, p.text3); }
    else {
      c.fillStyle = p.text2; c.fill();
      c.fillStyle = p.surface; c.fillRect(6.6, 12.4, 2.6, 4.8); c.fillRect(10.7, 9.6, 2.6, 7.6); c.fillRect(14.8, 6.8, 2.6, 10.400);
    }
  } else if (name === 'selected') {
    ring(c, x, y, 19, 7, p.surface);
    ring(c, x, y, 19, 3.6, p.accent);
  } else {
    // Noise is a diamond, weather a drop, everything that nobody described an octagon.
    const shape = name.startsWith('noise') ? diamond : name.startsWith('weather') ? drop : octagon;
    shape(c, x, y, 15.5); c.fillStyle = p.surface; c.fill();
    shape(c, x, y, 12.6);
    if (last === 'stale') { c.setLineDash([3, 2.2]); c.lineWidth = 1.75; c.strokeStyle = p.text3; c.stroke(); c.setLineDash([]); hands(c, x, y + 0.5, 4.4, p.text3); }
    else {
      c.lineWidth = 1.9; c.strokeStyle = p.text2; c.stroke();
      if (name === 'generic') disc(c, x, y, 3, p.text2);
    }
  }
}

/** One image at twice the pixels, as the map wants it. */
export function markImage(name: string, p: Palette): ImageData {
  const [w, h] = imageSize(name);
  const canvas = document.createElement('canvas');
  canvas.width = w * 2;
  canvas.height = h * 2;
  const c = canvas.getContext('2d', { willReadFrequently: true })!; // drawn and read on the CPU: no detour over a graphics process
  c.scale(2, 2);
  drawMark(c, name, p);
  return c.getImageData(0, 0, canvas.width, canvas.height);
}
