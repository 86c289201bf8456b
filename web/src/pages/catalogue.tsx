// The catalogue: what is published, narrowed down by facets.
import { useEffect, useState } from 'preact/hooks';
import { ageText, fullDate, number } from '../app/format';
import { city } from '../app/city';
import { clock } from '../app/clock';
import { frequencyText, isLive, licenceText, list, matches, newest, themeIds, themeText, titleOf, type Dataset, type Facets } from '../app/datasets';
import { lang, locale, pick, t } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { Icon } from '../ui/icons';
import { Note, Skeleton, SyntheticTag, useAnswer, usePhone } from '../ui/parts';
import { StatusMark } from '../ui/marks';
import { why } from '../ui/text';

const pageSize = 20;

export function Catalogue() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const phone = usePhone();
  const [sheet, setSheet] = useState(false);
  const got = useAnswer(list, [here]);
  const many = (k: string): string[] => p.query.getAll(k).flatMap((v) => v.split(',')).filter(Boolean);
  const f: Facets = { theme: many('theme_is'), format: many('format'), publisher: many('publisher'), live: p.query.get('live') === '1', q: p.query.get('q') ?? '' };
  const sort = p.query.get('sort') ?? 'title';
  const page = Math.max(1, Number(p.query.get('page')) || 1);
  useEffect(() => { document.title = [t('data.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);

  const now = clock.now();
  const all = got.value ?? [];
  const found = all.filter((d) => matches(d, f, now));
  const collator = new Intl.Collator(locale());
  found.sort((a, b) => sort === 'modified' ? (b.modified ?? '').localeCompare(a.modified ?? '') : sort === 'count' ? (b.count ?? 0) - (a.count ?? 0) : collator.compare(titleOf(a).text, titleOf(b).text));
  const pages = Math.max(1, Math.ceil(found.length / pageSize));
  const shown = found.slice((Math.min(page, pages) - 1) * pageSize, Math.min(page, pages) * pageSize);
  const set = (q: Record<string, string | null>): void => { go(withQuery({ page: null, ...q }), 'replace'); };
  useEffect(() => { if (got.value) answer(t('data.count', { n: found.length })); }, [found.length, got.value]);

  const flip = (key: 'theme_is' | 'format' | 'publisher', values: string[], v: string): void => set({ [key]: (values.includes(v) ? values.filter((x) => x !== v) : [...values, v]).join(',') || null });
  const facet = (title: string, key: 'theme_is' | 'format' | 'publisher', field: 'theme' | 'format' | 'publisher', of: (d: Dataset) => string[], text: (v: string) => string) => {
    const counts = new Map<string, number>();
    for (const d of all) for (const v of of(d)) counts.set(v, (counts.get(v) ?? 0) + (matches(d, f, now, field) ? 1 : 0));
    const values = [...counts].sort((a, b) => collator.compare(text(a[0]), text(b[0])));
    if (!values.length) return null;
    return (
      <fieldset>
        <legend>{title}</legend>
        {values.map(([v, n]) => <label class="check" key={v}><input type="checkbox" checked={f[field].includes(v)} onChange={() => flip(key, f[field], v)} /><span>{text(v)}</span><span class="n">{number(n)}</span></label>)}
      </fieldset>
    );
  };
  const any = f.theme.length + f.format.length + f.publisher.length + (f.live ? 1 : 0) > 0 || f.q !== '';
  const facets = (
    <div class="facets" role="group" aria-label={t('data.filters')}>
      {facet(t('data.theme'), 'theme_is', 'theme', themeIds, themeText)}
      {facet(t('data.format'), 'format', 'format', (d) => d.formats, (v) => v)}
      {facet(t('data.publisher'), 'publisher', 'publisher', (d) => [d.publisher], (v) => v)}
      <fieldset>
        <legend>{t('data.live')}</legend>
        <label class="check"><input type="checkbox" checked={f.live} onChange={() => set({ live: f.live ? null : '1' })} /><span>{t('data.liveOnly')}</span><span class="n">{number(all.filter((d) => matches(d, { ...f, live: false }, now) && isLive(d, now)).length)}</span></label>
      </fieldset>
      {any && <button type="button" class="quiet" onClick={() => set({ theme_is: null, format: null, publisher: null, live: null, q: null })}>{t('data.clear')}</button>}
    </div>
  );
  return (
    <main id="main" class="page catalogue" tabIndex={-1}>
      <div class="title-row"><h1 tabIndex={-1}>{t('data.title')}</h1>{c.synthetic && phone && <SyntheticTag />}</div>
      <p class="lead">{t('data.lead', { city: c.name })}{c.account?.roles.some((r) => r === 'steward' || r === 'administrator') && <> <a href={to('/inventory')}>{t('stock.title')}</a></>}</p>
      <div class="big-search" role="search"><Icon name="search" size={20} /><input id="search" type="search" value={f.q} aria-label={t('data.search')} placeholder={t('data.placeholder')} onInput={(e) => set({ q: e.currentTarget.value || null })} /></div>
      <div class="catalogue-body">
        {phone ? <button type="button" class="button facets-open" aria-expanded={sheet} onClick={() => setSheet(!sheet)}><Icon name="filter" />{t('data.filters')}</button> : facets}
        {phone && sheet && <div class="facet-sheet">{facets}<button type="button" class="button primary" onClick={() => setSheet(false)}>{t('data.show', { n: found.length })}</button></div>}
        <section class="results" aria-label={t('data.results')}>
          <div class="results-head">
            <p>{got.value ? t('data.count', { n: found.length }) : '\u00a0'}</p>
            <label class="sort-by"><span>{t('data.sort')}</span><select value={sort} onChange={(e) => set({ sort: e.currentTarget.value === 'title' ? null : e.currentTarget.value })}><option value="title">{t('data.byTitle')}</option><option value="modified">{t('data.byModified')}</option><option value="count">{t('data.byCount')}</option></select></label>
          </div>
          {got.error ? <Note mark="fail" tone="fail" title={t('data.failed', { why: why(got.error) })}><button type="button" class="link" onClick={got.again}>{t('data.retry')}</button></Note>
            : got.loading ? <div class="card"><Skeleton label={t('page.loading', { city: t('data.title') })} rows={8} /></div>
            : all.length === 0 ? <Note title={t('data.empty')}>{t('data.emptyHelp')}</Note>
            : found.length === 0 ? <Note title={t('data.none')}>{t('data.noneHelp')} <button type="button" class="link" onClick={() => set({ theme_is: null, format: null, publisher: null, live: null, q: null })}>{t('data.clear')}</button></Note>
            : <ol class="card result-list">{shown.map((d) => <Result key={d.slug} d={d} />)}</ol>}
          {pages > 1 && (
            <nav class="pages" aria-label={t('data.results')}>
              {page > 1 && <a href={withQuery({ page: String(page - 1) })}>{t('table.previous')}</a>}<span>{t('table.page', { n: Math.min(page, pages), all: pages })}</span>{page < pages && <a href={withQuery({ page: String(page + 1) })}>{t('table.next')}</a>}
            </nav>
          )}
          <p class="machine">{t('data.machine')}: <a href="/catalog.ttl">Turtle</a> · <a href="/catalog.jsonld">JSON-LD</a></p>
          <p class="machine"><a href={to('/requests/new')}>{t('desk.ask')}</a> · <a href={to('/wanted')}>{t('desk.wanted')}</a> · <a href={to('/registers')}>{t('desk.registers')}</a></p>
        </section>
      </div>
    </main>
  );
}

export function Freshness({ d }: { d: Dataset }) {
  const at = newest(d);
  if (at === undefined) return d.modified ? <span>{t('data.changed', { date: fullDate(Date.parse(d.modified)) })}</span> : null;
  const age = (clock.now() - at) / 1000;
  if (isLive(d, clock.now())) return <span class="live-word"><span class="dot" aria-hidden="true" />{t('set.liveAgo', { age: ageText(age) })}</span>;
  if ((d.freshness?.period ?? 0) > 0) return <span class="silent-word"><StatusMark mark="none" /> {t('fresh.silent', { age: ageText(age) })}</span>;
  return <span>{t('data.changed', { date: fullDate(at) })}</span>;
}

function Result({ d }: { d: Dataset }) {
  const title = titleOf(d);
  const text = pick(d.description);
  return (
    <li class="result">
      <h2><a href={to(d.href || `/id/dataset/${d.slug}`)} lang={title.lang}>{title.text}</a></h2>
      <p class="what" lang={text.lang}>{text.text}</p>
      <p class="facts">
        <Freshness d={d} />
        <span>{d.publisher}</span><span>{licenceText(d)}</span>
        {d.count !== undefined && <span>{t('data.things', { n: d.count })}</span>}
        <span class="formats">{d.formats.map((x) => <span class="chip-s" key={x}>{x}</span>)}</span>
        {!d.freshness && d.frequency && <span>{frequencyText(d.frequency)}</span>}
      </p>
    </li>
  );
}
