// Marks in the page: status (DESIGN section 5) and the map's own images.
import { useEffect, useRef } from 'preact/hooks';
import type { Mark } from '../live/model';
import { drawMark, imageSize, palette } from '../map/marks';
import { theme } from '../app/theme';
import { useSignal } from '../app/signal';

export function StatusMark({ mark, size = 16 }: { mark: Mark; size?: number }) {
  const shape = {
    ok: <><circle cx="8" cy="8" r="7.5" class="fill" /><path d="M4.700 8.300l2.200 2.200 4.400-4.800" class="cut" /></>,
    attention: <><path d="M8 1.300L15 14.200H1z" class="fill edge" /><path d="M8 5.800v4M8 11.900v.2" class="cut" /></>,
    fail: <><path d="M5 .5h6L15.500 5v6L11 15.500H5L.5 11V5z" class="fill" /><path d="M5.400 5.400l5.200 5.200M10.600 5.400l-5.200 5.200" class="cut" /></>,
    person: <><rect x=".5" y=".5" width="15" height="15" rx="3.500" class="fill" /><circle cx="8" cy="6" r="2.200" class="solid" /><path d="M4 12.500c.4-2.600 2-3.600 4-3.600s3.600 1 4 3.600z" class="solid" /></>,
    none: <><circle cx="8" cy="8" r="6.700" class="line" /><path d="M5 8h6" class="line" /></>,
    unknown: <><circle cx="8" cy="8" r="6.700" class="line dash" /><path d="M6.200 6.300c.1-1 .9-1.600 1.800-1.600 1.100 0 1.900.7 1.900 1.600 0 1.300-1.900 1.400-1.900 2.700M8 11.200v.2" class="line" /></>,
  }[mark];
  return <svg class={`mark mark-${mark}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">{shape}</svg>;
}

/** One of the map's images, drawn for the present theme. */
export function MapMark({ image, text, scale = 1 }: { image: string; text?: string; scale?: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const now = useSignal(theme);
  const [w, h] = imageSize(image);
  const ratio = Math.max(2, Math.ceil(window.devicePixelRatio || 1));
  useEffect(() => {
    let gone = false;
    const draw = (): void => {
      const c = ref.current?.getContext('2d', { willReadFrequently: true });
      if (!c || gone) return;
      c.setTransform(1, 0, 0, 1, 0, 0);
      c.clearRect(0, 0, w * scale * ratio, h * scale * ratio);
      c.scale(ratio * scale, ratio * scale);
      const p = palette();
      drawMark(c, image, p);
      if (text) {
        c.font = '600 11.5px "Beffroi Sans"'; c.textAlign = 'center'; c.textBaseline = 'middle'; c.fillStyle = p.text;
        c.fillText(text, w / 2, h / 2 + 0.5);
      }
    };
    draw();
    // Letters in marks need the font, which may come later than the first drawing.
    if (document.fonts.status !== 'loaded' || image.startsWith('park')) void document.fonts.load('700 13px "Beffroi Sans"').then(draw, () => undefined);
    return () => { gone = true; };
  }, [image, text, now, scale]);
  return <canvas ref={ref} class="mapmark" width={Math.round(w * scale * ratio)} height={Math.round(h * scale * ratio)} style={{ width: `${w * scale}px`, height: `${h * scale}px` }} aria-hidden="true" />;
}
