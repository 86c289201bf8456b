// The map page: the city moves under search, layers, controls and panels.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { request } from '../app/api';
import { city, loadCity, undescribed, type Layer } from '../app/city';
import { lang, t } from '../app/lang';
import { clock } from '../app/clock';
import { answer, show } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { signal, useSignal } from '../app/signal';
import { theme } from '../app/theme';
import { look, nameOf } from '../live/model';
import { loadLines } from '../live/lines';
import { live } from '../live/stream';
import type { View } from '../map/map';
import { KeysDialog, MapControls, Scale, TimeState, togglePause } from '../ui/controls';
import { EntityPanel } from '../ui/entity';
import { Belfry } from '../ui/icons';
import { LayerPanel } from '../ui/layers';
import { IconButton, Note, SyntheticTag, usePhone } from '../ui/parts';
import { Search, type Hit } from '../ui/search';
import { Sheet } from '../ui/sheet';
import { TablePanel } from '../ui/table';
import { stateWord } from '../ui/text';

/** How many live things are still streamed whole; beyond, only what is near the picture. */
const wholeCity = 3000;

function modelLayers(): Layer[] {
  const at = (id: string, typeIri: string, en: string, fr: string, nl: string): Layer => ({ id, type: typeIri, typeIri, names: { en, fr, nl }, count: 0, symbol: 'generic', primary: '', period: 0 });
  return [at('buildings', 'Building', 'Buildings', 'Bâtiments', 'Gebouwen'), at('trees', 'Tree', 'Trees', 'Arbres', 'Bomen'), at('lines', 'PublicTransportRoute', 'Bus lines', 'Lignes de bus', 'Buslijnen')];
}

/** Whether single keys act (WCAG 2.1.4). */
const singleKeys = signal(stored());
function stored(): boolean {
  try { return localStorage.getItem('beffroi.keys') !== 'off'; } catch { return true; }
}

export function MapPage() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const shade = useSignal(theme);
  const phone = usePhone();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View | undefined>();
  const [broken, setBroken] = useState<'no' | 'webgl' | 'failed'>('no');
  const [buildings, setBuildings] = useState<number | undefined>();
  const [keysOpen, setKeysOpen] = useState(false);
  const keysOn = useSignal(singleKeys);
  const [layersOpen, setLayersOpen] = useState(false);

  // ---- state is in the address
  const selected = p.query.get('sel') ?? undefined;
  const tableId = p.query.get('table') ?? undefined;
  const flatAsked = p.query.get('view');
  const [tooSlow, setTooSlow] = useState(false);
  const [many, setMany] = useState(false);
  const flat = flatAsked ? flatAsked === '2d' : tooSlow || (phone && many);
  const trees = p.query.get('trees') !== '0';
  const lines = p.query.get('lines') !== '0';
  // Types that nobody described get a layer of their own when the first such thing arrives.
  const byType = useRef(new Map<string, Layer>()).current;
  const [extra, setExtra] = useState<Layer[]>([]);
  useMemo(() => { for (const l of c.layers) { byType.set(l.type, l); byType.set(l.typeIri, l); } }, [c]);
  const layerOf = useCallback((type: string) => byType.get(type), []);
  useEffect(() => {
    const asked = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = live.onChange((changed) => {
      const unknown = new Set<string>();
      for (const id of changed) {
        const e = live.entities.get(id);
        if (e && !byType.has(e.type)) unknown.add(e.type);
      }
      const fresh = [...unknown].filter((type) => !asked.has(type));
      if (!fresh.length) return;
      fresh.forEach((type) => asked.add(type));
      clearTimeout(timer);
      timer = setTimeout(() => {
        void loadCity().then(() => {
          const still = [...asked].filter((type) => !byType.has(type) && !city.get()?.layers.some((l) => l.type === type || l.typeIri === type)).map(undescribed);
          for (const l of still) byType.set(l.type, l);
          if (still.length) setExtra((x) => [...x, ...still]);
        });
      }, 400);
    });
    // Counts and clock once a minute, while somebody looks.
    const minute = setInterval(() => { if (!document.hidden) void loadCity(); }, 60_000);
    return () => { stop(); clearTimeout(timer); clearInterval(minute); };
  }, []);
  const layers = useMemo(() => [...c.layers, ...extra.filter((x) => !c.layers.some((l) => l.type === x.type))], [c, extra]);
  const ids = layers.map((l) => l.id);
  const asked = p.query.get('layers');
  const on = useCallback((id: string) => asked === null || asked.split(',').includes(id), [asked]);
  const tables = useMemo(() => [...layers, ...modelLayers()], [layers]);
  const table = tables.find((l) => l.id === tableId);

  const change = useCallback((q: Record<string, string | null>, how: 'push' | 'replace' = 'push') => go(withQuery(q), how), []);
  const select = useCallback((id: string | undefined) => { if ((place.get().query.get('sel') ?? undefined) !== id) change({ sel: id ?? null }); }, [change]);
  const setFlat = useCallback((v: boolean) => change({ view: v ? '2d' : '3d' }, 'replace'), [change]);
  const toggle = (id: string): void => {
    const next = new Set(ids.filter(on));
    if (!next.delete(id)) next.add(id);
    change({ layers: next.size === ids.length ? null : ids.filter((x) => next.has(x)).join(',') || 'none' }, 'replace');
  };

  const covered = (): { left: number; right: number; top: number; bottom: number } => {
    if (phone) return { left: 0, right: 0, top: 120, bottom: selected || table ? 432 : 16 };
    return { left: 308, right: selected ? 396 : table ? 436 : 52, top: 12, bottom: 72 };
  };
  const coveredRef = useRef(covered);
  coveredRef.current = covered;

  // ---- the live stream
  const total = c.layers.reduce((s, l) => s + (l.count || 0), 0);
  useEffect(() => {
    // No list of types: things that nobody described come as well.
    if (total <= wholeCity) { live.open('/live'); return () => live.close(); }
    let opened: number[] | undefined;
    const follow = (): void => {
      const b = view?.gl.getBounds();
      if (!b) return;
      const now = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()] as const;
      if (opened && now[0] >= opened[0]! && now[1] >= opened[1]! && now[2] <= opened[2]! && now[3] <= opened[3]!) return;
      const w = (now[2] - now[0]) / 2;
      const h = (now[3] - now[1]) / 2;
      opened = [now[0] - w, now[1] - h, now[2] + w, now[3] + h];
      live.open(`/live?bbox=${opened.map((x) => x.toFixed(5)).join(',')}`);
    };
    follow();
    view?.gl.on('moveend', follow);
    return () => { view?.gl.off('moveend', follow); live.close(); };
  }, [total <= wholeCity, total <= wholeCity ? undefined : view]);

  // ---- the map
  useEffect(() => {
    let gone = false;
    let made: View | undefined;
    void (async () => {
      try {
        const { makeMap } = await import('../map/map');
        if (gone || !box.current) return;
        made = await makeMap({
          container: box.current, look: { theme: theme.get(), lang: lang.get(), flat, trees, lines }, layerOf, live, label: t('map.label', { city: c.name }),
          center: c.center, zoom: 14.6, pitch: 45, bearing: -18, hash: true, onPick: (id) => select(id),
          onFirst: () => performance.mark('beffroi:first-view'),
          onSlow: () => { if (!place.get().query.get('view')) { setTooSlow(true); show(t('map.slow')); } },
        });
        if (gone) { made?.destroy(); return; }
        if (!made) { setBroken('webgl'); return; }
        setView(made);
      } catch { if (!gone) setBroken('failed'); }
    })();
    return () => { gone = true; made?.destroy(); setView(undefined); };
  }, [c.name]);
  useEffect(() => { view?.setLook({ theme: shade, lang: here, flat, trees, lines }); }, [view, shade, here, flat, trees, lines]);
  const [lined, setLined] = useState(false);
  useEffect(() => { loadLines().then(() => setLined(true), () => undefined); }, []);
  useEffect(() => { view?.setVisible(on); }, [view, on, layers, lined]);
  useEffect(() => { view?.gl.getCanvas().setAttribute('aria-label', t('map.label', { city: c.name })); }, [view, here]);
  useEffect(() => {
    if (!view) return;
    view.setSelected(selected);
    const e = selected ? live.entities.get(selected) : undefined;
    if (e) { view.reveal([e.lon, e.lat], coveredRef.current(), undefined); return; }
    if (!selected) return;
    // Chosen by a link before the stream had brought it: show it as soon as it is there.
    const stop = live.onChange(() => {
      const late = live.entities.get(selected);
      if (late) { stop(); view.setSelected(selected); view.reveal([late.lon, late.lat], coveredRef.current()); }
    });
    return stop;
  }, [view, selected]);
  useEffect(() => {
    request('/ngsi-ld/v1/entities?type=Building&limit=0&count=true').then((r) => {
      const n = Number(r.headers.get('NGSILD-Results-Count'));
      if (Number.isFinite(n) && n > 0) { setBuildings(n); setMany(n > 3000); }
    }, () => undefined);
  }, []);

  // ---- title, keys
  const paused = useSignal(live.paused);
  const link = useSignal(live.link);
  useEffect(() => {
    const name = selected ? (live.entities.get(selected) ? nameOf(live.entities.get(selected)!) : '') : '';
    document.title = [paused !== undefined ? t('state.paused') : link === 'lost' ? t('state.lost') : '', name || t('map.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 ');
  }, [selected, paused, link, here, c]);

  const openTable = useCallback((id: string) => { setLayersOpen(false); change({ table: id, sel: null }); }, [change]);
  const step = useRef<string | undefined>(undefined);
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
      const el = e.target as HTMLElement;
      const typing = el.matches('input:not([type="checkbox"]), select, textarea, [contenteditable]');
      if (e.key === 'Escape') {
        if (document.querySelector('dialog[open]')) return;
        const q = place.get().query;
        if (layersOpen) setLayersOpen(false);
        else if (q.get('sel')) select(undefined);
        else if (q.get('table')) change({ table: null });
        return;
      }
      if (!singleKeys.get() || typing || document.querySelector('dialog[open]')) return;
      const control = el.closest('button, a, input, [role="img"][tabindex]') !== null;
      const goTo = (d: 1 | -1): void => {
        const list = view?.inView() ?? [];
        if (!list.length) return;
        const i = list.findIndex((x) => x.id === step.current);
        const next = list[(i + d + list.length) % list.length] ?? list[0]!;
        step.current = next.id;
        const l = byType.get(next.type);
        const k = l && look(next, l, clock.now());
        view?.setSelected(next.id);
        answer([nameOf(next), k && k.text, k && stateWord(k)].filter(Boolean).join(', '));
      };
      switch (e.key) {
        case '/': document.getElementById('search')?.focus(); break;
        case 'l': case 'L': if (phone) setLayersOpen(true); requestAnimationFrame(() => document.querySelector<HTMLElement>('.layers input')?.focus()); break;
        case 't': case 'T': openTable(table?.id ?? ids.find(on) ?? 'buildings'); break;
        case 'n': case 'N': goTo(1); break;
        case 'p': case 'P': goTo(-1); break;
        case 'Enter': if (control || !step.current || el.closest('.panel')) return; select(step.current); break;
        case ' ': if (control) return; togglePause(); break;
        case '.': live.resume(); break;
        case '?': setKeysOpen(true); break;
        default: return;
      }
      e.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [view, layersOpen, table, on, phone, byType]);

  const chosen = (h: Hit): void => {
    if (h.kind === 'dataset' && h.href) { go(to(h.href)); return; }
    if (h.kind === 'entity' || h.id.includes(':')) { change({ sel: h.id, table: null }); return; }
    if (h.lon !== undefined && h.lat !== undefined) view?.reveal([h.lon, h.lat], coveredRef.current(), 15.8);
  };

  const panel = <LayerPanel layers={layers} on={on} toggle={toggle} current={table?.id} openTable={openTable} flat={flat} setFlat={setFlat} trees={trees} setTrees={(v) => change({ trees: v ? null : '0' }, 'replace')} lines={lines} setLines={(v) => change({ lines: v ? null : '0' }, 'replace')} buildings={buildings} />;
  const entity = selected && <EntityPanel id={selected} layerOf={layerOf} onClose={() => select(undefined)} onSelect={select} phone={phone} onPlace={(at, name) => { view?.setSelected(selected, at, name); view?.reveal(at, coveredRef.current(), 15); }} />;
  const inView = useCallback(() => (view ? new Set(view.inView().map((e) => e.id)) : undefined), [view]);
  const twin = table && !selected && <TablePanel layer={table} choices={tables} onLayer={(id) => change({ table: id }, 'replace')} selected={selected} onSelect={select} onClose={() => change({ table: null })} inView={inView} />;
  const right = selected ? 'with-entity' : table ? 'with-table' : '';

  return (
    <main id="main" class={`map-page ${right} ${phone ? 'phone' : ''}`} tabIndex={-1}>
      <h1 class="sr" tabIndex={-1}>{t('map.title')}, {c.name}</h1>
      <Search onChoose={chosen} end={phone ? <IconButton icon="layers" label={t('layers.open')} side="none" class="plain" onClick={() => setLayersOpen(!layersOpen)} /> : undefined} />
      {phone && <span class="search-mark"><Belfry size={26} /></span>}
      {!phone && panel}
      <div class="map" ref={box} />
      {broken !== 'no' && <div class="map-broken"><Note mark="attention" tone="attention" title={t(broken === 'webgl' ? 'map.noWebgl' : 'map.failed')}>{t('map.noWebglHelp')} {c.layers[0] && <button type="button" class="link" onClick={() => openTable(c.layers[0]!.id)}>{t('layers.asTable')}</button>}</Note></div>}
      {!phone && broken === 'no' && <MapControls view={view} flat={flat} setFlat={setFlat} whole={() => view?.fit(c.bounds, coveredRef.current())} />}
      <TimeState small={phone} />
      {phone && c.synthetic && <div class="phone-tag"><SyntheticTag /></div>}
      {!phone && <div class="corner"><IconButton icon="keyboard" label={t('map.keys')} side="none" class="plain small" keys="?" onClick={() => setKeysOpen(true)} /><Scale view={view} synthetic={c.synthetic} /></div>}
      {phone
        ? entity ? <Sheet key="entity" label={t('panel.attributes')}>{entity}</Sheet> : twin ? <Sheet key="table" start={2} label={t('layers.asTable')}>{twin}</Sheet> : layersOpen ? <Sheet key="layers" start={2} label={t('layers.title')}><div class="layers-phone">{panel}<IconButton icon="x" label={t('panel.close')} side="none" class="plain close-layers" onClick={() => setLayersOpen(false)} /></div></Sheet> : null
        : entity || twin}
      <KeysDialog open={keysOpen} close={() => setKeysOpen(false)} on={keysOn} setOn={(v) => { singleKeys.set(v); try { localStorage.setItem('beffroi.keys', v ? 'on' : 'off'); } catch { /* kept for this page only */ } }} />
    </main>
  );
}
