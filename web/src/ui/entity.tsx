// One thing: the readings that matter, how old they are, the last 24 hours, and
// everything else that is known.
import { useEffect, useState } from 'preact/hooks';
import { get, Failure } from '../app/api';
import type { Layer } from '../app/city';
import { clock } from '../app/clock';
import { ageText, hourInZone, instant, reading } from '../app/format';
import { lang, pick, t, type Key } from '../app/lang';
import { ofLayer, titleOf, type Dataset } from '../app/datasets';
import { to } from '../app/route';
import { useSignal } from '../app/signal';
import { coordinates, rows, type Row } from '../live/attributes';
import { csv, lastDay, lastWeek, historyPath, type Series, type Usual } from '../live/history';
import { bikeCapacity, look, nameOf, num, shortId, str } from '../live/model';
import { live, type Entity } from '../live/stream';
import { Chart, SeriesTable } from './chart';
import { MapMark, StatusMark } from './marks';
import { download } from './save';
import { IconButton, Note, Segmented, Skeleton, useFocusHome, useSecond } from './parts';
import { attributeLabel, freshSentence, typeText, why } from './text';

const wanted: Record<Layer['symbol'], string[]> = {
  bike: ['availableBikeNumber', 'freeSlotNumber'], parking: ['availableSpotNumber', 'totalSpotNumber'], vehicle: ['delay', 'speed'],
  counter: ['intensity', 'averageVehicleSpeed'], air: ['no2', 'NO2', 'pm10', 'pm25', 'o3'], noise: ['LAeq', 'LAmax'], weather: ['temperature', 'relativeHumidity', 'windSpeed'], generic: ['temperature', 'relativeHumidity'],
};
const isCount = (symbol: Layer['symbol'] | undefined): boolean => symbol === 'bike' || symbol === 'parking' || symbol === 'counter';

interface Props { id: string; layerOf: (type: string) => Layer | undefined; onClose: () => void; onSelect: (id: string) => void; onPlace?: (at: [number, number], name: string) => void; phone: boolean }

export function EntityPanel({ id, layerOf, onClose, onSelect, onPlace, phone }: Props) {
  useSignal(lang);
  useSignal(live.version);
  useSecond();
  const e: Entity | undefined = live.entities.get(id);
  const [body, setBody] = useState<Record<string, unknown> | undefined>();
  const [error, setError] = useState<unknown>();
  const title = useFocusHome<HTMLHeadingElement>(id);

  // Read again when a new report has come in, a moment later and not more than every two seconds.
  const stamp = e?.at ?? '';
  useEffect(() => {
    const stop = new AbortController();
    const read = (): void => {
      get<Record<string, unknown>>(`/ngsi-ld/v1/entities/${encodeURIComponent(id)}?format=normalized&options=sysAttrs`, stop.signal)
        .then((b) => { setBody(b); setError(undefined); }, (err: unknown) => { if (!stop.signal.aborted) setError(err); });
    };
    const timer = setTimeout(read, body && body['id'] === id ? 600 : 0);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [id, stamp]);
  const entity = body && body['id'] === id ? body : undefined;

  const type = e?.type ?? (Array.isArray(entity?.['type']) ? String(entity['type'][0]) : String(entity?.['type'] ?? ''));
  const layer = layerOf(type);
  const all: Row[] = entity ? rows(entity) : e ? rows(e.p) : [];
  const spare: Layer = layer ?? { id: '', type, typeIri: type, names: {}, count: 0, symbol: 'generic', primary: all.find((r) => r.number !== undefined)?.name ?? '', period: 0 };
  const newest = Math.max(...all.map((r) => r.ms ?? -Infinity));
  const seen: Entity = e ?? { id, type, lon: 0, lat: 0, p: Object.fromEntries(all.map((r) => [r.name, r.number ?? r.text])), ...(Number.isFinite(newest) ? { ms: newest } : {}) };
  const k = look(seen, spare, clock.now());
  const isLive = layer !== undefined;

  const value = (name: string): number | undefined => num(e?.p[name]) ?? all.find((r) => r.name === name)?.number;
  const heads = [...new Set([...(spare.symbol === 'vehicle' ? [] : [spare.primary]), ...wanted[spare.symbol]])].filter((n) => n && value(n) !== undefined).slice(0, 2);
  const primary = heads[0] ?? (spare.symbol === 'vehicle' ? '' : spare.primary);
  const unitOf = (n: string): string => all.find((r) => r.name === n)?.unit ?? '';
  const [set, setSet] = useState<Dataset | undefined>();
  useEffect(() => {
    setSet(undefined);
    if (layer) void ofLayer(layer.id).then(setSet);
  }, [layer?.id]);
  const name = (e && nameOf(e) !== shortId(id) ? nameOf(e) : '') || all.find((r) => r.name === 'name')?.text || shortId(id);
  const line = layer?.symbol === 'vehicle' ? str(e?.p['line']) : '';
  const place = all.find((r) => r.name === 'quarter' || r.name === 'district')?.text ?? all.find((r) => r.name === 'address')?.text;
  const source = all.find((r) => r.name === 'dataProvider') ?? all.find((r) => r.name === 'source');
  const hidden = new Set([...heads, ...(line ? ['line'] : []), 'name', 'synthetic', ...(place ? ['district', 'quarter'] : []), 'dataProvider']);
  const rest = all.filter((r) => !hidden.has(r.name));
  const [word, sentence] = freshSentence(k, spare.period, value(primary), seen.ms);
  const gone = !e && error instanceof Failure && error.problem.status === 404;
  const where = entity ? coordinates((entity['location'] as { value?: unknown } | undefined)?.value) : undefined;
  const at: [number, number] | undefined = e ? [e.lon, e.lat] : where;
  useEffect(() => { if (at && !e) onPlace?.(at, name); }, [id, at?.[0], at?.[1], name]);

  const capacity = spare.symbol === 'bike' ? bikeCapacity(seen.p) ?? ((value('availableBikeNumber') ?? 0) + (value('freeSlotNumber') ?? 0)) : undefined;
  const foot = !gone && (
    <p class="panel-foot">
      <span>{source ? source.text : set ? <a href={to(set.href || `/id/dataset/${set.slug}`)}>{titleOf(set).text}</a> : isLive ? t('panel.noSource') : ''}</span>
      <span class="links"><a href={`/ngsi-ld/v1/entities/${encodeURIComponent(id)}`}>{t('panel.api')}</a>{isLive && primary && <> · <a href={historyPath(id, clock.now() - 24 * 3600_000)}>{t('panel.history')}</a></>}</span>
    </p>
  );
  return (
    <aside class="panel entity" aria-label={t('panel.entity', { name })}>
      <div class="panel-head">
        <p class="panel-type">{isLive ? <MapMark image={k.image} scale={k.image.startsWith('vehicle') ? 0.75 : 0.7} /> : null}<span>{layer ? layer.symbol === 'generic' ? pick(layer.names).text : t(`type.${layer.symbol}` as Key) : typeText(type)}</span></p>
        <IconButton icon="x" label={t('panel.close')} side="none" class="plain" onClick={onClose} />
      </div>
      <div class="panel-scroll">
        <h2 ref={title} tabIndex={-1}>{line ? `${t('panel.line')} ${line}` : name}</h2>
        <p class="panel-meta">{line && name !== shortId(id) && <>{name} · </>}{place && <>{place} · </>}<code>{shortId(id)}</code></p>
        {gone ? <Note title={t('panel.gone')}>{t('panel.goneHelp')}</Note> : (
          <>
            {!entity && !e && !error && <Skeleton label={t('panel.loading')} rows={5} />}
            {heads.length > 0 && (
              <dl class={`readings ${k.fresh === 'silent' ? 'old' : ''}`}>
                {heads.map((n) => <div key={n}><dt>{attributeLabel(n)}</dt><dd>{reading(value(n)!)}{unitOf(n) && <span class="unit"> {unitOf(n)}</span>}</dd></div>)}
              </dl>
            )}
            {capacity !== undefined && capacity > 0 && capacity <= 40 && k.fresh !== 'never' && (
              <p class="slots"><span class="sr">{t('panel.slots', { n: value('availableBikeNumber') ?? 0, all: capacity })}</span>
                {Array.from({ length: capacity }, (_, i) => <span key={i} aria-hidden="true" class={i < (value('availableBikeNumber') ?? 0) ? `slot full ${k.level}` : 'slot'} />)}</p>
            )}
            {isLive && <p class={`freshness fresh-${k.fresh}`}><StatusMark mark={k.fresh === 'live' ? 'ok' : k.fresh === 'late' ? 'attention' : k.fresh === 'silent' ? 'none' : 'unknown'} /><span><strong>{word}</strong> {seen.ms === undefined ? sentence : <time dateTime={new Date(seen.ms).toISOString()} title={instant(seen.ms)}>{sentence}</time>}</span></p>}
            {primary && value(primary) !== undefined && isLive && <History id={id} attr={primary} period={spare.period} unit={unitOf(primary)} stepped={isCount(spare.symbol)} current={value(primary)} stamp={seen.ms} phone={phone} />}
            {error !== undefined && !gone && <Note mark="fail" tone="fail" title={why(error)} />}
            {rest.length > 0 && <Attributes rows={rest} onSelect={onSelect} />}
          </>
        )}
        {phone && foot}
      </div>
      {!phone && foot}
    </aside>
  );
}

function Attributes({ rows: list, onSelect }: { rows: Row[]; onSelect: (id: string) => void }) {
  return (
    <table class="attributes">
      <caption class="sr">{t('panel.attributes')}</caption>
      <thead><tr><th scope="col">{t('panel.attribute')}</th><th scope="col" class="n">{t('panel.value')}</th><th scope="col"><span class="sr">{t('set.unit')}</span></th><th scope="col" class="n">{t('panel.age')}</th></tr></thead>
      <tbody>
        {list.map((r, i) => (
          <tr key={`${r.name}${r.dataset ?? i}`}>
            <th scope="row">{attributeLabel(r.name)}{r.dataset && <span class="quiet-text"> {r.dataset}</span>}</th>
            {r.number !== undefined
              ? <><td class="n strong">{r.text}</td><td class="unit">{r.unit}</td></>
              : <td colSpan={2} class="words" lang={r.textLang}>{r.link ? <button type="button" class="link" onClick={() => onSelect(r.link!)}>{r.text}</button> : r.text}</td>}
            <td class="n age">{r.ms === undefined ? <><span aria-hidden="true">–</span><span class="sr">{t('word.missing')}</span></> : <time dateTime={new Date(r.ms).toISOString()} title={instant(r.ms)}>{ageText((clock.now() - r.ms) / 1000)}</time>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function History({ id, attr, period, unit, stepped, current, stamp, phone }: { id: string; attr: string; period: number; unit: string; stepped: boolean; current: number | undefined; stamp: number | undefined; phone: boolean }) {
  const [as, setAs] = useState<'chart' | 'table'>('chart');
  const [got, setGot] = useState<{ series: Series; from: number; to: number } | undefined>();
  const [usual, setUsual] = useState<Usual | undefined>();
  const [error, setError] = useState<unknown>();
  const [turn, again] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const now = clock.now();
    setGot(undefined);
    setError(undefined);
    lastDay(id, attr, period, now, stop.signal).then((series) => setGot({ series, from: now - 24 * 3600_000, to: now }), (e: unknown) => { if (!stop.signal.aborted) setError(e); });
    setUsual(undefined);
    // The band is an aid: without an answer the line stands alone.
    lastWeek(id, attr, now, hourInZone, stop.signal).then(setUsual, () => undefined);
    return () => stop.abort();
  }, [id, attr, turn]);
  // New readings are added as they come, without asking again.
  useEffect(() => {
    if (!got || stamp === undefined || current === undefined) return;
    const last = got.series.times[got.series.times.length - 1];
    if (last !== undefined && stamp <= last) return;
    const now = Math.max(clock.now(), stamp);
    setGot({ series: { ...got.series, times: [...got.series.times, stamp], values: [...got.series.values, current] }, from: now - 24 * 3600_000, to: now });
  }, [stamp, current]);
  const name = attributeLabel(attr);
  const empty = got && got.series.values.every((v) => v === null);
  const save = (): void => {
    if (!got) return;
    download(csv(attr, got.series), `${shortId(id)}-${attr}.csv`);
  };
  return (
    <section class="history" aria-labelledby="history-title">
      <div class="history-head">
        <h3 id="history-title">{t('chart.title', { name })}</h3>
        <div class="history-tools">
          {got && !empty && <button type="button" class="quiet small" onClick={save}>{t('panel.csv')}<span class="sr"> {t('chart.title', { name })}</span></button>}
          {(!phone || got) && <Segmented label={t('chart.view')} choices={[{ value: 'chart', text: t('chart.chart') }, { value: 'table', text: t('chart.table') }]} value={as} onChange={setAs} />}
        </div>
      </div>
      {error !== undefined ? <Note mark="fail" tone="fail" title={t('chart.failed', { why: why(error) })}><button type="button" class="link" onClick={() => again((n) => n + 1)}>{t('data.retry')}</button></Note>
        : !got ? <div class="chart-hold"><Skeleton label={t('panel.loading')} rows={4} /></div>
        : empty ? <Note title={t('chart.empty')}>{t('chart.emptyHelp')}</Note>
        : as === 'chart' ? <Chart series={got.series} usual={usual} name={name} unit={unit} stepped={stepped} from={got.from} to={got.to} />
        : <SeriesTable series={got.series} name={name} unit={unit} />}
    </section>
  );
}
