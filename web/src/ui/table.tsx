// The table twin of a layer: the equal alternative of the map. Live layers are
// read from the stream; the city model is paged from the API.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { request } from '../app/api';
import type { Layer } from '../app/city';
import { clock } from '../app/clock';
import { ageText, instant, number, reading } from '../app/format';
import { lang, locale, pick, t, type Key } from '../app/lang';
import { useSignal } from '../app/signal';
import { coordinates, rows as attributeRows } from '../live/attributes';
import { look, nameOf, num, shortId, str, type Look } from '../live/model';
import { live, type Entity } from '../live/stream';
import { csvCell } from '../app/examples';
import { Icon } from './icons';
import { MapMark, StatusMark } from './marks';
import { IconButton, Note, Skeleton, useAnswer, useFocusHome, useSecond } from './parts';
import { sampleImage } from './layers';
import { download } from './save';
import { attributeLabel, stateWord, why } from './text';

interface Column { id: string; head: string; of: (e: Entity, k: Look) => number | string | undefined; number: boolean; show?: (v: number | string) => string }

function columns(l: Layer): Column[] {
  const at = (id: string, key: Key | undefined, attr: string): Column => ({ id, head: key ? t(key) : attributeLabel(attr), number: true, of: (e) => num(e.p[attr]), show: (v) => reading(Number(v)) });
  switch (l.symbol) {
    case 'bike': return [at('bikes', 'table.bikes', l.primary || 'availableBikeNumber'), at('free', 'table.free', 'freeSlotNumber')];
    case 'parking': return [at('free', 'table.free', 'availableSpotNumber'), at('all', 'table.places', 'totalSpotNumber')];
    case 'vehicle': return [{ id: 'line', head: t('table.line'), number: false, of: (e) => str(e.p['line']) || str(e.p['lineId']) || undefined }, { ...at('speed', 'table.speed', 'speed'), show: (v) => number(Number(v), 0) }];
    case 'counter': return [at('value', undefined, l.primary || 'intensity'), { ...at('speed', 'table.speed', 'averageVehicleSpeed'), show: (v) => number(Number(v), 0) }];
    default: return [at('value', undefined, l.primary)];
  }
}

const urgency: Record<string, number> = { fail: 0, person: 1, attention: 2, unknown: 3, ok: 4, none: 5 };
const pageSize = 200;

interface Props { layer: Layer; choices: Layer[]; onLayer: (id: string) => void; selected: string | undefined; onSelect: (id: string) => void; onClose: () => void; inView: () => Set<string> | undefined }

const modelIds = new Set(['buildings', 'trees', 'lines']);

export function TablePanel(p: Props) {
  const title = useFocusHome<HTMLHeadingElement>('table');
  useSignal(lang);
  const name = pick(p.layer.names);
  const isModel = modelIds.has(p.layer.id);
  return (
    <aside class="panel table-panel" aria-label={name.text} data-density="compact">
      <div class="panel-head">
        <h2 class="sr" ref={title} tabIndex={-1}>{name.text}</h2>
        <div class="table-title">
          {isModel ? <Icon name={p.layer.id === 'trees' ? 'tree' : p.layer.id === 'lines' ? 'route' : 'box'} /> : <MapMark image={sampleImage[p.layer.symbol]} scale={p.layer.symbol === 'vehicle' ? 0.75 : 0.8} />}
          <select aria-label={t('table.choose')} value={p.layer.id} onChange={(e) => p.onLayer(e.currentTarget.value)}>{p.choices.map((l) => <option key={l.id} value={l.id}>{pick(l.names).text}</option>)}</select>
        </div>
        <div class="history-tools">{!isModel && <button type="button" class="quiet" onClick={() => save(p.layer)}><Icon name="download" />{t('panel.csv')}</button>}<IconButton icon="x" label={t('panel.close')} side="none" class="plain" onClick={p.onClose} /></div>
      </div>
      {isModel ? <ModelTable {...p} /> : <LiveTable {...p} />}
    </aside>
  );
}

/** What the stream holds of a layer, as a file: every attribute, the instant in full. */
function save(l: Layer): void {
  const list = [...live.entities.values()].filter((e) => e.type === l.type || e.type === l.typeIri);
  const keys = [...new Set(list.flatMap((e) => Object.keys(e.p)))];
  const text = [['id', 'lon', 'lat', 'observedAt', ...keys].map(csvCell).join(','), ...list.map((e) => [e.id, e.lon, e.lat, e.at, ...keys.map((k) => e.p[k])].map(csvCell).join(','))].join('\r\n') + '\r\n';
  download(text, `${l.id}.csv`);
}

/** Arrow-like movement with J and K along the row heads, wherever the focus is in the table. */
export function rowKeys(e: KeyboardEvent): void {
  if (e.key !== 'j' && e.key !== 'k' && e.key !== 'J' && e.key !== 'K') return;
  if ((e.target as Element).closest('input, select, textarea')) return;
  const body = (e.currentTarget as Element).querySelectorAll<HTMLElement>('tbody th button, tbody th a');
  if (!body.length) return;
  const list = [...body];
  const now = list.indexOf(document.activeElement as HTMLElement);
  list[Math.max(0, Math.min(list.length - 1, now + (e.key.toLowerCase() === 'j' ? 1 : -1)))]!.focus();
  e.preventDefault();
}

function LiveTable({ layer, selected, onSelect, inView }: Props) {
  const version = useSignal(live.version);
  useSecond();
  const [sort, setSort] = useState<{ by: string; down: boolean }>({ by: 'state', down: false });
  const [onlyView, setOnly] = useState(false);
  const [page, setPage] = useState(0);
  const cols = columns(layer);
  const now = clock.now();
  const here = onlyView ? inView() : undefined;
  const collator = useMemo(() => new Intl.Collator(locale(), { numeric: true }), [lang.get()]);
  const list = useMemo(() => {
    const out: { e: Entity; k: Look; name: string }[] = [];
    for (const e of live.entities.values()) if ((e.type === layer.type || e.type === layer.typeIri) && (!here || here.has(e.id))) out.push({ e, k: look(e, layer, now), name: nameOf(e) });
    const col = cols.find((c) => c.id === sort.by);
    const value = (x: typeof out[number]): number | string | undefined => sort.by === 'name' ? x.name : sort.by === 'state' ? urgency[x.k.mark] : sort.by === 'age' ? x.k.ageSeconds : col?.of(x.e, x.k);
    const s = sort.down ? -1 : 1;
    out.sort((a, b) => {
      const x = value(a);
      const y = value(b);
      if (x === undefined || y === undefined) return x === y ? collator.compare(a.name, b.name) : x === undefined ? 1 : -1;
      const d = typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(String(x), String(y));
      return d ? d * s : collator.compare(a.name, b.name);
    });
    return out;
  }, [version, layer.id, sort, onlyView, here ? [...here].join() : '', Math.floor(now / 5000)]);
  const pages = Math.max(1, Math.ceil(list.length / pageSize));
  const at = Math.min(page, pages - 1);
  const shown = list.slice(at * pageSize, (at + 1) * pageSize);
  const head = (id: string, text: string, n: boolean) => {
    const on = sort.by === id;
    return (
      <th scope="col" key={id} class={n ? 'n' : ''} aria-sort={on ? (sort.down ? 'descending' : 'ascending') : undefined}>
        <button type="button" class={on ? 'sort on' : 'sort'} onClick={() => setSort({ by: id, down: on ? !sort.down : false })}>{text}{on && <Icon name={sort.down ? 'arrowDown' : 'arrowUp'} size={16} />}</button>
      </th>
    );
  };
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t('layers.tableOf', { name: pick(layer.names).text })} onKeyDown={rowKeys}>
        {list.length === 0 ? <Note title={t('table.empty')}>{t('table.emptyHelp')}</Note> : (
          <table class="twin" aria-rowcount={pages > 1 ? list.length + 1 : undefined}>
            <caption class="sr">{t('table.caption', { name: pick(layer.names).text })}</caption>
            <thead><tr>{head('name', t(layer.symbol === 'bike' ? 'table.station' : 'table.name'), false)}{head('state', t('table.state'), false)}{cols.map((c) => head(c.id, c.head, c.number))}{head('age', t('table.age'), true)}</tr></thead>
            <tbody>
              {shown.map(({ e, k, name }, i) => (
                <tr key={e.id} class={`${e.id === selected ? 'selected' : ''} ${k.fresh === 'silent' ? 'old' : ''}`} aria-rowindex={pages > 1 ? at * pageSize + i + 2 : undefined}>
                  <th scope="row"><button type="button" class="row-link" aria-current={e.id === selected ? 'true' : undefined} onClick={() => onSelect(e.id)}>{name}</button></th>
                  <td class={`state state-${k.mark}`}><StatusMark mark={k.mark} /><span>{stateWord(k)}</span></td>
                  {cols.map((c) => { const v = c.of(e, k); return <td key={c.id} class={c.number ? 'n' : ''}>{v === undefined ? <Missing /> : c.show ? c.show(v) : v}</td>; })}
                  <td class="n age">{k.ageSeconds === undefined ? <Missing /> : <time dateTime={new Date(e.ms!).toISOString()} title={instant(e.ms!)}>{ageText(k.ageSeconds)}</time>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      <div class="panel-foot">
        <span>{pages > 1 ? <Pager page={at} pages={pages} set={setPage} /> : t('table.count', { n: list.length })}</span>
        <button type="button" class="link" aria-pressed={onlyView} onClick={() => { setOnly(!onlyView); setPage(0); }}>{t(onlyView ? 'table.whole' : 'table.onlyView')}</button>
      </div>
    </>
  );
}

const Missing = () => <><span aria-hidden="true">–</span><span class="sr">{t('word.missing')}</span></>;

function Pager({ page, pages, set }: { page: number; pages: number; set: (n: number) => void }) {
  return (
    <span class="pager">
      <button type="button" class="link" disabled={page === 0} onClick={() => set(page - 1)}>{t('table.previous')}</button>
      <span>{t('table.page', { n: page + 1, all: pages })}</span>
      <button type="button" class="link" disabled={page >= pages - 1} onClick={() => set(page + 1)}>{t('table.next')}</button>
    </span>
  );
}

interface ModelRow { id: string; name: string; a: string; b: string; at: [number, number] | undefined }

function ModelTable({ layer, selected, onSelect }: Props) {
  const [page, setPage] = useState(0);
  useEffect(() => setPage(0), [layer.id]);
  const size = 100;
  const got = useAnswer(async (signal) => {
    const r = await request(`/ngsi-ld/v1/entities?type=${encodeURIComponent(layer.typeIri)}&limit=${size}&offset=${page * size}&count=true`, { signal, headers: { accept: 'application/json' } });
    const list = await r.json() as Record<string, unknown>[];
    const total = Number(r.headers.get('NGSILD-Results-Count') ?? list.length);
    const rows = list.map((e): ModelRow => {
      const all = attributeRows(e);
      const of = (...names: string[]): string => { for (const n of names) { const x = all.find((y) => y.name === n); if (x) return x.text; } return ''; };
      const place = e['location'] as { value?: unknown } | undefined;
      return { id: String(e['id']), name: of('name', 'address') || shortId(String(e['id'])), a: layer.id === 'trees' ? of('species', 'commonName') : layer.id === 'lines' ? of('transportationType', 'kind') : of('kind', 'category', 'buildingType'), b: layer.id === 'lines' ? of('shortRouteCode', 'routeCode', 'line') : of('height'), at: coordinates(place?.value ?? place) };
    });
    return { rows, total };
  }, [layer.id, page, lang.get()]);
  if (got.error) return <div class="table-scroll"><Note mark="fail" tone="fail" title={why(got.error)}><button type="button" class="link" onClick={got.again}>{t('data.retry')}</button></Note></div>;
  if (!got.value) return <div class="table-scroll"><Skeleton label={t('panel.loading')} rows={12} /></div>;
  const { rows, total } = got.value;
  const pages = Math.max(1, Math.ceil(total / size));
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t('layers.tableOf', { name: pick(layer.names).text })} onKeyDown={rowKeys}>
        {rows.length === 0 ? <Note title={t('table.empty')} /> : (
          <table class="twin" aria-rowcount={total + 1}>
            <caption class="sr">{pick(layer.names).text}</caption>
            <thead><tr><th scope="col">{t('table.name')}</th><th scope="col">{layer.id === 'trees' ? t('table.species') : attributeLabel('kind')}</th><th scope="col" class="n">{layer.id === 'lines' ? t('table.line') : t('table.height')}</th></tr></thead>
            <tbody>{rows.map((r, i) => <tr key={r.id} class={r.id === selected ? 'selected' : ''} aria-rowindex={page * size + i + 2}><th scope="row"><button type="button" class="row-link" onClick={() => onSelect(r.id)}>{r.name}</button></th><td>{r.a || <Missing />}</td><td class="n">{r.b || <Missing />}</td></tr>)}</tbody>
          </table>
        )}
      </div>
      <div class="panel-foot"><Pager page={page} pages={pages} set={setPage} /><span>{t('table.count', { n: total })}</span></div>
    </>
  );
}
