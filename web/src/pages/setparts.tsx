// Parts of a dataset's page: the last days, the ways in for programs, the
// files, what its description is worth and how it came to be.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../app/api';
import { city } from '../app/city';
import { clock } from '../app/clock';
import type { Dataset } from '../app/datasets';
import { example, subscription, tongues, type Tongue, type Way } from '../app/examples';
import { bytes, fullDate, instant, number, unitSymbol } from '../app/format';
import { lang, pick, t, type Key, type Names } from '../app/lang';
import { show } from '../app/news';
import { to } from '../app/route';
import { useSignal } from '../app/signal';
import { meanOfHours, type Series } from '../live/history';
import { Chart, SeriesTable } from '../ui/chart';
import { Icon } from '../ui/icons';
import { StatusMark } from '../ui/marks';
import { Note, Segmented, Skeleton, useAnswer, usePhone } from '../ui/parts';
import { attributeLabel, knownKey, why } from '../ui/text';

export const curating = (roles: string[] | undefined): boolean => roles?.some((r) => r === 'steward' || r === 'administrator') ?? false;
const at = (slug: string): string => `/api/datasets/${encodeURIComponent(slug)}`;
const absolute = (path: string): string => new URL(path, location.origin).href;
const nameOf = (r: Record<string, unknown>): string => { const n = r['name']; return typeof n === 'string' && n ? n : n && typeof n === 'object' ? pick(n as Names).text : String(r['id'] ?? '').split(':').pop() ?? ''; };

/** The last three days of one value of one thing, by the hour. */
export function Days({ d }: { d: Dataset }) {
  const things = (d.sample ?? []).filter((r) => typeof r['id'] === 'string' && typeof r['observedAt'] === 'string').slice(0, 10);
  const values = (d.fields ?? []).filter((f) => f.type === 'number' && things.some((r) => typeof r[f.name] === 'number'));
  const [thing, setThing] = useState(String(things[0]?.['id'] ?? ''));
  const [value, setValue] = useState(values[0]?.name ?? '');
  const [as, setAs] = useState<'chart' | 'table'>('chart');
  const field = values.find((f) => f.name === value);
  const [span] = useState(() => { const to = clock.now(); return { from: to - 72 * 3600_000, to }; });
  const got = useAnswer<Series | undefined>((signal) => (thing && field ? meanOfHours(thing, field.iri ?? field.name, span.from, signal) : Promise.resolve(undefined)), [thing, value]);
  if (!things.length || !values.length) return null;
  const name = attributeLabel(value);
  const unit = unitSymbol(field?.unit);
  const empty = got.value && got.value.values.every((v) => v === null);
  return (
    <section class="card days" aria-labelledby="days">
      <div class="card-head"><h2 id="days">{t('set.days')}</h2><Segmented label={t('chart.view')} choices={[{ value: 'chart', text: t('chart.chart') }, { value: 'table', text: t('chart.table') }]} value={as} onChange={setAs} /></div>
      <div class="card-text">
        <div class="days-choice">
          <label><span>{t('set.thing')}</span><select value={thing} onChange={(e) => setThing(e.currentTarget.value)}>{things.map((r) => <option key={String(r['id'])} value={String(r['id'])}>{nameOf(r)}</option>)}</select></label>
          <label><span>{t('set.value')}</span><select value={value} onChange={(e) => setValue(e.currentTarget.value)}>{values.map((f) => <option key={f.name} value={f.name}>{attributeLabel(f.name)}</option>)}</select></label>
        </div>
        {got.error ? <Note mark="fail" tone="fail" title={t('set.daysFailed', { why: why(got.error) })}><button type="button" class="link" onClick={got.again}>{t('data.retry')}</button></Note>
          : !got.value ? <div class="chart-hold"><Skeleton label={t('panel.loading')} rows={4} /></div>
          : empty ? <Note title={t('set.daysEmpty')} />
          : as === 'chart' ? <Chart series={got.value} name={t('set.daysOf', { what: name })} unit={unit} stepped={false} from={span.from} to={span.to} days />
          : <SeriesTable series={got.value} name={t('set.daysOf', { what: name })} unit={unit} days />}
      </div>
    </section>
  );
}

/** The ways in for programs: an address, and the lines that ask it. */
export function Programs({ d, way, setWay }: { d: Dataset; way: Way; setWay: (w: Way) => void }) {
  const [tongue, setTongue] = useState<Tongue>('curl');
  const phone = usePhone();
  const ngsi = d.links?.['ngsi-ld'] ?? '';
  const types = ngsi ? (new URL(ngsi, location.origin).searchParams.get('type') ?? '').split(',').filter(Boolean) : [];
  const first = d.sample?.[0]?.['id'];
  const day = new Date(Math.floor(clock.now() / 3600_000) * 3600_000 - 24 * 3600_000).toISOString().replace('.000', '');
  const geo = d.distributions?.find((x) => x.format === 'GeoJSON') ?? d.distributions?.[0];
  const paths: Record<Way, string> = {
    ngsi, file: geo?.href ?? '', live: d.links?.['live'] ?? '', subscribe: types.length ? '/ngsi-ld/v1/subscriptions' : '',
    history: typeof first === 'string' && d.freshness ? `/ngsi-ld/v1/temporal/entities/${encodeURIComponent(first)}?timerel=after&timeAt=${day}&format=temporalValues` : '',
  };
  const ways = (['ngsi', 'file', 'history', 'live', 'subscribe'] as const).filter((w) => paths[w]);
  const now = ways.includes(way) ? way : ways[0];
  const can = tongues.filter((x) => x !== 'QGIS' || now === 'file');
  const speaks = can.includes(tongue) ? tongue : 'curl';
  const code = now ? example(now, speaks, absolute(paths[now]), subscription(types)) : '';
  const copy = async (): Promise<void> => { try { await navigator.clipboard.writeText(code); show(t('set.copied')); } catch { show(t('map.shareFailed')); } };
  const choices = ways.map((w) => ({ value: w, text: t(`set.api.${w}` as Key) }));
  return (
    <section class="card programs" aria-labelledby="programs">
      <div class="card-head"><h2 id="programs" tabIndex={-1}>{t('set.programs')}</h2></div>
      {now && <>
        <div class="ways">
          {phone ? <select aria-label={t('set.way')} value={now} onChange={(e) => setWay(e.currentTarget.value as Way)}>{choices.map((c) => <option key={c.value} value={c.value}>{c.text}</option>)}</select> : <Segmented label={t('set.way')} choices={choices} value={now} onChange={setWay} />}
          <Segmented label={t('set.tongue')} choices={can.map((x) => ({ value: x, text: x }))} value={speaks} onChange={setTongue} />
        </div>
        {speaks === 'QGIS' && <p class="card-text quiet-text">{t('set.qgis')}</p>}
        {now === 'subscribe' && <p class="card-text quiet-text">{t('set.subscribeHelp')}</p>}
        <div class="code"><pre tabIndex={0} aria-label={t('set.programs')}><code>{code}</code></pre><button type="button" class="button" onClick={() => void copy()}><Icon name="copy" size={16} />{t('set.copy')}</button></div>
      </>}
      <p class="card-text quiet-text">{t('set.address')} <a href={d.href}>{d.address || absolute(d.href || `/id/dataset/${d.slug}`)}</a></p>
    </section>
  );
}

/** The files, as they are now or were at another moment. */
export function Downloads({ d, subscribe }: { d: Dataset; subscribe: () => void }) {
  const here = useSignal(lang);
  const [moment, setMoment] = useState('');
  const got = useAnswer((signal) => get<{ bytes: Record<string, number>; estimated?: boolean }>(`${at(d.slug)}/sizes?lang=${here}`, signal), [d.slug, here]);
  const list = d.distributions ?? [];
  if (!list.length) return null;
  const ms = Date.parse(moment);
  const future = Number.isFinite(ms) && ms > clock.now();
  const past = Number.isFinite(ms) && !future ? new Date(ms).toISOString().replace(/\.\d+Z/, 'Z') : '';
  const first = d.sample?.[0]?.['id'];
  return (
    <section class="card" aria-labelledby="downloads">
      <h2 id="downloads">{t('set.downloads')}</h2>
      <ul class="rows">{list.map((x) => {
        const size = past ? undefined : got.value?.bytes[x.href.split('.').pop() ?? ''];
        return <li key={x.href}><span><a href={past ? `${x.href}?at=${encodeURIComponent(past)}` : x.href} download>{x.format}</a> <span class="quiet-text">{past ? t('set.asOf', { when: fullDate(ms) }) : t('set.stateNow')}</span></span>{size !== undefined && <span class="quiet-text n">{got.value?.estimated ? t('set.size', { size: bytes(size) }) : bytes(size)}</span>}</li>;
      })}</ul>
      <div class="card-text moments">
        <details><summary>{t('set.moment')}</summary>
          <div class="field"><label for="moment">{t('set.at')}</label><input id="moment" type={'datetime-local' as 'text'} value={moment} aria-describedby="moment-help" aria-invalid={future || undefined} onInput={(e) => setMoment(e.currentTarget.value)} />
            <p class="quiet-text" id="moment-help">{future ? <span class="field-error"><StatusMark mark="fail" />{t('set.future')}</span> : past ? instant(ms) : t('set.momentHelp')}</p></div>
          {moment && <button type="button" class="link" onClick={() => setMoment('')}>{t('set.atNow')}</button>}
        </details>
        <p class="more-ways">{typeof first === 'string' && d.freshness && d.links?.['ngsi-ld'] && <a href={`/ngsi-ld/v1/temporal/entities/${encodeURIComponent(first)}?lastN=20`}>{t('set.historyLink')}</a>}<button type="button" class="link" onClick={subscribe}>{t('set.subscribeLink')}</button></p>
      </div>
    </section>
  );
}

interface Worth { points: number; max: number; rating: string; dimensions: { key: string; points: number; max: number }[]; missing: { key: string; points: number; title: Names }[] }

/** How well the description meets what Europe's portal counts: a word, the points, where they come from, and what is missing. */
export function Quality({ slug }: { slug: string }) {
  const roles = useSignal(city)?.account?.roles;
  const got = useAnswer((signal) => get<Worth>(`${at(slug)}/quality`, signal), [slug]);
  if (!got.value) return null; // a page without it is whole
  const { points, max, rating, missing, dimensions } = got.value;
  const word = knownKey(`quality.${rating}`);
  return (
    <section class="card" aria-labelledby="quality">
      <h2 id="quality">{t('quality.title')}</h2>
      <div class="card-text">
        <p><strong>{word ? t(word) : rating}</strong> · {t('quality.points', { n: points, max })}</p>
        <div class="score" aria-hidden="true"><span style={{ width: `${Math.round(100 * points / max)}%` }} /></div>
        <p class="quiet-text">{t('quality.why')}</p>
        <details class="worth"><summary>{t('quality.dimensions')}</summary>
          <table class="worth-table"><caption class="sr">{t('quality.dimensions')}</caption><thead class="sr"><tr><th scope="col">{t('quality.part')}</th><th scope="col">{t('quality.got')}</th></tr></thead>
            <tbody>{dimensions.map((x) => <tr key={x.key}><th scope="row">{t(knownKey(`quality.${x.key}`) ?? 'quality.part')}</th><td class="n">{t('quality.of', { n: x.points, max: x.max })}</td></tr>)}</tbody></table>
        </details>
        {missing.length > 0 && <details><summary>{t('quality.missing', { n: missing.length })}</summary><ul class="quality-list">{missing.map((m) => <li key={m.key}><span lang={pick(m.title).lang}>{pick(m.title).text}</span> <span class="quiet-text">+{number(m.points)}</span></li>)}</ul></details>}
        {curating(roles) && <p><a href={to(`/inventory/${slug}/edit`)}>{t('set.edit')}</a></p>}
      </div>
    </section>
  );
}

interface Change { at: string; what: 'published' | 'changed' | 'withdrawn'; by: string; account?: string; fields?: string[] }

/** What happened to the description, the newest first. */
export function Past({ slug }: { slug: string }) {
  const got = useAnswer((signal) => get<{ changes: Change[] }>(`${at(slug)}/history`, signal), [slug]);
  const all = got.value?.changes ?? [];
  const [more, setMore] = useState(false);
  useEffect(() => setMore(false), [slug]);
  if (!all.length) return null;
  const shown = more ? all : all.slice(0, 5);
  const fieldText = (f: string): string => { const k = knownKey(`field.${f}`); return k ? t(k) : f; };
  return (
    <section class="card" aria-labelledby="past">
      <h2 id="past">{t('past.title')}</h2>
      <ol class="past card-text">{shown.map((c, i) => (
        <li key={i}><time dateTime={c.at} title={instant(Date.parse(c.at))}>{fullDate(Date.parse(c.at))}</time><span>{c.what === 'changed' ? t('past.changed', { what: (c.fields ?? []).map(fieldText).join(', ') }) : t(`past.${c.what}`)} <span class="quiet-text">{c.account ? t('past.byName', { name: c.account }) : t('past.by')}</span></span></li>
      ))}</ol>
      {!more && all.length > shown.length && <p class="card-text"><button type="button" class="link" onClick={() => setMore(true)}>{t('past.more', { n: all.length - shown.length })}</button></p>}
    </section>
  );
}
