// A dataset that another catalogue describes: what it says, and where to go.
import { useEffect } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Failure } from '../app/api';
import { city } from '../app/city';
import { frequencyText, themeText } from '../app/datasets';
import { bytes, fullDate } from '../app/format';
import { harvested, type HarvestedDataset } from '../app/harvest';
import { lang, pick, t, type Names } from '../app/lang';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { why } from '../ui/text';

/** A text in the reader's language, else in any that there is. */
function any(n: Names | null | undefined): { text: string; lang?: string } {
  const p = pick(n);
  if (p.text || !n) return p;
  const [l, text] = Object.entries(n).find(([, v]) => v) ?? ['und', ''];
  return { text: text ?? '', lang: l === 'und' ? undefined : l };
}

export function RecordPage() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const slug = decodeURIComponent(p.path.split('/')[3] ?? '');
  const got = useAnswer((signal) => harvested(slug, signal), [slug]);
  const d = got.value;
  const title = any(d?.title);
  useEffect(() => { document.title = [title.text || t('rec.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c, d]);
  return (
    <main id="main" class="page dataset record" tabIndex={-1}>
      <nav class="crumbs" aria-label={t('law.where')}><ol><li><a href={to('/catalogue')}>{t('nav.data')}</a></li></ol></nav>
      {got.error ? <><h1 tabIndex={-1}>{t(got.error instanceof Failure && got.error.problem.status === 404 ? 'rec.none' : 'rec.title')}</h1>{!(got.error instanceof Failure && got.error.problem.status === 404) && <Note mark="fail" tone="fail" title={why(got.error)}><button type="button" class="link" onClick={got.again}>{t('data.retry')}</button></Note>}</>
        : !d ? <><h1 tabIndex={-1}>{t('rec.title')}</h1><Skeleton label={t('page.loading', { city: t('rec.title') })} rows={6} /></>
        : <Told d={d} title={title} />}
    </main>
  );
}

function Told({ d, title }: { d: HarvestedDataset; title: { text: string; lang?: string } }) {
  const about = any(d.description);
  const from = d.harvestedFrom.name || d.source;
  const pairs: [string, ComponentChildren][] = [[t('rec.source'), d.harvestedFrom.url ? <a href={d.harvestedFrom.url} rel="noreferrer">{from}</a> : from]];
  if (d.publisher) pairs.push([t('data.publisher'), d.publisher.url ? <a href={d.publisher.url} rel="noreferrer">{d.publisher.name}</a> : d.publisher.name]);
  if (d.contact) pairs.push([t('set.contact'), d.contact.email ? <a href={`mailto:${d.contact.email}`}>{d.contact.name || d.contact.email}</a> : d.contact.name ?? d.contact.url ?? '']);
  if (d.licence) pairs.push([t('set.licence'), d.licence.url ? <a href={d.licence.url} rel="noreferrer">{d.licence.title}</a> : d.licence.title]);
  if (d.themes.length) pairs.push([t('data.theme'), d.themes.map(themeText).join(', ')]);
  if (d.frequency) pairs.push([t('stock.typed'), frequencyText(d.frequency)]);
  if (d.page) pairs.push([t('rec.page'), <a href={d.page} rel="noreferrer">{d.page}</a>]);
  pairs.push([t('rec.iri'), <code>{d.iri}</code>], [t('rec.taken'), fullDate(Date.parse(d.changed))]);
  return (
    <>
      <h1 tabIndex={-1} lang={title.lang}>{title.text}</h1>
      {d.gone ? <Note mark="fail" tone="fail" title={t('rec.gone', { name: from, date: fullDate(Date.parse(d.gone)) })} /> : <Note title={t('rec.from', { name: from })} />}
      {about.text && <p class="lead" lang={about.lang}>{about.text}</p>}
      <section class="card" aria-labelledby="ways"><div class="card-head"><h2 id="ways">{t('rec.ways')}</h2></div>
        {d.distributions.length === 0 ? <p class="card-text">{t('rec.noWays')}</p>
          : <ul class="record-ways">{d.distributions.map((w, i) => { const name = any(w.title); const href = w.downloadURL || w.accessURL || d.iri; return <li key={i}><a href={href} rel="noreferrer"><span lang={name.lang}>{name.text || w.format || w.mediaType || t('rec.open')}</span></a> <span class="quiet-text">{[w.format, w.bytes ? bytes(w.bytes) : '', t(w.downloadURL ? 'rec.download' : 'rec.access')].filter(Boolean).join(', ')}</span></li>; })}</ul>}
      </section>
      <section class="card" aria-labelledby="facts"><div class="card-head"><h2 id="facts">{t('rec.title')}</h2></div><dl class="pairs record-pairs">{pairs.map(([k, v]) => <><dt key={k}>{k}</dt><dd>{v}</dd></>)}</dl></section>
    </>
  );
}
