// The catalogue: what is published, found by words and narrowed down by
// facets. The server searches; the page shows one page of what it found.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ageText, fullDate, number } from '../app/format';
import { city } from '../app/city';
import { clock } from '../app/clock';
import { frequencyText, isLive, licenceText, newest, themeText, titleOf, type Dataset } from '../app/datasets';
import { addressOf, askOf, flipped, inAddress, narrowed, pageSize, reworded, search, without, type Ask, type FacetName, type Found, type Marked, type Page, type Value } from '../app/find';
import { isLang, lang, pick, t, type Key } from '../app/lang';
import { answer } from '../app/news';
import { go, place, queryText, to } from '../app/route';
import { useSignal } from '../app/signal';
import { Icon } from '../ui/icons';
import { Note, Skeleton, SyntheticTag, useAnswer, usePhone } from '../ui/parts';
import { StatusMark } from '../ui/marks';
import { knownKey, why } from '../ui/text';
import { PlaceChoice } from './place';

/** How many values of a facet are shown before somebody asks for all. */
const few = 5;
const main: FacetName[] = ['theme', 'format', 'publisher'];
const further: FacetName[] = ['licence', 'hvd', 'frequency', 'access', 'source'];

export function Catalogue() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const phone = usePhone();
  const [sheet, setSheet] = useState(false);
  const ask = askOf(p.query);
  const key = addressOf(ask, new URLSearchParams()).toString();
  const got = useAnswer((signal) => search(ask, signal), [here, key]);
  // What was found last stays while the next is looked for.
  const last = useRef<Page | undefined>(undefined);
  if (got.value) last.current = got.value;
  const page = got.value ?? last.current;
  const href = (a: Ask): string => '/catalogue' + queryText(addressOf(a, p.query));
  const set = (a: Ask): void => go(href(a), 'replace');
  useEffect(() => { document.title = [ask.q, t('data.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c, ask.q]);
  useEffect(() => { if (got.value) answer(ask.q ? t('data.countFor', { n: got.value.count, q: ask.q }) : t('data.count', { n: got.value.count })); }, [got.value]);

  const steward = !!c.account?.roles.some((r) => r === 'steward' || r === 'administrator');
  const pages = Math.max(1, Math.ceil((page?.count ?? 0) / pageSize));
  const sort = ask.sort || (ask.q ? 'relevance' : 'title');
  const facets = <Facets ask={ask} page={page} set={set} steward={steward} />;
  return (
    <main id="main" class="page catalogue" tabIndex={-1}>
      <div class="title-row"><h1 tabIndex={-1}>{t('data.title')}</h1>{c.synthetic && phone && <SyntheticTag />}</div>
      <p class="lead">{t('data.lead', { city: c.name })}{steward && <> <a href={to('/inventory')}>{t('stock.title')}</a></>}</p>
      <Question q={ask.q} onQuestion={(q) => set({ ...ask, q, page: 1 })} />
      <div class="catalogue-body">
        {phone ? <button type="button" class="button facets-open" aria-expanded={sheet} onClick={() => setSheet(!sheet)}><Icon name="filter" />{t('data.filters')}</button> : facets}
        {phone && sheet && <div class="facet-sheet">{facets}<button type="button" class="button primary" onClick={() => setSheet(false)}>{t('data.show', { n: page?.count ?? 0 })}</button></div>}
        <section class="results" aria-label={t('data.results')} aria-busy={got.loading}>
          <div class="results-head">
            <p>{page ? t('data.count', { n: page.count }) : '\u00a0'}</p>
            <label class="sort-by"><span>{t('data.sort')}</span>
              <select value={sort} onChange={(e) => set({ ...ask, page: 1, sort: e.currentTarget.value === (ask.q ? 'relevance' : 'title') ? '' : e.currentTarget.value })}>
                {ask.q && <option value="relevance">{t('data.byRelevance')}</option>}<option value="title">{t('data.byTitle')}</option><option value="modified">{t('data.byModified')}</option><option value="issued">{t('data.byIssued')}</option><option value="count">{t('data.byCount')}</option>
              </select></label>
          </div>
          {page && <Chosen ask={ask} page={page} set={set} />}
          {page && <Mended page={page} />}
          {got.error ? <Note mark="fail" tone="fail" title={t('data.failed', { why: why(got.error) })}><button type="button" class="link" onClick={got.again}>{t('data.retry')}</button></Note>
            : !page ? <div class="card"><Skeleton label={t('page.loading', { city: t('data.title') })} rows={8} /></div>
            : page.count === 0 ? <Nothing ask={ask} page={page} set={set} />
            : <ol class="card result-list" start={(ask.page - 1) * pageSize + 1}>{page.datasets.map((d) => <Result key={d.slug} d={d} />)}</ol>}
          {pages > 1 && (
            <nav class="pages" aria-label={t('data.pages')}>
              {ask.page > 1 && <a rel="prev" href={href({ ...ask, page: Math.min(ask.page, pages + 1) - 1 })}>{t('table.previous')}</a>}<span>{t('table.page', { n: ask.page, all: pages })}</span>{ask.page < pages && <a rel="next" href={href({ ...ask, page: ask.page + 1 })}>{t('table.next')}</a>}
            </nav>
          )}
          <p class="machine">{t('data.machine')}: <a href="/catalog.ttl">Turtle</a> · <a href="/catalog.jsonld">JSON-LD</a></p>
          <p class="machine"><a href={to('/requests/new')}>{t('desk.ask')}</a> · <a href={to('/wanted')}>{t('desk.wanted')}</a> · <a href={to('/information-point')}>{t('point.title')}</a> · <a href={to('/registers')}>{t('desk.registers')}</a></p>
        </section>
      </div>
    </main>
  );
}

/** The words, looked for while they are typed, though not at every letter. */
function Question({ q, onQuestion }: { q: string; onQuestion: (q: string) => void }) {
  const [text, setText] = useState(q);
  const sent = useRef(q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const ask = useRef(onQuestion);
  ask.current = onQuestion;
  const send = (now: string): void => { clearTimeout(timer.current); timer.current = undefined; if (now !== sent.current) { sent.current = now; ask.current(now); } };
  useEffect(() => { if (q !== sent.current) { clearTimeout(timer.current); sent.current = q; setText(q); } }, [q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <form class="big-search" role="search" onSubmit={(e) => { e.preventDefault(); send(text); }}>
      <Icon name="search" size={20} />
      <input id="search" type="search" value={text} maxLength={200} autoComplete="off" aria-label={t('data.search')} placeholder={t('data.placeholder')}
        onInput={(e) => { const now = e.currentTarget.value; setText(now); clearTimeout(timer.current); timer.current = setTimeout(() => send(now), 180); }} />
    </form>
  );
}

const frequencyWord = (v: string): string => frequencyText(v);
function valueText(f: FacetName, v: Value): string {
  switch (f) {
    case 'theme': return themeText(v.value);
    case 'frequency': return frequencyWord(v.value);
    case 'access': { const k = knownKey(`data.access.${v.value}`); return k ? t(k) : v.value; }
    case 'source': return v.value || t('data.sourceOwn');
  }
  return v.label || v.value;
}

function Facets({ ask, page, set, steward }: { ask: Ask; page: Page | undefined; set: (a: Ask) => void; steward: boolean }) {
  const any = narrowed(ask);
  const list = (f: FacetName) => <FacetList key={f} name={f} ask={ask} values={page?.facets[f] ?? []} set={set} />;
  // Further facets are worth a look where they tell datasets apart.
  const more = further.filter((f) => ask.of[f]?.length || (page?.facets[f]?.length ?? 0) > 1);
  return (
    <div class="facets" role="group" aria-label={t('data.filters')}>
      {main.map(list)}
      <PlaceChoice box={ask.box} onBox={(box) => set({ ...ask, page: 1, box })} />
      <fieldset>
        <legend>{t('data.live')}</legend>
        <label class="check"><input type="checkbox" checked={ask.live} onChange={() => set({ ...ask, page: 1, live: !ask.live })} /><span>{t('data.liveOnly')}</span><span class="n">{number(page?.live ?? 0)}</span></label>
      </fieldset>
      {steward && (
        <fieldset>
          <legend>{t('data.state')}</legend>
          <label class="check"><input type="checkbox" checked={ask.drafts} onChange={() => set({ ...ask, page: 1, drafts: !ask.drafts })} /><span>{t('data.drafts')}</span></label>
        </fieldset>
      )}
      {more.length > 0 && <details class="more-facets" open={more.some((f) => ask.of[f]?.length)}><summary>{t('data.more')}</summary>{more.map(list)}</details>}
      {any && <button type="button" class="quiet" onClick={() => set({ ...ask, page: 1, of: {}, live: false, box: undefined })}>{t('data.clear')}</button>}
    </div>
  );
}

function FacetList({ name, ask, values, set }: { name: FacetName; ask: Ask; values: Value[]; set: (a: Ask) => void }) {
  const [whole, setWhole] = useState(false);
  const chosen = ask.of[name] ?? [];
  // A choice stays where one can take it back, whatever else is counted.
  const all: Value[] = [...values, ...chosen.filter((v) => !values.some((x) => x.value === v)).map((value) => ({ value, count: 0 }))];
  if (!all.length) return null;
  const shown = whole || all.length <= few + 1 ? all : all.filter((v, i) => i < few || chosen.includes(v.value));
  return (
    <fieldset>
      <legend>{t(`data.${name}` as Key)}</legend>
      {shown.map((v) => <label class="check" key={v.value}><input type="checkbox" name={inAddress(name)} value={v.value} checked={chosen.includes(v.value)} onChange={() => set(flipped(ask, name, v.value))} /><span lang={name === 'hvd' && v.label ? 'en' : undefined}>{valueText(name, v)}</span><span class="n">{number(v.count)}</span></label>)}
      {shown.length < all.length && <button type="button" class="link" onClick={() => setWhole(true)}>{t('data.allValues', { n: all.length })}</button>}
    </fieldset>
  );
}

/** What narrows the search down, each with a way to take it back. */
function Chosen({ ask, page, set }: { ask: Ask; page: Page; set: (a: Ask) => void }) {
  const label = (f: FacetName, v: string): string => valueText(f, page.facets[f]?.find((x) => x.value === v) ?? { value: v, count: 0 });
  const parts: [string, string, Ask][] = [...main, ...further].flatMap((f) => (ask.of[f] ?? []).map((v): [string, string, Ask] => [`${f} ${v}`, label(f, v), flipped(ask, f, v)]));
  if (ask.live) parts.push(['live', t('data.live'), without(ask, 'live')]);
  if (ask.box) parts.push(['bbox', t('data.placeChosen'), without(ask, 'bbox')]);
  if (!parts.length) return null;
  return <ul class="chosen" aria-label={t('data.chosen')}>{parts.map(([k, text, next]) => <li key={k}><button type="button" aria-label={t('data.takeAway', { what: text })} onClick={() => set(next)}><span>{text}</span><Icon name="x" size={14} /></button></li>)}</ul>;
}

/** Words that nothing has, and what was taken for them. */
function Mended({ page }: { page: Page }) {
  const mended = (page.words ?? []).filter((w) => w.instead);
  if (!mended.length || !page.count) return null;
  return <p class="mended">{mended.map((w) => t('data.mended', { word: w.word, instead: w.instead! })).join(' ')}</p>;
}

/** Nothing was found: why, and what to leave out. */
function Nothing({ ask, page, set }: { ask: Ask; page: Page; set: (a: Ask) => void }) {
  if (!ask.q && !narrowed(ask)) return <Note title={t('data.empty')}>{t('data.emptyHelp')}</Note>;
  const absent = (page.words ?? []).filter((w) => w.count === 0);
  const near = absent.filter((w) => w.near);
  const mended = near.reduce((q, w) => reworded(q, w.word, w.near!), ask.q);
  const bare = absent.reduce((q, w) => reworded(q, w.word, ''), ask.q);
  const options: [string, ComponentChildren, Ask][] = [];
  if (near.length) options.push(['near', t('data.didYouMean', { q: mended }), { ...ask, page: 1, q: mended }]);
  if (absent.length && bare && bare !== ask.q) options.push(['bare', t('data.onlyWords', { q: bare }), { ...ask, page: 1, q: bare }]);
  for (const w of page.without ?? []) {
    const name = w.part === 'live' ? t('data.live') : w.part === 'bbox' ? t('data.place') : t(`data.${w.part}` as Key);
    options.push([w.part, t('data.withoutPart', { part: name, n: w.count }), without(ask, w.part)]);
  }
  if (!options.length && narrowed(ask) && ask.q) options.push(['all', t('data.clear'), { ...ask, page: 1, of: {}, live: false, box: undefined }]);
  const title = absent.length ? t('data.noWord', { word: absent.map((w) => w.word).join(', ') }) : ask.q && !narrowed(ask) ? t('data.noneFor', { q: ask.q }) : t('data.none');
  return (
    <Note title={title}>
      {options.length ? <ul class="ways-out">{options.map(([k, text, next]) => <li key={k}><button type="button" class="link" onClick={() => set(next)}>{text}</button></li>)}</ul> : t('data.noneHelp')}
    </Note>
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

/** A text with the words that were found marked. */
function Marks({ of }: { of: Marked }) {
  return <>{of.map((s, i) => (i % 2 ? <mark key={i}>{s}</mark> : s))}</>;
}

const mostFormats = 8;

function Result({ d }: { d: Found }) {
  const title = titleOf(d);
  const text = pick(d.description);
  const f = d.found;
  const other = f?.elsewhere;
  // A keyword says why only where nothing else does.
  const keywords = f?.title || f?.description ? undefined : f?.keywords;
  const formats = d.formats ?? [];
  return (
    <li class="result">
      <h2><a href={to(d.state === 'draft' ? `/inventory/${d.slug}/edit` : d.href || `/id/dataset/${d.slug}`)} lang={title.lang}>{f?.title ? <Marks of={f.title} /> : title.text || d.slug}</a>{d.state === 'draft' && <> <span class="chip-s">{t('data.draft')}</span></>}</h2>
      {(f?.description || text.text) && <p class="what" lang={text.lang}>{f?.description ? <Marks of={f.description} /> : text.text}</p>}
      {(keywords || other) && (
        <p class="found-in">
          {keywords && <span>{t('data.inKeywords')} {keywords.map((k, i) => <span class="chip-s" key={i}><Marks of={k} /></span>)}</span>}
          {other && <span>{isLang(other.lang) ? t(`data.in.${other.lang}`) : t('data.inOther')} <span lang={isLang(other.lang) ? other.lang : undefined}><Marks of={other.text} /></span></span>}
        </p>
      )}
      <p class="facts">
        <Freshness d={d} />
        <span>{f?.publisher ? <Marks of={f.publisher} /> : d.publisher}</span><span>{licenceText(d)}</span>
        {!d.harvested && d.count !== undefined && <span>{t('data.things', { n: d.count })}</span>}
        {formats.length > 0 && <span class="formats">{formats.slice(0, formats.length > mostFormats ? mostFormats - 2 : mostFormats).map((x) => <span class="chip-s" key={x}>{x}</span>)}{formats.length > mostFormats && <span>{t('data.moreFormats', { n: formats.length - mostFormats + 2 })}</span>}</span>}
        {!d.freshness && d.frequency && <span>{frequencyText(d.frequency)}</span>}
        {d.harvested && <span>{t('data.from', { source: d.harvested.source })}</span>}
      </p>
    </li>
  );
}
