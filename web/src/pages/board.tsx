// The organisation and all its datasets beside the acts: where each stands,
// what becomes due when, the reports; and in its other parts the facts of the
// organisation, the record of processing and the rule sets.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../app/api';
import { city } from '../app/city';
import { standingOf, textOf, valueOf, type Act, type Board, type Cell, type Event, type Fact, type Row, type State } from '../app/duties';
import { fullDate } from '../app/format';
import { lang, pick, t, type Key } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { DutyItem, marks, order, Question, send } from '../ui/law';
import { WorkNav } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { why } from '../ui/text';
import { RuleSets } from './acts';
import { Processing } from './processing';

const views = [['', 'duty.board'], ['holder', 'duty.holder'], ['processing', 'duty.processing'], ['acts', 'duty.acts']] as const;

export function BoardPage() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const view = views.find(([v]) => v === (p.query.get('view') ?? ''))?.[0] ?? '';
  const name = t(views.find(([v]) => v === view)![1]);
  const book = useAnswer((signal) => get<{ acts: Act[]; facts: Fact[] }>('/api/law/acts', signal), []);
  useEffect(() => { document.title = [name, t('duty.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c, name]);
  const acts = book.value?.acts ?? [];
  const facts = book.value?.facts ?? [];
  return (
    <main id="main" class="page board" tabIndex={-1}>
      <WorkNav />
      <h1 tabIndex={-1}>{t('duty.title')}</h1>
      <p class="lead">{t('duty.lead', { city: c.name })}</p>
      <nav class="views" aria-label={t('duty.views')}>{views.map(([v, k]) => <a key={v} href={to('/duties', v ? { view: v } : {})} aria-current={v === view ? 'page' : undefined}>{t(k)}</a>)}</nav>
      {book.error ? <Note mark="fail" tone="fail" title={t('law.failed', { why: why(book.error) })}><a href={to('/login', { next: '/duties' })}>{t('account.signIn')}</a></Note>
        : view === 'holder' ? <Holder acts={acts} facts={facts} />
        : view === 'processing' ? <Processing />
        : view === 'acts' ? <RuleSets acts={acts} again={book.again} />
        : <Overview acts={acts} />}
      <p class="quiet-text">{t('law.caveat')}</p>
    </main>
  );
}

function Overview({ acts }: { acts: Act[] }) {
  const p = useSignal(place);
  const on = p.query.get('on') ?? '';
  const adopted = p.query.get('adopted') ?? '';
  const act = p.query.get('act') ?? '';
  const only = p.query.get('only') === 'unmet';
  const query = new URLSearchParams({ ...(on ? { on } : {}), ...(adopted ? { adopted } : {}), ...(act ? { act } : {}) });
  const got = useAnswer((signal) => get<Board>(`/api/duties?${query}`, signal), [query.toString()]);
  const rows = (got.value?.rows ?? []).filter((r) => !only || r.cells.some((x) => x.unmet > 0));
  useEffect(() => { if (got.value) answer(t('data.count', { n: rows.length })); }, [got.value, only]);
  const change = (m: Record<string, string | null>): void => go(withQuery(m), 'replace');
  return (
    <>
      <div class="law-tools">
        <div class="field"><label for="on">{t('law.on')}</label><input id="on" type="date" value={on || (got.value?.on ?? '')} onChange={(e) => change({ on: e.currentTarget.value || null })} /></div>
        <div class="field"><label for="adopted">{t('law.if')}</label><select id="adopted" value={adopted} onChange={(e) => change({ adopted: e.currentTarget.value || null })}><option value="">{t('law.asIs')}</option>{acts.filter((a) => a.status === 'pending').map((a) => <option key={a.id} value={a.id}>{pick(a.name).text}</option>)}</select></div>
        <div class="field"><label for="act">{t('duty.act')}</label><select id="act" value={act} onChange={(e) => change({ act: e.currentTarget.value || null })}><option value="">{t('duty.allActs')}</option>{acts.filter((a) => a.status !== 'pending' || a.id === adopted).map((a) => <option key={a.id} value={a.id}>{pick(a.name).text}</option>)}</select></div>
      </div>
      <div class="stock-tools"><div class="stock-chips" role="group" aria-label={t('duty.show')}><button type="button" aria-pressed={only} onClick={() => change({ only: only ? null : 'unmet' })}><StatusMark mark="fail" />{t('duty.onlyUnmet')}</button></div></div>
      {got.error ? <Note mark="fail" tone="fail" title={t('law.failed', { why: why(got.error) })}><a href={to('/login', { next: '/duties' })}>{t('account.signIn')}</a></Note>
        : !got.value ? <div class="card"><Skeleton label={t('page.loading', { city: t('duty.title') })} rows={8} /></div>
        : <>
          {rows.length === 0 ? <Note title={t('duty.noRows')} /> : <Matrix board={got.value} rows={rows} act={act} />}
          <h2 class="part-title">{t('duty.timeline')}</h2>
          <Timeline events={got.value.timeline} acts={acts} />
        </>}
      <h2 class="part-title">{t('duty.exports')}</h2>
      <Reports query={query} />
    </>
  );
}

const words: { s: 'unmet' | 'asked' | 'met' | 'maybe'; key: Key }[] = [{ s: 'unmet', key: 'duty.cellUnmet' }, { s: 'asked', key: 'duty.cellAsked' }, { s: 'maybe', key: 'duty.cellMaybe' }, { s: 'met', key: 'duty.cellMet' }];

function CellText({ x }: { x: Cell }) {
  return <div>{words.filter((w) => x[w.s] > 0).map((w) => <span class="says" key={w.s}><StatusMark mark={marks[w.s]} />{t(w.key, { n: x[w.s] })}</span>)}{x.actions ? <span class="sub">{t('duty.cellActions', { n: x.actions })}</span> : null}</div>;
}

function Matrix({ board, rows, act }: { board: Board; rows: Row[]; act: string }) {
  const keep = (extra: Record<string, string>): Record<string, string> => { const q = place.get().query; const out = { ...extra }; for (const k of ['on', 'adopted']) { const v = q.get(k); if (v) out[k] = v; } return out; };
  // Acts with something to do come first.
  const urgency = (id: string): number => { const xs = board.rows.flatMap((r) => r.cells.filter((x) => x.column === id)); return xs.some((x) => x.unmet) ? 0 : xs.some((x) => x.asked) ? 1 : xs.some((x) => x.met) ? 2 : 3; };
  const columns = act ? board.columns : [...board.columns].sort((a, b) => urgency(a.id) - urgency(b.id));
  return (
    <div class="card stock-scroll" tabIndex={0} role="region" aria-label={t('duty.board')}>
      <table class="stock matrix">
        <thead><tr><th scope="col">{t('duty.row')}</th>{columns.map((c) => <th scope="col" key={c.id}>{act ? <>{pick(c.name).text}<span class="sub">{c.short}</span></> : <a href={withQuery({ act: c.id })}>{pick(c.name).text}</a>}{c.status === 'pending' && <span class="sub">{t('law.pending')}</span>}</th>)}</tr></thead>
        <tbody>{rows.map((r) => (
          <tr key={r.slug ?? ''}>
            <th scope="row"><a href={r.slug ? to(`/inventory/${r.slug}`, keep({})) : to('/duties', keep({ view: 'holder' }))} lang={r.slug ? pick(r.title).lang : undefined}>{r.slug ? pick(r.title).text || r.slug : t('duty.own')}</a>{r.state === 'draft' && <span class="sub">{t('duty.draft')}</span>}</th>
            {columns.map((c) => { const x = r.cells.find((y) => y.column === c.id); return <td key={c.id} class={x ? undefined : 'no-duty'} data-head={pick(c.name).text}>{x ? <CellText x={x} /> : <span class="quiet-text"><span aria-hidden="true">{'\u2013'}</span><span class="sr">{t('duty.nothing')}</span></span>}</td>; })}
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function whom(e: Event): string[] {
  const sets = (l: string[]): number => l.filter((x) => x !== '').length;
  const out: string[] = [];
  if (e.applies.includes('')) out.push(t('duty.concernsOwn'));
  if (e.open.includes('')) out.push(t('duty.mayConcernOwn'));
  if (sets(e.applies)) out.push(t('duty.concerns', { n: sets(e.applies) }));
  if (sets(e.open)) out.push(t('duty.mayConcern', { n: sets(e.open) }));
  return out;
}

function Timeline({ events, acts }: { events: Event[]; acts: Act[] }) {
  if (!events.length) return <Note title={t('duty.noEvents')} />;
  return (
    <ol class="card timeline">{events.map((e) => (
      <li key={`${e.date}${e.rule}${e.kind}`}>
        <time dateTime={e.date}>{fullDate(Date.parse(e.date))}</time>
        <div><strong>{pick(e.title).text}</strong> {t(`duty.${e.kind}`)}
          <p class="facts"><span>{pick(acts.find((a) => a.id === e.set)?.name).text}</span><span>{e.article}</span>{whom(e).map((x) => <span key={x}>{x}</span>)}{e.status === 'pending' && <span class="chip-s">{t('law.pending')}</span>}{e.verification === 'unverified' && <span class="chip-s">{t('law.unverified')}</span>}</p>
        </div>
      </li>
    ))}</ol>
  );
}

function Reports({ query }: { query: URLSearchParams }) {
  const here = useSignal(lang);
  const address = (name: string, format: string): string => { const q = new URLSearchParams(query); q.delete('act'); q.set('lang', here); q.set('format', format); return `/api/duties/reports/${name}?${q}`; };
  return (
    <ul class="card reports">{(['duties', 'hvd', 'processing'] as const).map((r) => (
      <li key={r}><span>{t(`duty.report.${r}`)}</span><span class="formats">{[['html', t('duty.page')], ['pdf', 'PDF'], ['csv', 'CSV'], ['jsonld', 'JSON-LD']].map(([f, n]) => <a key={f} href={address(r, f!)} download={f === 'html' ? undefined : ''}>{n}<span class="sr">: {t(`duty.report.${r}`)}</span></a>)}</span></li>
    ))}</ul>
  );
}

/** The facts of the organisation and the duties that no dataset is needed for. */
function Holder({ acts, facts }: { acts: Act[]; facts: Fact[] }) {
  const p = useSignal(place);
  const on = p.query.get('on') ?? '';
  const adopted = p.query.get('adopted') ?? '';
  const [form, setForm] = useState<Record<string, string>>({});
  const [all, setAll] = useState(false);
  const [failed, setFailed] = useState('');
  const kept = useAnswer((signal) => get<{ facts: { name: string; value: unknown; by: string; at: string }[] }>('/api/duties/answers', signal), []);
  const got = useAnswer((signal) => get<State>(`/api/duties/organisation?${new URLSearchParams({ ...(on ? { on } : {}), ...(adopted ? { adopted } : {}) })}`, signal), [on, adopted]);
  const said = (name: string) => kept.value?.facts.find((x) => x.name === name);
  const asked = facts.filter((f) => f.name.startsWith('holder.') || (/^(site|ai|contract|product)\./.test(f.name) && f.type !== 'instant'));
  const keep = async (): Promise<void> => {
    setFailed('');
    try {
      const values = Object.fromEntries(Object.entries(form).map(([n, v]) => [n, valueOf(facts.find((f) => f.name === n)!, v)]));
      await send('/api/duties/answers', 'PATCH', { facts: values });
      answer(t('duty.kept')); setForm({}); kept.again(); got.again();
    } catch (e) { setFailed(why(e)); }
  };
  const duties = [...(got.value?.duties ?? [])].sort((a, b) => order.indexOf(standingOf(a)) - order.indexOf(standingOf(b)));
  const maybe = duties.filter((d) => standingOf(d) === 'maybe').length;
  const question = (f: Fact) => { const x = said(f.name); return <Question key={f.name} f={f} value={form[f.name] ?? textOf(x?.value)} hint={x ? t('duty.told', { who: x.by, date: fullDate(Date.parse(x.at)) }) : undefined} onChange={(v) => setForm({ ...form, [f.name]: v })} />; };
  return (
    <div class="duties part">
      <h2>{t('duty.facts')}</h2>
      <p class="quiet-text">{t('duty.factsHelp')}</p>
      {kept.error ? <Note mark="fail" tone="fail" title={t('law.failed', { why: why(kept.error) })} /> : !kept.value ? <div class="card"><Skeleton label={t('panel.loading')} rows={5} /></div> : (
        <form onSubmit={(e) => { e.preventDefault(); void keep(); }}>
          <fieldset class="card questions"><legend>{t('duty.holder')}</legend>{asked.filter((f) => f.name.startsWith('holder.')).map(question)}</fieldset>
          <details class="more-facts"><summary>{t('duty.moreFacts')}</summary><div class="card questions">{asked.filter((f) => !f.name.startsWith('holder.')).map(question)}</div></details>
          <button type="submit" class="button primary">{t('duty.keep')}</button>
          {failed && <Note mark="fail" tone="fail" title={t('duty.keepFailed', { why: failed })} />}
        </form>
      )}
      <h2>{t('law.title')}</h2>
      {got.error ? <Note mark="fail" tone="fail" title={t('law.failed', { why: why(got.error) })} /> : !got.value ? <div class="card"><Skeleton label={t('panel.loading')} rows={6} /></div> : (
        <>
          <ul class="law-totals" aria-label={t('law.totals')}>{order.map((s) => <li key={s}><StatusMark mark={marks[s]} /><strong>{duties.filter((d) => standingOf(d) === s).length}</strong> {t(`law.${s}`)}</li>)}</ul>
          <ol class="card law-list">{duties.filter((d) => all || standingOf(d) !== 'maybe').map((d) => <DutyItem key={d.id} d={d} state={got.value} acts={acts} facts={facts} changed={got.again} />)}{!all && duties.length === maybe && <li><p>{t('law.answerFirst')}</p></li>}</ol>
          {maybe > 0 && <button type="button" class="button" aria-pressed={all} onClick={() => setAll(!all)}>{t('law.showMaybe', { n: maybe })}</button>}
        </>
      )}
    </div>
  );
}
