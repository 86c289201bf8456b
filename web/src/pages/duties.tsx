// Which acts of the Union and of the State apply to one dataset, on a day that
// the reader chooses, what is still missing, and what can be done about it.
import { useEffect, useState } from 'preact/hooks';
import { get, request } from '../app/api';
import { city } from '../app/city';
import { one, titleOf } from '../app/datasets';
import { compare, differs, knownOf, questionsOf, standingOf, textOf, type Act, type Assessment, type Fact, type State } from '../app/duties';
import { fullDate } from '../app/format';
import { lang, pick, t } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { StatusMark } from '../ui/marks';
import { curates, DutyItem, marks, order, Question, send } from '../ui/law';
import { Note, Segmented, Skeleton, useAnswer } from '../ui/parts';
import { why } from '../ui/text';

type Book = { acts: Act[]; facts: Fact[] };

const ask = (slug: string, q: Record<string, string>, signal: AbortSignal): Promise<State> => get<State>(`/api/datasets/${encodeURIComponent(slug)}/duties?${new URLSearchParams(q)}`, signal);

export function Duties() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const slug = decodeURIComponent(p.path.split('/')[2] ?? '');
  const [all, setAll] = useState(false);
  const [failed, setFailed] = useState('');
  const on = p.query.get('on') ?? '';
  const adopted = p.query.get('adopted') ?? '';
  const beside = p.query.get('compare') === '1';
  const set = useAnswer((signal) => one(slug, signal), [slug]);
  const book = useAnswer((signal) => get<Book>('/api/law/acts', signal), []);
  const told = p.query.get('know') ?? '';
  const facts = book.value?.facts ?? [];
  const known = knownOf(told, facts);
  const trial = Object.keys(known).length > 0;
  const got = useAnswer(async (signal) => {
    const own = await ask(slug, { ...(on ? { on } : {}), ...(adopted ? { adopted } : {}) }, signal);
    if (!trial) return own;
    const body = JSON.stringify({ on: own.on, ...(adopted ? { adopted: [adopted] } : {}), facts: { ...own.facts, ...known } });
    const what = await (await request('/api/law/evaluate', { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal })).json() as State;
    return { ...own, duties: what.duties.filter((d) => d.about === 'dataset') };
  }, [slug, on, adopted, JSON.stringify(known)]);
  const tell = (name: string, v: string): void => {
    const rest = told.split(';').filter((x) => x && !x.startsWith(`${name}:`));
    go(withQuery({ know: [...rest, ...(v ? [`${name}:${v.replaceAll(';', ' ')}`] : [])].join(';') || null }), 'replace');
  };
  const saidOf = (name: string): string => told.split(';').find((x) => x.startsWith(`${name}:`))?.slice(name.length + 1) ?? '';
  const keep = async (): Promise<void> => {
    setFailed('');
    const holder = Object.fromEntries(Object.entries(known).filter(([n]) => n.startsWith('holder.')));
    const own = Object.fromEntries(Object.entries(known).filter(([n]) => !n.startsWith('holder.')));
    try {
      if (Object.keys(holder).length) await send('/api/duties/answers', 'PATCH', { facts: holder });
      if (Object.keys(own).length) await send(`/api/datasets/${encodeURIComponent(slug)}/answers`, 'PATCH', { facts: own });
      answer(t('duty.kept'));
      go(withQuery({ know: null }), 'replace');
    } catch (e) { setFailed(t('duty.keepFailed', { why: why(e) })); }
  };
  const title = set.value ? titleOf(set.value) : { text: slug };
  useEffect(() => { document.title = [t('law.title'), title.text, c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c, title.text]);
  const duties = [...(got.value?.duties ?? [])].filter((d) => d.applies !== 'no').sort((a, b) => order.indexOf(standingOf(a)) - order.indexOf(standingOf(b)));
  const pending = (book.value?.acts ?? []).filter((a) => a.status === 'pending');
  const count = (s: string): number => duties.filter((d) => standingOf(d) === s).length;
  const nameOf = (name: string): string => pick(facts.find((f) => f.name === name)?.ask).text || name;
  useEffect(() => { if (got.value) answer(t('law.count', { n: duties.length })); }, [got.value]);
  return (
    <main id="main" class="page duties" tabIndex={-1}>
      <nav class="crumbs" aria-label={t('law.where')}><ol><li><a href={to('/inventory')}>{t('stock.title')}</a></li><li><a href={to(`/id/dataset/${slug}`)} lang={title.lang}>{title.text}</a></li></ol></nav>
      <h1 tabIndex={-1}>{t('law.title')}</h1>
      <p class="lead">{t('law.lead')} {curates() && <a href={to('/duties')}>{t('duty.title')}</a>}</p>
      <div class="law-tools">
        <div class="field"><label for="on">{t('law.on')}</label><input id="on" type="date" value={on || (got.value?.on ?? '')} onChange={(e) => go(withQuery({ on: e.currentTarget.value || null }), 'replace')} /></div>
        <div class="field"><label for="adopted">{t('law.if')}</label><select id="adopted" value={adopted} onChange={(e) => go(withQuery({ adopted: e.currentTarget.value || null }), 'replace')}><option value="">{t('law.asIs')}</option>{pending.map((a) => <option key={a.id} value={a.id}>{pick(a.name).text}</option>)}</select></div>
        <Segmented label={t('law.if')} choices={[{ value: '', text: t('duty.single') }, { value: '1', text: t('duty.compare') }]} value={beside ? '1' : ''} onChange={(v) => go(withQuery({ compare: v || null }), 'replace')} />
      </div>
      {got.error ? <Note mark="fail" tone="fail" title={t('law.failed', { why: why(got.error) })} />
        : got.loading || book.loading ? <div class="card"><Skeleton label={t('page.loading', { city: t('law.title') })} rows={6} /></div>
        : beside ? <Beside slug={slug} on={on} adopted={adopted} acts={book.value?.acts ?? []} />
        : duties.length === 0 ? <Note title={t('law.none')} />
        : (
          <>
            <ul class="law-totals" aria-label={t('law.totals')}>{order.map((s) => <li key={s}><StatusMark mark={marks[s]} /><strong>{count(s)}</strong> {t(`law.${s}`)}</li>)}</ul>
            {got.value?.against?.length ? <Note mark="attention" tone="attention" title={t('duty.against', { what: got.value.against.map(nameOf).join(', ') })} /> : null}
            {trial && <Note mark="none" title={t('duty.whatIf')}>{curates() && <button type="button" class="button" onClick={() => void keep()}>{t('duty.keepTrial')}</button>}</Note>}
            {failed && <Note mark="fail" tone="fail" title={failed} />}
            <fieldset class="card questions"><legend>{t('law.questions')}</legend>{questionsOf(duties, facts, known, 4).map((f) => <Question key={f.name} f={f} value={saidOf(f.name)} onChange={(v) => tell(f.name, v)} />)}</fieldset>
            <ol class="card law-list">{duties.filter((d) => all || standingOf(d) !== 'maybe').map((d) => <DutyItem key={d.id} d={d} state={trial ? undefined : got.value} acts={book.value?.acts ?? []} facts={facts} slug={slug} changed={got.again} />)}
              {!all && duties.every((d) => standingOf(d) === 'maybe') && <li><p>{t('law.answerFirst')}</p></li>}</ol>
            {count('maybe') > 0 && <button type="button" class="button" aria-pressed={all} onClick={() => setAll(!all)}>{t('law.showMaybe', { n: count('maybe') })}</button>}
            {curates() && !trial && <><Told slug={slug} facts={facts} changed={got.again} /><Signed slug={slug} on={on} adopted={adopted} /></>}
          </>
        )}
      <p class="quiet-text">{t('law.caveat')}</p>
    </main>
  );
}

/** Today, on the day and if adopted, a column each. */
function Beside({ slug, on, adopted, acts }: { slug: string; on: string; adopted: string; acts: Act[] }) {
  const [all, setAll] = useState(false);
  const heads: { text: string; q: Record<string, string> }[] = [{ text: t('duty.today'), q: {} }];
  if (on) heads.push({ text: t('duty.onDay', { date: fullDate(Date.parse(on)) }), q: { on } });
  if (adopted) heads.push({ text: t('duty.ifAdopted', { name: pick(acts.find((a) => a.id === adopted)?.name).text || adopted }), q: { adopted, ...(on ? { on } : {}) } });
  const got = useAnswer(async (signal) => compare((await Promise.all(heads.map((h) => ask(slug, h.q, signal)))).map((s) => s.duties)), [slug, on, adopted]);
  if (heads.length === 1) return <Note title={t('duty.pickCompare')} />;
  if (got.error) return <Note mark="fail" tone="fail" title={t('law.failed', { why: why(got.error) })} />;
  if (!got.value) return <div class="card"><Skeleton label={t('page.loading', { city: t('law.title') })} rows={6} /></div>;
  const rows = got.value.filter((l) => all || differs(l));
  return (
    <>
      {rows.length === 0 ? <Note mark="ok" title={t('duty.same')} /> : (
        <div class="card stock-scroll" tabIndex={0} role="region" aria-label={t('duty.compare')}>
          <table class="stock beside">
            <thead><tr><th scope="col">{t('law.title')}</th>{heads.map((h) => <th scope="col" key={h.text}>{h.text}</th>)}</tr></thead>
            <tbody>{rows.map((l) => <tr key={l.id}><th scope="row" lang={pick(l.title).lang}>{pick(l.title).text}<span class="sub">{pick(acts.find((a) => a.id === l.set)?.name).text}, {l.article}</span></th>{l.states.map((s, i) => <td key={i} data-head={heads[i]!.text}>{s ? <span class="says"><StatusMark mark={marks[s]} />{t(`law.${s}`)}</span> : <span class="says"><StatusMark mark="none" />{t('duty.absent')}</span>}</td>)}</tr>)}</tbody>
          </table>
        </div>
      )}
      <button type="button" class="button" aria-pressed={all} onClick={() => setAll(!all)}>{t(all ? 'duty.onlyDifferent' : 'duty.allRows')}</button>
    </>
  );
}

/** What people said of the dataset, to be taken back or changed. */
function Told({ slug, facts, changed }: { slug: string; facts: Fact[]; changed: () => void }) {
  const [failed, setFailed] = useState('');
  const path = `/api/datasets/${encodeURIComponent(slug)}/answers`;
  const got = useAnswer((signal) => get<{ facts: { name: string; value: unknown; by: string; at: string }[] }>(path, signal), [slug]);
  if (!got.value?.facts.length) return null;
  const tell = async (name: string): Promise<void> => {
    setFailed('');
    try { await send(path, 'PATCH', { facts: { [name]: null } }); answer(t('duty.kept')); got.again(); changed(); } catch (e) { setFailed(why(e)); }
  };
  return (
    <section class="card kept"><h2>{t('duty.fromDataset')}</h2>
      <ul>{got.value.facts.map((x) => <li key={x.name}><span>{pick(facts.find((f) => f.name === x.name)?.ask).text || x.name} <strong>{words(textOf(x.value))}</strong></span> <span class="quiet-text">{t('duty.told', { who: x.by, date: fullDate(Date.parse(x.at)) })}</span> <button type="button" class="link" onClick={() => void tell(x.name)}>{t('duty.takeBack')}<span class="sr">: {x.name}</span></button></li>)}</ul>
      {failed && <Note mark="fail" tone="fail" title={t('duty.keepFailed', { why: failed })} />}
    </section>
  );
}
const words = (s: string): string => (s === 'yes' ? t('law.yes') : s === 'no' ? t('law.no') : s === 'none' ? t('law.noneOf') : s);

/** Signed assessments, and signing the next. */
function Signed({ slug, on, adopted }: { slug: string; on: string; adopted: string }) {
  const [note, setNote] = useState('');
  const [failed, setFailed] = useState('');
  const path = `/api/datasets/${encodeURIComponent(slug)}/assessments`;
  const got = useAnswer((signal) => get<{ assessments: Assessment[] }>(path, signal), [slug]);
  const sign = async (): Promise<void> => {
    setFailed('');
    try {
      const a = await (await send(path, 'POST', { note, ...(on ? { on } : {}), ...(adopted ? { adopted: [adopted] } : {}) })).json() as Assessment;
      answer(t('duty.signed', { n: a.number })); setNote(''); got.again();
    } catch (e) { setFailed(why(e)); }
  };
  const list = got.value?.assessments ?? [];
  return (
    <section class="card kept"><h2>{t('duty.sign')}</h2>
      <p class="quiet-text">{t('duty.signHelp')}</p>
      <form onSubmit={(e) => { e.preventDefault(); void sign(); }}><div class="field"><label for="sign-note">{t('duty.signNote')}</label><input id="sign-note" type="text" value={note} onInput={(e) => setNote(e.currentTarget.value)} /></div><button type="submit" class="button">{t('duty.sign')}</button></form>
      {list.length > 0 && <><h3>{t('duty.signedList')}</h3><ul>{list.map((a) => <li key={a.number}>{t('duty.signedLine', { n: a.number, date: fullDate(Date.parse(a.at)), who: a.by, ...tally(a) })} {a.note && <span class="quiet-text">{a.note}</span>}</li>)}</ul></>}
      {failed && <Note mark="fail" tone="fail" title={t('duty.failed', { why: failed })} />}
    </section>
  );
}

function tally(a: Assessment): { unmet: number; asked: number; met: number } {
  const n = (s: string): number => a.duties.filter((d) => d.standing === s).length;
  return { unmet: n('unmet'), asked: n('asked'), met: n('met') };
}
