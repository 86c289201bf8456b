// One dataset: preview, ways in for programs, what it holds, and what one may do with it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, get } from '../app/api';
import { city } from '../app/city';
import { frequencyText, licenceText, one, themeText, titleOf, type Dataset } from '../app/datasets';
import { ageText, bytes, fullDate, number, reading, timeSeconds, unitSymbol } from '../app/format';
import { lang, pick, t, type Names } from '../app/lang';
import { show } from '../app/news';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { theme } from '../app/theme';
import { live } from '../live/stream';
import type { View } from '../map/map';
import { Icon } from '../ui/icons';
import { Note, Segmented, Skeleton, SyntheticTag, useAnswer, usePhone, useSecond } from '../ui/parts';
import { attributeLabel, knownKey, valueText, why } from '../ui/text';
import { Service } from '../ui/service';
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
  const actions = (
    <div class="actions">
      {(layer || d.bbox) && <a class="button" href={layer ? to('/map', { layers: layer.id, table: layer.id }) : to('/map', d.slug === 'buildings' || d.slug === 'trees' ? { table: d.slug } : {})}><Icon name="map" />{t('set.open')}</a>}
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
          <Preview d={d} />
          {phone && <Downloads d={d} />}
          <Programs d={d} />
          <Service slug={d.slug} />
          <Fields d={d} />
        </div>
        <div class="aside-column">
          {!phone && <Downloads d={d} />}
          <Terms d={d} />
          <Quality slug={d.slug} />
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
  const layer = c.layers.find((l) => l.id === d.layer);
  useEffect(() => {
    let gone = false;
    let made: View | undefined;
    if (layer) live.open(`/live?types=${encodeURIComponent(layer.type)}`);
    void import('../map/map').then(async ({ makeMap }) => {
      if (gone || !box.current) return;
      made = await makeMap({ container: box.current, look: { theme: theme.get(), lang: lang.get(), flat: true, trees: false, lines: false }, layerOf: (type) => (layer && (type === layer.type || type === layer.typeIri) ? layer : undefined), live: layer ? live : undefined, label: titleOf(d).text, center: c.center, zoom: layer ? 13.2 : 14.2, pitch: 0, bearing: 0, hash: false, interactive: false });
      if (gone) made?.destroy();
      else setView(made);
    }).catch(() => undefined);
    return () => { gone = true; live.close(); made?.destroy(); };
  }, [d.slug]);
  useEffect(() => { view?.setLook({ theme: shade, lang: here, flat: true, trees: false, lines: false }); }, [view, shade, here]);
  return <div class="preview-map" ref={box} />;
}

function Downloads({ d }: { d: Dataset }) {
  const file = links(d);
  const list = d.distributions?.length ? d.distributions : [...(file.geojson ? [{ format: 'GeoJSON', href: file.geojson }] : []), ...(file.csv ? [{ format: 'CSV', href: file.csv }] : [])];
  if (!list.length) return null;
  return (
    <section class="card" aria-labelledby="downloads">
      <h2 id="downloads">{t('set.downloads')}</h2>
      <ul class="rows">{list.map((x) => <li key={x.href}><span><a href={x.href} download>{x.format}</a> <span class="quiet-text">{t('set.stateNow')}</span></span>{'bytes' in x && x.bytes !== undefined ? <span class="quiet-text">{bytes(x.bytes)}</span> : null}</li>)}</ul>
    </section>
  );
}

function Terms({ d }: { d: Dataset }) {
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
  if (d.bbox) pairs.push([t('set.extent'), `${number(d.bbox[1], 3)} \u2013 ${number(d.bbox[3], 3)} N, ${number(d.bbox[0], 3)} \u2013 ${number(d.bbox[2], 3)} E`]);
  return <section class="card" aria-labelledby="about"><h2 id="about">{t('set.about')}</h2><dl class="pairs stacked">{pairs.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl></section>;
}

/** How well the description meets what Europe's portal counts: a word, the points, and what is missing. */
function Quality({ slug }: { slug: string }) {
  const got = useAnswer((signal) => get<{ points: number; max: number; rating: string; missing: { key: string; points: number; title: Names }[] }>(`/api/datasets/${encodeURIComponent(slug)}/quality`, signal), [slug]);
  if (!got.value) return null; // a page without it is whole
  const { points, max, rating, missing } = got.value;
  const word = knownKey(`quality.${rating}`);
  return (
    <section class="card" aria-labelledby="quality">
      <h2 id="quality">{t('quality.title')}</h2>
      <div class="card-text">
        <p><strong>{word ? t(word) : rating}</strong> · {t('quality.points', { n: points, max })}</p>
        <div class="score" aria-hidden="true"><span style={{ width: `${Math.round(100 * points / max)}%` }} /></div>
        <p class="quiet-text">{t('quality.why')}</p>
        {missing.length > 0 && <details><summary>{t('quality.missing', { n: missing.length })}</summary><ul class="quality-list">{missing.map((m) => <li key={m.key}><span lang={pick(m.title).lang}>{pick(m.title).text}</span> <span class="quiet-text">+{number(m.points)}</span></li>)}</ul></details>}
      </div>
    </section>
  );
}

function Programs({ d }: { d: Dataset }) {
  const [tab, setTab] = useState<'ngsi' | 'file' | 'live'>('ngsi');
  const c = useSignal(city)!;
  const layer = c.layers.find((l) => l.id === d.layer);
  const typeIri = layer?.typeIri ?? '';
  const path = tab === 'ngsi' ? d.links?.['ngsi-ld'] ?? d.links?.['ngsild'] ?? (typeIri ? `/ngsi-ld/v1/entities?type=${encodeURIComponent(typeIri)}&limit=20` : '') : tab === 'file' ? links(d).geojson ?? links(d).csv ?? '' : d.links?.['live'] ?? (layer ? `/live?types=${encodeURIComponent(layer.type)}` : '');
  const absolute = path ? new URL(path, location.origin).href : '';
  const command = `curl ${tab === 'live' ? '-N ' : ''}'${absolute}'`;
  const copy = async (): Promise<void> => { try { await navigator.clipboard.writeText(command); show(t('set.copied')); } catch { show(t('map.shareFailed')); } };
  return (
    <section class="card programs" aria-labelledby="programs">
      <div class="card-head"><h2 id="programs">{t('set.programs')}</h2><Segmented label={t('set.tabs')} choices={[{ value: 'ngsi', text: t('set.api.ngsi') }, { value: 'file', text: t('set.api.file') }, ...(layer ? [{ value: 'live' as const, text: t('set.api.live') }] : [])]} value={tab} onChange={setTab} /></div>
      {absolute && <div class="code"><pre tabIndex={0} aria-label={t('set.programs')}><code>{command}</code></pre><button type="button" class="button" onClick={() => void copy()}><Icon name="copy" size={16} />{t('set.copy')}</button></div>}
      <p class="card-text quiet-text">{t('set.address')}: <a href={d.href}>{d.address || new URL(d.href || `/id/dataset/${d.slug}`, location.origin).href}</a></p>
    </section>
  );
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
