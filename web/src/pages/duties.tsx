// Which acts of the Union and of the State apply to one dataset, on a day that
// the reader chooses, and what is still missing.
import { useEffect, useState } from 'preact/hooks';
import { get, request } from '../app/api';
import { city } from '../app/city';
import { one, titleOf } from '../app/datasets';
import { knownOf, questionsOf, standingOf, type Act, type Duty, type Fact, type Known, type Standing } from '../app/duties';
import { fullDate } from '../app/format';
import { lang, pick, t } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { knownKey, why } from '../ui/text';
import type { Mark } from '../live/model';

const marks: Record<Standing, Mark> = { unmet: 'fail', asked: 'person', met: 'ok', maybe: 'unknown' };
const order: Standing[] = ['unmet', 'asked', 'met', 'maybe'];

export function Duties() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const slug = decodeURIComponent(p.path.split('/')[2] ?? '');
  const [all, setAll] = useState(false);
  const on = p.query.get('on') ?? '';
  const adopted = p.query.get('adopted') ?? '';
  const set = useAnswer((signal) => one(slug, signal), [slug]);
  const book = useAnswer((signal) => get<{ acts: Act[]; facts: Fact[] }>('/api/law/acts', signal), []);
  const told = p.query.get('know') ?? '';
  const facts = book.value?.facts ?? [];
  const known = knownOf(told, facts);
  const got = useAnswer(async (signal) => {
    const own = await get<{ on: string; duties: Duty[]; facts?: Known }>(`/api/datasets/${encodeURIComponent(slug)}/duties?${new URLSearchParams({ ...(on ? { on } : {}), ...(adopted ? { adopted } : {}) })}`, signal);
    if (!Object.keys(known).length) return own;
    const body = JSON.stringify({ on: own.on, ...(adopted ? { adopted: [adopted] } : {}), facts: { ...own.facts, ...known } });
    return await (await request('/api/law/evaluate', { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal })).json() as typeof own;
  }, [slug, on, adopted, JSON.stringify(known)]);
  const tell = (name: string, v: string): void => {
    const rest = told.split(';').filter((x) => x && !x.startsWith(`${name}:`));
    go(withQuery({ know: [...rest, ...(v ? [`${name}:${v.replaceAll(';', ' ')}`] : [])].join(';') || null }), 'replace');
  };
  const saidOf = (name: string): string => told.split(';').find((x) => x.startsWith(`${name}:`))?.slice(name.length + 1) ?? '';
  const title = set.value ? titleOf(set.value) : { text: slug };
  useEffect(() => { document.title = [t('law.title'), title.text, c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c, title.text]);
  const duties = [...(got.value?.duties ?? [])].filter((d) => d.applies !== 'no').sort((a, b) => order.indexOf(standingOf(a)) - order.indexOf(standingOf(b)));
  const pending = (book.value?.acts ?? []).filter((a) => a.status === 'pending');
  const nameOf = (d: Duty): string => pick(book.value?.acts.find((a) => a.id === d.set)?.name).text || d.act;
  const ask = (name: string): string => pick(book.value?.facts.find((f) => f.name === name)?.ask).text || name;
  const count = (s: Standing): number => duties.filter((d) => standingOf(d) === s).length;
  useEffect(() => { if (got.value) answer(t('law.count', { n: duties.length })); }, [got.value]);
  return (
    <main id="main" class="page duties" tabIndex={-1}>
      <nav class="crumbs" aria-label={t('law.where')}><ol><li><a href={to('/inventory')}>{t('stock.title')}</a></li><li><a href={to(`/id/dataset/${slug}`)} lang={title.lang}>{title.text}</a></li></ol></nav>
      <h1 tabIndex={-1}>{t('law.title')}</h1>
      <p class="lead">{t('law.lead')}</p>
      <div class="law-tools">
        <div class="field"><label for="on">{t('law.on')}</label><input id="on" type="date" value={on || (got.value?.on ?? '')} onChange={(e) => go(withQuery({ on: e.currentTarget.value || null }), 'replace')} /></div>
        <div class="field"><label for="adopted">{t('law.if')}</label><select id="adopted" value={adopted} onChange={(e) => go(withQuery({ adopted: e.currentTarget.value || null }), 'replace')}><option value="">{t('law.asIs')}</option>{pending.map((a) => <option key={a.id} value={a.id}>{pick(a.name).text}</option>)}</select></div>
      </div>
      {got.error ? <Note mark="fail" tone="fail" title={t('law.failed', { why: why(got.error) })} />
        : got.loading || book.loading ? <div class="card"><Skeleton label={t('page.loading', { city: t('law.title') })} rows={6} /></div>
        : duties.length === 0 ? <Note title={t('law.none')} />
        : (
          <>
            <ul class="law-totals" aria-label={t('law.totals')}>{order.map((s) => <li key={s}><StatusMark mark={marks[s]} /><strong>{count(s)}</strong> {t(`law.${s}`)}</li>)}</ul>
            <fieldset class="card questions"><legend>{t('law.questions')}</legend>{questionsOf(duties, facts, known, 4).map((f) => (
              <div class="field" key={f.name}><label for={f.name}>{pick(f.ask).text}</label>
                {f.type === 'bool' || f.values ? <select id={f.name} value={saidOf(f.name)} onChange={(e) => tell(f.name, e.currentTarget.value)}><option value="">{t('law.unknown')}</option>{f.type === 'bool' ? <><option value="yes">{t('law.yes')}</option><option value="no">{t('law.no')}</option></> : <>{f.values!.map((v) => <option key={v} value={v}>{t(knownKey(`fact.${v}`) ?? 'law.other', { what: v })}</option>)}{f.type === 'list' && <option value="none">{t('law.noneOf')}</option>}</>}</select>
                  : <input id={f.name} type={(f.type === 'number' ? 'number' : 'text') as 'text'} value={saidOf(f.name)} onChange={(e) => tell(f.name, e.currentTarget.value.trim())} />}
              </div>
            ))}</fieldset>
            <ol class="card law-list">{duties.filter((d) => all || standingOf(d) !== 'maybe').map((d) => {
              const s = standingOf(d);
              return (
                <li key={d.id}>
                  <h2><StatusMark mark={marks[s]} /><span class="sr">{t(`law.${s}`)}: </span>{pick(d.title).text}</h2>
                  <p lang={pick(d.duty).lang}>{pick(d.duty).text}</p>
                  {d.missing && d.missing.length > 0 && <details class="lacks"><summary>{t(s === 'maybe' ? 'law.decide' : 'law.show', { n: d.missing.length })}</summary><ul>{d.missing.map((x) => <li key={x}>{ask(x)}</li>)}</ul></details>}
                  {d.due && <p class="says"><StatusMark mark="attention" />{t('law.due', { date: fullDate(Date.parse(d.due.last)) })}</p>}
                  {d.limit && <p class="quiet-text">{pick(d.limit).text}</p>}
                  <p class="facts"><span>{nameOf(d)}</span><span>{d.article}</span>{d.status === 'pending' && <span class="chip-s">{t('law.pending')}</span>}{d.verification === 'unverified' && <span class="chip-s">{t('law.unverified')}</span>}{d.verification === 'secondary' && <span class="chip-s">{t('law.secondary')}</span>}</p>
                </li>
              );
            })}{!all && duties.every((d) => standingOf(d) === 'maybe') && <li><p>{t('law.answerFirst')}</p></li>}</ol>
            {count('maybe') > 0 && <button type="button" class="button" aria-pressed={all} onClick={() => setAll(!all)}>{t('law.showMaybe', { n: count('maybe') })}</button>}
          </>
        )}
      <p class="quiet-text">{t('law.caveat')}</p>
    </main>
  );
}
