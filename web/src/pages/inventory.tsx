// The steward's list: every dataset in whatever state, what it lacks, where
// the description and the data disagree, and the next step.
import { useEffect, useState } from 'preact/hooks';
import { request } from '../app/api';
import { city } from '../app/city';
import { frequencyText, inventory, stateOf, themeText, type InventoryLine, type Standing } from '../app/datasets';
import { ageText, fullDate, number } from '../app/format';
import { lang, locale, pick, t, type Key } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { Icon } from '../ui/icons';
import { WorkNav } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { knownKey, why } from '../ui/text';
import type { Mark } from '../live/model';

const standings: { id: Standing; key: Key; mark: Mark }[] = [
  { id: 'blocked', key: 'stock.blocked', mark: 'fail' }, { id: 'attention', key: 'stock.attention', mark: 'attention' },
  { id: 'draft', key: 'stock.draft', mark: 'none' }, { id: 'ready', key: 'stock.ready', mark: 'ok' }, { id: 'withdrawn', key: 'stock.withdrawn', mark: 'none' },
];

/** What is missing, in the reader's words. */
function lackText(what: string): string {
  const [head = '', of] = what.split(' in ');
  const k = knownKey(`lack.${head.replace(/ *\(.*$/, '')}`);
  return (k ? t(k) : head) + (of ? ` (${of.toUpperCase()})` : '');
}

export function Inventory() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const got = useAnswer(inventory, []);
  const [busy, setBusy] = useState('');
  const [failed, setFailed] = useState<{ slug: string; text: string }>();
  useEffect(() => { document.title = [t('stock.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);
  const all = got.value ?? [];
  const only = standings.find((s) => s.id === p.query.get('state'))?.id;
  const q = (p.query.get('q') ?? '').trim().toLocaleLowerCase(locale());
  const collator = new Intl.Collator(locale());
  const order = new Map(standings.map((s, i) => [s.id, i]));
  const found = all.filter((d) => (!only || stateOf(d) === only) && (!q || `${Object.values(d.typed.title).join(' ')} ${d.slug} ${d.typed.publisher}`.toLocaleLowerCase(locale()).includes(q)))
    .sort((a, b) => order.get(stateOf(a))! - order.get(stateOf(b))! || collator.compare(titled(a).text, titled(b).text));
  useEffect(() => { if (got.value) answer(t('data.count', { n: found.length })); }, [found.length, got.value]);

  const publish = async (d: InventoryLine): Promise<void> => {
    setBusy(d.slug); setFailed(undefined);
    try {
      await request(`/api/datasets/${encodeURIComponent(d.slug)}/publish`, { method: 'POST' });
      answer(t('stock.published', { name: titled(d).text }));
      got.again();
    } catch (e) { setFailed({ slug: d.slug, text: why(e) }); } finally { setBusy(''); }
  };
  return (
    <main id="main" class="page inventory" tabIndex={-1}>
      <WorkNav />
      <div class="title-row"><h1 tabIndex={-1}>{t('stock.title')}</h1><div class="actions"><a class="button" href={to('/describe')}>{t('edit.new')}</a><a class="button primary" href={to('/publish')}>{t('pub.title')}</a></div></div>
      <p class="lead">{t('stock.lead', { n: all.length, city: c.name })}</p>
      <div class="stock-tools">
        <div class="stock-chips" role="group" aria-label={t('data.filters')}>
          <button type="button" aria-pressed={!only} onClick={() => go(withQuery({ state: null }), 'replace')}>{t('stock.all')} <span class="n">{number(all.length)}</span></button>
          {standings.map((s) => { const n = all.filter((d) => stateOf(d) === s.id).length; return n > 0 && <button type="button" key={s.id} aria-pressed={only === s.id} onClick={() => go(withQuery({ state: only === s.id ? null : s.id }), 'replace')}><StatusMark mark={s.mark} />{t(s.key)} <span class="n">{number(n)}</span></button>; })}
        </div>
        <div class="find" role="search"><Icon name="search" /><input type="search" value={p.query.get('q') ?? ''} aria-label={t('stock.find')} placeholder={t('stock.find')} onInput={(e) => go(withQuery({ q: e.currentTarget.value || null }), 'replace')} /></div>
      </div>
      {got.error ? <Note mark="fail" tone="fail" title={t('stock.failed', { why: why(got.error) })}><a href={to('/login', { next: '/inventory' })}>{t('account.signIn')}</a></Note>
        : got.loading ? <div class="card"><Skeleton label={t('page.loading', { city: t('stock.title') })} rows={8} /></div>
        : found.length === 0 ? <Note title={t(all.length ? 'data.none' : 'data.empty')} />
        : (
          <div class="card stock-scroll" tabIndex={0} role="region" aria-label={t('stock.title')}>
            <table class="stock">
              <thead><tr><th scope="col">{t('stock.dataset')}</th><th scope="col">{t('data.theme')}</th><th scope="col">{t('stock.metadata')}</th><th scope="col">{t('stock.typed')}</th><th scope="col">{t('stock.measured')}</th><th scope="col">{t('stock.freshness')}</th><th scope="col">{t('law.short')}</th><th scope="col">{t('stock.next')}</th></tr></thead>
              <tbody>{found.map((d) => <Line key={d.slug} d={d} busy={busy === d.slug} failed={failed?.slug === d.slug ? failed.text : undefined} publish={() => void publish(d)} />)}</tbody>
            </table>
          </div>
        )}
    </main>
  );
}

const titled = (d: InventoryLine): { text: string; lang?: string } => { const x = pick(d.typed.title); return x.text ? x : { text: d.slug }; };

function Line({ d, busy, failed, publish }: { d: InventoryLine; busy: boolean; failed?: string; publish: () => void }) {
  const title = titled(d);
  const lacks = d.missing ?? [];
  const against = d.contradictions ?? [];
  const state = stateOf(d);
  const high = d.typed.highValue?.length ? <abbr class="chip-s" title={t('stock.highValue')}>HVD</abbr> : null;
  return (
    <tr>
      <th scope="row">{d.state === 'published' ? <a href={to(d.href || `/id/dataset/${d.slug}`)} lang={title.lang}>{title.text}</a> : <span lang={title.lang}>{title.text}</span>} {high}<span class="sub">{d.typed.publisher}</span></th>
      <td data-head={t('data.theme')}>{(d.typed.themes ?? []).map(themeText).join(', ') || '\u2013'}</td>
      <td data-head={t('stock.metadata')}>{lacks.length ? <details class="lacks"><summary><StatusMark mark={d.state === 'published' ? 'fail' : 'attention'} />{t('stock.lacks', { n: lacks.length })}</summary><ul>{lacks.map((x) => <li key={x}>{lackText(x)}</li>)}</ul></details> : <span class="says"><StatusMark mark="ok" />{t('stock.complete')}</span>}</td>
      <td data-head={t('stock.typed')}>{d.typed.frequency ? frequencyText(d.typed.frequency) : '\u2013'}</td>
      <td data-head={t('stock.measured')}><span>{t('data.things', { n: d.measured.count })}</span>{d.measured.period ? <span class="sub">{t('stock.every', { age: ageText(d.measured.period) })}</span> : null}</td>
      <td data-head={t('stock.freshness')}>{against.length ? against.map((x) => <span class="says" key={x.field}><StatusMark mark="attention" /><span lang={pick(x.text).lang}>{pick(x.text).text}</span></span>)
        : d.measured.temporal ? <span class="says"><StatusMark mark="ok" />{t('stock.onTime')}</span>
        : d.measured.count ? <span class="says"><StatusMark mark="none" />{t('data.changed', { date: fullDate(Date.parse(d.measured.modified)) })}</span>
        : <span class="says"><StatusMark mark="unknown" />{t('stock.noData')}</span>}</td>
      <td data-head={t('law.short')}>{d.state === 'published' ? <a href={to(`/inventory/${d.slug}`)}>{t('law.open')}<span class="sr">: {title.text}</span></a> : '\u2013'}</td>
      <td data-head={t('stock.next')}>
        {state === 'withdrawn' ? <span class="quiet-text">{t('stock.withdrawn')}</span>
          : lacks.length ? <a href={to(`/inventory/${d.slug}/edit`)}>{t('stock.fill', { what: lackText(lacks[0]!) })}<span class="sr">: {title.text}</span></a>
          : d.state === 'draft' ? <button type="button" class="button" aria-disabled={busy} onClick={publish}>{t('stock.publish')}<span class="sr">: {title.text}</span></button>
          : against.length ? <a href={to(`/inventory/${d.slug}/edit`)}>{t('stock.check')}<span class="sr">: {title.text}</span></a>
          : <span class="quiet-text">{t('stock.nothing')}</span>}
        {state !== 'withdrawn' && !lacks.length && !against.length && <a class="sub" href={to(`/inventory/${d.slug}/edit`)}>{t('edit.open')}<span class="sr">: {title.text}</span></a>}
        {failed && <span class="field-error" role="alert"><StatusMark mark="fail" />{failed}</span>}
      </td>
    </tr>
  );
}
