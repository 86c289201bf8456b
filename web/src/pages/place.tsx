// The part of the city that datasets must touch: seen on a small map, or given
// in degrees by whoever cannot use one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { boxOf, boxText, type Box } from '../app/find';
import { city } from '../app/city';
import { lang, t } from '../app/lang';
import { useSignal } from '../app/signal';
import { theme } from '../app/theme';
import type { View } from '../map/map';

const sides = ['west', 'south', 'east', 'north'] as const;

export function PlaceChoice({ box, onBox }: { box: Box | undefined; onBox: (b: Box | undefined) => void }) {
  const [open, setOpen] = useState(!!box);
  return (
    <fieldset class="place">
      <legend>{t('data.place')}</legend>
      {box && <p class="quiet-text">{t('data.placeChosen')} <button type="button" class="link" onClick={() => onBox(undefined)}>{t('data.placeClear')}</button></p>}
      <button type="button" class="button small" aria-expanded={open} onClick={() => setOpen(!open)}>{t('data.placeOpen')}</button>
      {open && <PlaceMap box={box} onBox={onBox} />}
    </fieldset>
  );
}

function PlaceMap({ box, onBox }: { box: Box | undefined; onBox: (b: Box | undefined) => void }) {
  const c = useSignal(city)!;
  const here = useSignal(lang);
  const shade = useSignal(theme);
  const at = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View | undefined>();
  const [typed, setTyped] = useState<string[]>(() => (box ? boxText(box).split(',') : c.bounds.map((v) => String(Math.round(v * 1e4) / 1e4))));
  const [wrong, setWrong] = useState(false);
  useEffect(() => {
    let gone = false;
    let made: View | undefined;
    void import('../map/map').then(async ({ makeMap }) => {
      if (gone || !at.current) return;
      made = await makeMap({ container: at.current, look: { theme: theme.get(), lang: lang.get(), flat: true, trees: false, lines: false }, layerOf: () => undefined, live: undefined, label: t('data.placeMap'), center: c.center, zoom: 11, pitch: 0, bearing: 0, hash: false });
      if (gone) { made?.destroy(); return; }
      made?.gl.dragRotate.disable();
      made?.gl.touchZoomRotate.disableRotation();
      made?.gl.fitBounds(box ?? c.bounds, { animate: false, padding: 4 });
      setView(made);
    }).catch(() => undefined);
    return () => { gone = true; made?.destroy(); };
  }, []);
  useEffect(() => { view?.setLook({ theme: shade, lang: here, flat: true, trees: false, lines: false }); }, [view, shade, here]);
  const seen = (): void => {
    const b = view?.gl.getBounds();
    if (!b) return;
    const now: Box = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];
    setTyped(boxText(now).split(','));
    onBox(now);
  };
  return (
    <div class="place-choice">
      <div class="place-map" ref={at} />
      <button type="button" class="button small" disabled={!view} onClick={seen}>{t('data.placeSeen')}</button>
      <details>
        <summary>{t('data.placeDegrees')}</summary>
        <form onSubmit={(e) => { e.preventDefault(); const b = boxOf(typed.join(',')); setWrong(!b); if (b) { view?.gl.fitBounds(b, { animate: false, padding: 4 }); onBox(b); } }}>
          <div class="place-sides">{sides.map((s, i) => <label key={s}><span>{t(`data.${s}`)}</span><input inputMode="decimal" value={typed[i]} aria-invalid={wrong || undefined} aria-describedby={wrong ? 'place-wrong' : undefined} onInput={(e) => { const v = e.currentTarget.value; setTyped((old) => old.map((x, j) => (j === i ? v : x))); }} /></label>)}</div>
          {wrong && <p class="field-error" id="place-wrong" role="alert">{t('data.placeWrong')}</p>}
          <button type="submit" class="button small">{t('data.placeUse')}</button>
        </form>
      </details>
    </div>
  );
}
