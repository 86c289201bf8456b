// One dataset: preview, ways in for programs, what it holds, and what one may do with it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, get } from '../app/api';
import { city, type Layer } from '../app/city';
import { clock } from '../app/clock';
import { frequencyText, licenceText, one, themeText, titleOf, type Dataset } from '../app/datasets';
import { ageText, fullDate, number, reading, timeSeconds, unitSymbol } from '../app/format';
import { lang, pick, t, type Names } from '../app/lang';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { theme } from '../app/theme';
import { live } from '../live/stream';
import type { View } from '../map/map';
import { Icon } from '../ui/icons';
import { Note, Segmented, Skeleton, SyntheticTag, useAnswer, usePhone, useSecond } from '../ui/parts';
import { attributeLabel, valueText, why } from '../ui/text';
import { Service } from '../ui/service';
import { curating, Days, Downloads, Past, Programs, Quality } from './setparts';
import type { Way } from '../app/examples';
import { Freshness } from './catalogue';

export function DatasetPage() {
  const p = useSignal(place);
  const here = useSignal(lang);
  const c = useSignal(city)!;
  const slug = decodeURIComponent(p.path.replace('/id/dataset/', ''));
  const got = useAnswer((s) => one(slug, s), [slug, here]);
  const d = got.value;
  useEffect(() => {
    document.title = [d ? titleOf(d).text : t('data.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 ');
  }, [d, here, c]);
  if (got.error) {
    const gone = got.error instanceof Failure && (got.error.problem.status === 404 || got.error.problem.status === 410);
    return <main id="main" class="page" tabIndex={-1}><h1 tabIndex={-1}>{gone ? t('set.gone') : t('data.title')}</h1>{gone ? <p class="lead">{t('set.goneHelp')}</p> : <Note mark="fail" tone="fail" title={t('data.failed', { why: why(got.error) })}><button type="button" class="link" onClick={got.again}>{t('data.retry')}</button></Note>}<p><a href={to('/catalogue')}>{t('set.all')}</a></p></main>;
  }
  if (!d) return <main id="main" class="page" tabIndex={-1}><h1 tabIndex={-1} class="sr">{t('data.title')}</h1><div class="card tall"><Skeleton label={t('panel.loading')} rows={10} /></div></main>;
  return <Dataset d={d} />;
}

function links(d: Dataset): { geojson?: string; csv?: string } {
  const of = (f: string): string | undefined => d.formats.some((x) => x.toLowerCase() === f) ? `/datasets/${d.slug}.${f}` : undefined;
  return { geojson: of('geojson'), csv: of('csv') };
}

function Dataset({ d }: { d: Dataset }) {
  const c = useSignal(city)!;
  const phone = usePhone();
  useSecond();
  const title = titleOf(d);
  const text = pick(d.description);
  const theme = d.themes[0];
  const file = links(d);
  const first = d.distributions?.[0]?.href ?? file.geojson ?? file.csv;
  const layer = c.layers.find((l) => l.id === d.layer);
  const [way, setWay] = useState<Way>('ngsi');
  const subscribe = (): void => { setWay('subscribe'); requestAnimationFrame(() => { const h = document.getElementById('programs'); h?.scrollIntoView({ block: 'start' }); h?.focus(); }); };
  const actions = (
    <div class="actions">
      {!d.access && (layer || d.bbox) && <a class="button" href={layer ? to('/map', { layers: layer.id, table: layer.id }) : to('/map', d.slug === 'buildings' || d.slug === 'trees' ? { table: d.slug } : {})}><Icon name="map" />{t('set.open')}</a>}
      {first && <a class="button primary" href={first} download><Icon name="download" />{t('set.download')}</a>}
    </div>
  );
  return (
    <main id="main" class="page dataset" tabIndex={-1}>
      <nav class="crumbs" aria-label={t('set.crumbs')}>
        <ol><li><a href={to('/catalogue')}>{t('data.title')}</a></li>{theme && <li><a href={to('/catalogue', { theme_is: theme.split(/[/#]/).pop()! })}>{themeText(theme)}</a></li>}<li aria-current="page" lang={title.lang}>{title.text}</li></ol>
      </nav>
      <div class="title-row"><h1 tabIndex={-1} lang={title.lang}>{title.text}</h1>{!phone && actions}</div>
      <p class="lead" lang={text.lang}>{text.text}</p>
      <p class="chips"><span class="chip-m soft"><Freshness d={d} /></span><span class="chip-m">{licenceText(d)}</span><span class="chip-m">{d.publisher}</span>{(d.synthetic ?? c.synthetic) && <SyntheticTag />}</p>
      <div class="columns">
        <div class="main-column">
          {d.series?.map((x) => <p class="in-series" key={x.slug}><span>{t('ser.part')} <a href={to(x.href)} lang={pick(x.title).lang}>{pick(x.title).text}</a></span>{x.previous?.href && <span>{t('ser.previous')} <a rel="prev" href={to(x.previous.href)} lang={pick(x.previous.title).lang}>{pick(x.previous.title).text}</a></span>}{x.next?.href && <span>{t('ser.next')} <a rel="next" href={to(x.next.href)} lang={pick(x.next.title).lang}>{pick(x.next.title).text}</a></span>}</p>)}
          {d.access && <Note mark="person" title={t('set.closed')}>{t('set.closedHelp', { why: pick(d.reason).text })}</Note>}
          {!d.access && <Preview d={d} />}
          {phone && <Downloads d={d} subscribe={subscribe} />}
          <Days d={d} />
          <Programs d={d} way={way} setWay={setWay} />
          <Service slug={d.slug} />
          <Fields d={d} />
        </div>
        <div class="aside-column">
          {!phone && <Downloads d={d} subscribe={subscribe} />}
          <Terms d={d} />
          <Quality slug={d.slug} />
          <Past slug={d.slug} />
        </div>
      </div>
      {phone && <div class="fixed-actions">{actions}</div>}
    </main>
  );
}

interface Shown { key: string; label: string; number: boolean; unit: string }

function shownFields(d: Dataset): Shown[] {
  const rows = d.sample ?? [];
  const known = new Map((d.fields ?? []).map((f) => [f.name, f]));
  const keys = [...new Set([...(d.fields ?? []).map((f) => f.name), ...rows.flatMap((r) => Object.keys(r))])].filter((k) => !['id', 'type', 'location', 'lon', 'lat', 'observedAt', 'address', 'name', 'synthetic', 'dataProvider', 'description', '@context'].includes(k));
  const good = keys.filter((k) => rows.some((r) => typeof r[k] === 'number' || typeof r[k] === 'boolean' || (typeof r[k] === 'string' && !/^urn:/.test(r[k]))));
  return good.slice(0, 4).map((k) => ({ key: k, label: attributeLabel(k), number: rows.some((r) => typeof r[k] === 'number'), unit: unitSymbol(known.get(k)?.unit) }));
}

function cell(v: unknown): string {
  if (v === undefined || v === null) return '\u2013';
  if (typeof v === 'number') return reading(v);
  if (typeof v === 'boolean') return t(v ? 'word.yes' : 'word.no');
  if (typeof v === 'string') return valueText(v);
  if (Array.isArray(v)) return v.map(cell).join(', ');
  const o = v as Record<string, unknown>;
  if (['fr', 'nl', 'en'].some((l) => typeof o[l] === 'string')) return pick(o as Names).text;
  if (typeof o['streetAddress'] === 'string') return o['streetAddress'];
  return JSON.stringify(v);
}

function Preview({ d }: { d: Dataset }) {
  const c = useSignal(city)!;
  const place = c.layers.some((l) => l.id === d.layer) || d.bbox !== undefined;
  const [as, setAs] = useState<'map' | 'table'>(place ? 'map' : 'table');
  const rows = (d.sample ?? []).slice(0, as === 'map' ? 4 : 10);
  const fields = shownFields(d);
  const time = rows.some((r) => typeof r['observedAt'] === 'string');
  return (
    <section class="card preview" aria-labelledby="preview">
      <div class="card-head"><h2 id="preview">{t('set.preview')}</h2>{place && <Segmented label={t('chart.view')} choices={[{ value: 'map', text: t('set.map') }, { value: 'table', text: t('set.table') }]} value={as} onChange={setAs} />}</div>
      {as === 'map' && place && <PreviewMap d={d} />}
      {rows.length === 0 ? <p class="card-text">{t('set.noSample')}</p> : (
        <div class="sample-scroll" tabIndex={0} role="group" aria-label={t('set.rows', { n: rows.length })}>
        <table class="sample">
          <caption class="sr">{t('set.rows', { n: rows.length })}</caption>
          <thead><tr><th scope="col">{t('table.name')}</th>{fields.map((f) => <th scope="col" key={f.key} class={f.number ? 'n' : ''}>{f.label}{f.unit && `, ${f.unit}`}</th>)}{time && <th scope="col" class="n">{t('set.readAt')}</th>}</tr></thead>
          <tbody>
            {rows.map((r, i) => (
              <tr key={i}><th scope="row">{cell(r['name'] ?? String(r['id'] ?? '').split(':').pop())}</th>{fields.map((f) => <td key={f.key} class={f.number ? 'n' : ''} data-head={f.label}>{cell(r[f.key])}</td>)}
                {time && <td class="n age" data-head={t('set.readAt')}>{typeof r['observedAt'] === 'string' ? <time dateTime={r['observedAt']}>{timeSeconds(Date.parse(r['observedAt']))}</time> : '\u2013'}</td>}</tr>
            ))}
          </tbody>
        </table>
        </div>
      )}
    </section>
  );
}

function PreviewMap({ d }: { d: Dataset }) {
  const c = useSignal(city)!;
  const here = useSignal(lang);
  const shade = useSignal(theme);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View | undefined>();
  const [more, setMore] = useState(0);
  const layer = c.layers.find((l) => l.id === d.layer);
  useEffect(() => {
    let gone = false;
    let made: View | undefined;
    const stop = new AbortController();
    if (layer) live.open(`/live?types=${encodeURIComponent(layer.type)}`);
    void import('../map/map').then(async ({ makeMap }) => {
      // What no layer shows is asked for once, unless the ground of the map has it.
      const where = layer ? undefined : await get<{ points: { id: string; lon: number; lat: number; name?: string }[]; more: boolean }>(`/api/datasets/${encodeURIComponent(d.slug)}/points?lang=${lang.get()}`, stop.signal).catch(() => undefined);
      if (gone || !box.current) return;
      const fixed = where?.points.length ? where.points.map((x) => ({ id: x.id, type: 'point', lon: x.lon, lat: x.lat, ms: clock.now(), p: { name: x.name } })) : undefined;
      if (where?.more) setMore(where.points.length);
      const points: Layer = { id: 'points', type: 'point', typeIri: 'point', names: d.title, count: fixed?.length ?? 0, symbol: 'generic', primary: '', period: 0 };
      made = await makeMap({ container: box.current, look: { theme: theme.get(), lang: lang.get(), flat: true, trees: false, lines: false }, layerOf: (type) => (fixed ? points : layer && (type === layer.type || type === layer.typeIri) ? layer : undefined), live: layer ? live : undefined, fixed, label: titleOf(d).text, center: c.center, zoom: layer ? 13.2 : 14.2, pitch: 0, bearing: 0, hash: false, interactive: false });
      const shown = made?.gl;
      const near = (): void => { if (shown?.getLayer('generic')) shown.setLayerZoomRange('generic', 6, 24); };
      if (fixed) { shown?.on('style.load', near); near(); }
      if (gone) made?.destroy();
      else { if (fixed && d.bbox && made) made.fit(d.bbox, { left: 24, right: 24, top: 24, bottom: 24 }); setView(made); }
    }).catch(() => undefined);
    return () => { gone = true; stop.abort(); live.close(); made?.destroy(); };
  }, [d.slug]);
  useEffect(() => { view?.setLook({ theme: shade, lang: here, flat: true, trees: false, lines: false }); }, [view, shade, here]);
  return <><div class="preview-map" ref={box} />{more > 0 && <p class="card-text quiet-text">{t('set.morePoints', { n: more })}</p>}</>;
}

function Terms({ d }: { d: Dataset }) {
  const c = useSignal(city)!;
  const here = useSignal(lang);
  const contact = typeof d.contact === 'string' ? { name: d.contact } : d.contact;
  const mail = contact?.email?.replace(/^mailto:/, '') ?? (contact?.name?.includes('@') ? contact.name.replace(/^mailto:/, '') : undefined);
  const pairs: [string, preact.ComponentChildren][] = [
    [t('set.licence'), d.license?.url ? <a href={d.license.url} rel="license noreferrer">{licenceText(d)}</a> : licenceText(d)],
    [t('set.publisher'), d.publisher],
  ];
  if (contact) pairs.push([t('set.contact'), mail ? <a href={`mailto:${mail}`}>{contact.name && !contact.name.includes('@') ? contact.name : mail}</a> : contact.name ?? '']);
  if (d.themes.length) pairs.push([t('set.theme'), d.themes.map(themeText).join(', ')]);
  pairs.push([t('set.frequency'), frequencyText(d.frequency)]);
  if (d.freshness?.period) pairs.push([t('set.freshness'), t('set.period', { period: ageText(d.freshness.period) })]);
  if (d.count !== undefined) pairs.push([t('set.count'), number(d.count)]);
  if (d.modified) pairs.push([t('set.modified'), fullDate(Date.parse(d.modified))]);
  if (d.temporal) pairs.push([t('set.period.covered'), t('set.covered', { from: fullDate(Date.parse(d.temporal[0])), until: fullDate(Date.parse(d.temporal[1])) })]);
  if (d.conformsTo?.length) pairs.push([t('set.conformsTo'), d.conformsTo.map((x) => <a key={x} href={x} rel="noreferrer">{x}</a>)]);
  if (d.highValue?.length) pairs.push([t('set.highValue'), <a href="http://data.europa.eu/eli/reg_impl/2023/138/oj" rel="noreferrer">{t('set.highValueIs')}</a>]);
  const words = d.keywords?.[here] ?? [];
  if (words.length) pairs.push([t('set.keywords'), words.join(', ')]);
  if (curating(c.account?.roles)) pairs.push([t('law.short'), <a href={to(`/inventory/${d.slug}`)}>{t('set.law.open')}</a>]);
  if (d.bbox) pairs.push([t('set.extent'), `${number(d.bbox[1], 3)} \u2013 ${number(d.bbox[3], 3)} N, ${number(d.bbox[0], 3)} \u2013 ${number(d.bbox[2], 3)} E`]);
  return <section class="card" aria-labelledby="about"><h2 id="about">{t('set.about')}</h2><dl class="pairs stacked">{pairs.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl></section>;
}

function Fields({ d }: { d: Dataset }) {
  if (!d.fields?.length) return null;
  return (
    <section class="card" aria-labelledby="fields">
      <h2 id="fields">{t('set.fields')}</h2>
      <table class="sample fields"><caption class="sr">{t('set.fields')}</caption>
        <thead><tr><th scope="col">{t('set.field')}</th><th scope="col">{t('panel.attribute')}</th><th scope="col">{t('set.fieldType')}</th><th scope="col">{t('set.unit')}</th></tr></thead>
        <tbody>{d.fields.map((f) => <tr key={f.name}><th scope="row"><code>{f.name}</code></th><td>{f.label ? pick(f.label).text : attributeLabel(f.name)}</td><td>{f.type ?? '\u2013'}</td><td>{unitSymbol(f.unit) || '\u2013'}</td></tr>)}</tbody>
      </table>
    </section>
  );
}
