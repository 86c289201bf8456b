// What floats over the map: its own buttons, the state of time, scale, keys.
import { useEffect, useRef, useState } from 'preact/hooks';
import { clock } from '../app/clock';
import { day, number, time, timeSeconds } from '../app/format';
import { lang, t, type Key } from '../app/lang';
import { say, show } from '../app/news';
import { useSignal } from '../app/signal';
import { live } from '../live/stream';
import type { View } from '../map/map';
import { still } from '../app/motion';
import { Icon } from './icons';
import { IconButton, useSecond } from './parts';

export function MapControls({ view, flat, setFlat, whole }: { view: View | undefined; flat: boolean; setFlat: (v: boolean) => void; whole: () => void }) {
  useSignal(lang);
  const ease = { duration: still() ? 0 : 260 };
  const share = async (): Promise<void> => {
    try { await navigator.clipboard.writeText(location.href); show(t('map.shared')); }
    catch { show(t('map.shareFailed')); }
  };
  return (
    <div class="controls" role="group" aria-label={t('map.controls')}>
      <div class="control-box"><IconButton icon="plus" label={t('map.zoomIn')} onClick={() => view?.gl.zoomIn(ease)} /><IconButton icon="minus" label={t('map.zoomOut')} onClick={() => view?.gl.zoomOut(ease)} /></div>
      <div class="control-box"><IconButton icon="compass" label={t('map.north')} onClick={() => view?.gl.easeTo({ bearing: 0, ...ease })} /><IconButton icon="box" label={t(flat ? 'map.to3d' : 'map.to2d')} pressed={!flat} onClick={() => setFlat(!flat)} /></div>
      <div class="control-box"><IconButton icon="maximize" label={t('map.whole')} onClick={whole} /><IconButton icon="share" label={t('map.share')} onClick={() => void share()} /></div>
    </div>
  );
}

/** Live, paused or not connected: one control, and the page never lies about which. */
export function TimeState({ small = false }: { small?: boolean }) {
  useSignal(lang);
  useSecond();
  const link = useSignal(live.link);
  const paused = useSignal(live.paused);
  const was = useRef(link);
  useEffect(() => {
    if (was.current === 'open' && link === 'lost') say(t('state.lostNews'));
    if (was.current === 'lost' && link === 'open') say(t('state.back'));
    was.current = link;
  }, [link]);
  const now = paused ?? clock.now();
  const state = paused !== undefined ? 'paused' : link === 'lost' ? 'lost' : link === 'open' ? 'live' : 'connecting';
  const word = t(`state.${state}` as Key);
  return (
    <div class={`time-state ${small ? 'small' : ''} is-${state}`} role="group" aria-label={t('state.label')}>
      <span class="chip"><span class="dot" aria-hidden="true" />{word}</span>
      <button type="button" class="icon-button plain" aria-label={t(paused === undefined ? 'state.pause' : 'state.play')} data-tip={t(paused === undefined ? 'state.pause' : 'state.play')} data-side="top" aria-keyshortcuts="Space" onClick={togglePause}><Icon name={paused === undefined ? 'pause' : 'play'} /></button>
      <span class="clock"><time dateTime={new Date(now).toISOString()}>{small ? time(now) : timeSeconds(now)}</time>{!small && <span class="date">{day(now)}{clock.speed !== 1 && <> · <abbr title={t('state.speed', { n: clock.speed })}>×{number(clock.speed)}</abbr></>}</span>}</span>
      {state === 'lost' && live.lostAt !== undefined && <span class="lost-note">{t('state.lostSince', { time: time(live.lostAt) })}</span>}
    </div>
  );
}

export function togglePause(): void {
  if (live.paused.get() === undefined) live.pause();
  else live.resume();
}

/** A length that fits the picture, and the note that nothing here exists. */
export function Scale({ view, synthetic }: { view: View | undefined; synthetic: boolean }) {
  useSignal(lang);
  const [bar, set] = useState<{ width: number; text: string }>({ width: 80, text: '' });
  useEffect(() => {
    if (!view) return;
    const draw = (): void => {
      const lat = view.gl.getCenter().lat;
      const metresPerPixel = (40_075_016.686 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** view.gl.getZoom());
      const most = metresPerPixel * 90;
      const power = 10 ** Math.floor(Math.log10(most));
      const n = [5, 2, 1].map((m) => m * power).find((m) => m <= most) ?? power;
      set({ width: Math.round(n / metresPerPixel), text: n >= 1000 ? `${number(n / 1000)}\u00a0km` : `${number(n)}\u00a0m` });
    };
    draw();
    view.gl.on('zoomend', draw);
    view.gl.on('moveend', draw);
    return () => { view.gl.off('zoomend', draw); view.gl.off('moveend', draw); };
  }, [view, lang.get()]);
  return (
    <div class="scale">
      {bar.text && <p class="scale-bar"><span class="sr">{t('map.scale', { length: bar.text })}</span><span class="ruler" style={{ width: `${bar.width}px` }} aria-hidden="true" /><span aria-hidden="true">{bar.text}</span></p>}
      {synthetic && <p class="attribution">{t('map.invented')}</p>}
    </div>
  );
}

const keyList: [string[], Key][] = [
  [['/'], 'keys.search'], [['L'], 'keys.layers'], [['T'], 'keys.table'], [['key.arrows'], 'keys.move'], [['+', '−'], 'keys.zoom'], [['key.shiftArrows'], 'keys.turn'],
  [['N', 'P'], 'keys.next'], [['key.enter'], 'keys.open'], [['key.space'], 'keys.pause'], [['.'], 'keys.live'], [['J', 'K'], 'keys.rows'], [['key.esc'], 'keys.close'], [['?'], 'keys.help'],
];

/** The list of keys, where single keys can be switched off (WCAG 2.1.4). */
export function KeysDialog({ open, close, on, setOn }: { open: boolean; close: () => void; on: boolean; setOn: (v: boolean) => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useSignal(lang);
  useEffect(() => {
    const d = ref.current;
    if (!d) return;
    if (open && !d.open) d.showModal();
    if (!open && d.open) d.close();
  }, [open]);
  return (
    <dialog ref={ref} class="dialog" aria-labelledby="keys-title" onClose={close} onClick={(e) => { if (e.target === e.currentTarget) close(); }}>
      <div class="dialog-body">
        <div class="dialog-head"><h2 id="keys-title">{t('keys.title')}</h2><IconButton icon="x" label={t('panel.close')} side="none" class="plain" onClick={close} /></div>
        <dl class="keys">{keyList.map(([keys, what]) => <div key={what}><dt>{keys.map((k) => <kbd key={k}>{k.startsWith('key.') ? t(k as Key) : k}</kbd>)}</dt><dd>{t(what)}</dd></div>)}</dl>
        <p class="dialog-foot"><label class="check"><input type="checkbox" checked={on} onChange={(e) => setOn(e.currentTarget.checked)} /> {t('keys.on')}</label><button type="button" class="button" onClick={close}>{t('keys.done')}</button></p>
      </div>
    </dialog>
  );
}
