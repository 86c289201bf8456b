// The bottom sheet of phones: three heights, by drag and by button.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';

export type Detent = 0 | 1 | 2;
const heights = (): [number, number, number] => [124, 432, window.innerHeight - 112 - 60];

export function Sheet({ children, start = 1, label, onDetent }: { children: ComponentChildren; start?: Detent; label: string; onDetent?: (d: Detent) => void }) {
  const [at, setAt] = useState<Detent>(start);
  const [drag, setDrag] = useState<number | undefined>();
  const from = useRef<{ y: number; h: number } | undefined>(undefined);
  const set = (d: Detent): void => { setAt(d); onDetent?.(d); };
  const h = drag ?? heights()[at];
  return (
    <div class={`sheet ${drag === undefined ? 'rest' : ''}`} style={{ height: `${h}px` }}>
      <button type="button" class="handle" aria-label={label} aria-expanded={at > 0}
        onPointerDown={(e) => { from.current = { y: e.clientY, h: heights()[at] }; e.currentTarget.setPointerCapture(e.pointerId); }}
        onPointerMove={(e) => { if (from.current && Math.abs(from.current.y - e.clientY) > 4) setDrag(Math.max(90, Math.min(heights()[2], from.current.h + from.current.y - e.clientY))); }}
        onPointerUp={() => {
          if (drag !== undefined) {
            const all = heights();
            set(([0, 1, 2] as Detent[]).reduce((best, d) => (Math.abs(all[d] - drag) < Math.abs(all[best] - drag) ? d : best), 0 as Detent));
          }
          from.current = undefined;
          setTimeout(() => setDrag(undefined), 0);
        }}
        onClick={() => { if (drag === undefined) set(at === 2 ? 0 : ((at + 1) as Detent)); }}
        onKeyDown={(e) => { if (e.key === 'ArrowUp' && at < 2) { e.preventDefault(); set((at + 1) as Detent); } if (e.key === 'ArrowDown' && at > 0) { e.preventDefault(); set((at - 1) as Detent); } }}><span /></button>
      <div class="sheet-body">{children}</div>
    </div>
  );
}
