// The layer list is the legend: switch, symbol, name, count, age; the legend
// opens under the row, the table is one click away.
import { useState } from 'preact/hooks';
import type { Layer } from '../app/city';
import { clock } from '../app/clock';
import { ageText, number } from '../app/format';
import { lang, pick, t, type Key } from '../app/lang';
import { useSignal } from '../app/signal';
import { live } from '../live/stream';
import { bandLimits, look } from '../live/model';
import { unitSymbol } from '../app/format';
import { Icon } from './icons';
import { MapMark } from './marks';
import { useSecond } from './parts';
import { attributeLabel } from './text';

export const sampleImage: Record<Layer['symbol'], string> = { bike: 'bike-many-5', vehicle: 'vehicle-0', air: 'air-2', parking: 'park-5', counter: 'counter', noise: 'noise', weather: 'weather', generic: 'generic' };

/** Numbers per class of each layer and the newest reading's age. */
function tally(layers: Layer[]): Map<string, { total: number; age: number | undefined; levels: Map<string, number> }> {
  const out = new Map<string, { total: number; age: number | undefined; levels: Map<string, number> }>();
  const byType = new Map<string, Layer>();
  for (const l of layers) { byType.set(l.type, l); byType.set(l.typeIri, l); out.set(l.id, { total: 0, age: undefined, levels: new Map() }); }
  const now = clock.now();
  for (const e of live.entities.values()) {
    const l = byType.get(e.type);
    if (!l) continue;
    const k = look(e, l, now);
    const one = out.get(l.id)!;
    one.total++;
    const level = k.level === '' ? 'live' : k.level;
    one.levels.set(level, (one.levels.get(level) ?? 0) + 1);
    if (k.ageSeconds !== undefined && (one.age === undefined || k.ageSeconds < one.age)) one.age = k.ageSeconds;
  }
  return out;
}

function legend(l: Layer): { level: string; image: string; text: string }[] {
  switch (l.symbol) {
    case 'bike': return [['many', 'bike-many-8', 'legend.many'], ['closed', 'bike-closed-0', 'legend.closed'], ['some', 'bike-some-2', 'legend.some'], ['stale', 'bike-stale-0', 'legend.stale'], ['none', 'bike-none-0', 'legend.none']].map(([level, image, k]) => ({ level: level!, image: image!, text: t(k as Key) }));
    case 'parking': return [['many', 'park-3', 'legend.free'], ['closed', 'park-closed', 'legend.closed'], ['some', 'park-7', 'legend.few'], ['stale', 'park-stale', 'legend.stale'], ['none', 'park-8', 'legend.full']].map(([level, image, k]) => ({ level: level!, image: image!, text: t(k as Key) }));
    case 'air': {
      const b = bandLimits(l.primary) ?? [20, 40, 60, 80];
      return [...[0, 1, 2, 3, 4].map((i) => ({ level: String(i), image: `air-${i}`, text: i === 0 ? t('legend.below', { a: b[0] }) : i === 4 ? t('legend.from', { a: b[3] }) : t('legend.between', { a: b[i - 1]!, b: b[i]! }) })), { level: 'stale', image: 'air-stale', text: t('legend.stale') }];
    }
    case 'counter': return [{ level: 'live', image: 'counter', text: t('legend.live') }, { level: 'stale', image: 'counter-stale', text: t('legend.stale') }];
    case 'noise': case 'weather': case 'generic': return [{ level: 'live', image: l.symbol, text: t('legend.live') }, { level: 'stale', image: `${l.symbol}-stale`, text: t('legend.stale') }];
    case 'vehicle': return [{ level: 'line', image: 'vehicle-0', text: t('legend.line') }, { level: 'stale', image: 'vehicle-stale', text: t('legend.stale') }];
  }
}

/** What the number in a mark is, where the name does not say it. */
const shows = (l: Layer): string => (l.symbol === 'air' ? attributeLabel(l.primary) : l.symbol === 'noise' ? unitSymbol('2N') : l.symbol === 'weather' && l.primary === 'temperature' ? unitSymbol('CEL') : '');

const mobility = new Set(['bike', 'vehicle', 'parking', 'counter']);

interface Props {
  layers: Layer[]; on: (id: string) => boolean; toggle: (id: string) => void; current: string | undefined; openTable: (id: string) => void;
  flat: boolean; setFlat: (v: boolean) => void; trees: boolean; setTrees: (v: boolean) => void; lines: boolean; setLines: (v: boolean) => void; buildings: number | undefined;
}

export function LayerPanel({ layers, on, toggle, current, openTable, flat, setFlat, trees, setTrees, lines, setLines, buildings }: Props) {
  useSignal(lang);
  useSecond();
  const [open, setOpen] = useState<Set<string>>(() => new Set(layers.filter((l) => l.symbol === 'bike').slice(0, 1).map((l) => l.id)));
  const count = tally(layers);
  const rowsOf = (list: Layer[]) => list.map((l) => {
    const name = pick(l.names);
    const n = count.get(l.id)!;
    const shown = open.has(l.id);
    const total = Math.max(l.count ?? 0, n.total);
    return (
      <li key={l.id} class={on(l.id) ? 'layer' : 'layer off'}>
        <input type="checkbox" id={`layer-${l.id}`} checked={on(l.id)} onChange={() => toggle(l.id)} aria-label={name.text} />
        <MapMark image={sampleImage[l.symbol]} scale={l.symbol === 'vehicle' ? 0.72 : l.symbol === 'counter' || l.symbol === 'parking' ? 0.8 : 0.66} />
        <button type="button" class="layer-name" aria-expanded={shown} aria-label={t('layers.legend', { name: [name.text, shows(l)].filter(Boolean).join(' ') })} onClick={() => setOpen((s) => { const x = new Set(s); if (!x.delete(l.id)) x.add(l.id); return x; })}><span lang={name.lang}>{name.text}</span>{shows(l) && <small> {shows(l)}</small>}</button>
        <span class="layer-count">{number(total)}</span>
        <span class="layer-age" title={n.age === undefined ? undefined : t('layers.age', { age: ageText(n.age) })}>{n.age === undefined ? '' : ageText(n.age)}</span>
        {shown && (
          <div class="legend-box">
            {l.symbol === 'air' && <p class="legend-unit">{attributeLabel(l.primary)}, {unitSymbol('GQ')}</p>}
            <ul class="legend">
              {legend(l).map((x) => <li key={x.level}><MapMark image={x.image} scale={x.image.startsWith('bike') || x.image.startsWith('air') || /^(generic|noise|weather)/.test(x.image) ? 0.62 : 0.72} /><span>{x.text}</span><span class="n">{x.level === 'line' ? '' : number(n.levels.get(x.level) ?? 0)}</span></li>)}
            </ul>
            <button type="button" class="quiet small" onClick={() => openTable(l.id)}><Icon name="table" size={16} />{t('layers.asTable')}<span class="sr"> {name.text}</span></button>
          </div>
        )}
      </li>
    );
  });
  const here = layers.filter((l) => mobility.has(l.symbol));
  const there = layers.filter((l) => !mobility.has(l.symbol) && l.symbol !== 'generic');
  const others = layers.filter((l) => l.symbol === 'generic');
  const first = current ?? layers.find((l) => on(l.id))?.id ?? layers[0]?.id;
  return (
    <section class="layers" aria-labelledby="layers-title">
      <div class="layers-head">
        <h2 id="layers-title" tabIndex={-1}>{t('layers.title')}</h2>
        {first && <button type="button" class="quiet" aria-keyshortcuts="t" onClick={() => openTable(first)}><Icon name="table" />{t('layers.asTable')}</button>}
      </div>
      <div class="layers-scroll">
        {layers.length === 0 && <p class="group-note">{t('layers.none')}</p>}
        {here.length > 0 && <><h3>{t('layers.mobility')}</h3><ul>{rowsOf(here)}</ul></>}
        {there.length > 0 && <><h3>{t('layers.environment')}</h3><ul>{rowsOf(there)}</ul></>}
        {others.length > 0 && <><h3>{t('layers.others')}</h3><ul>{rowsOf(others)}</ul></>}
        <h3>{t('layers.model')}</h3>
        <ul>
          <li class={lines ? 'layer' : 'layer off'}>
            <input type="checkbox" id="layer-lines" checked={lines} onChange={() => setLines(!lines)} aria-label={t('layers.lines')} /><span class="layer-icon"><Icon name="route" size={20} /></span>
            <button type="button" class="layer-name" onClick={() => openTable('lines')} aria-label={t('layers.tableOf', { name: t('layers.lines') })}><span>{t('layers.lines')}</span></button>
            <span class="layer-count" /><span class="layer-age" />
          </li>
          <li class={flat ? 'layer off' : 'layer'}>
            <input type="checkbox" id="layer-3d" checked={!flat} onChange={() => setFlat(!flat)} aria-label={t('layers.buildings')} /><span class="layer-icon"><Icon name="box" size={20} /></span>
            <button type="button" class="layer-name" onClick={() => openTable('buildings')} aria-label={t('layers.tableOf', { name: t('layers.buildings') })}><span>{t('layers.buildings')}</span></button>
            <span class="layer-count">{buildings === undefined ? '' : number(buildings)}</span><span class="layer-age" />
          </li>
          <li class={trees && !flat ? 'layer' : 'layer off'}>
            <input type="checkbox" id="layer-trees" checked={trees} disabled={flat} onChange={() => setTrees(!trees)} aria-label={t('layers.trees')} /><span class="layer-icon"><Icon name="tree" size={20} /></span>
            <button type="button" class="layer-name" onClick={() => openTable('trees')} aria-label={t('layers.tableOf', { name: t('layers.trees') })}><span>{t('layers.trees')}</span></button>
            <span class="layer-count" /><span class="layer-age" />
          </li>
        </ul>
      </div>
    </section>
  );
}
