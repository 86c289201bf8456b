// The steward's desk: every request with the clock of its law.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../app/api';
import { dayMs, gone, inGroup, kinds, marks, post, type Group, type Line, type Whole } from '../app/desk';
import { fullDate, number } from '../app/format';
import { lang, languages, pick, t, type Key } from '../app/lang';
import { answer, show } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { DeskNav, windowTitle } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { knownKey, why } from '../ui/text';
import type { Mark } from '../live/model';

const groups: { id: Group; key: Key; mark: Mark }[] = [{ id: 'urgent', key: 'clerk.urgent', mark: 'fail' }, { id: 'open', key: 'clerk.open', mark: 'ok' }, { id: 'answered', key: 'clerk.answered', mark: 'none' }];

/** How long is left, in words; nothing where no clock runs any more. */
export function leftText(d: { standing: Line['standing']; workingDays: number }): string {
  if (inGroup(d.standing, 'answered') || d.standing === 'stopped' || d.workingDays < 0) return '';
  return d.workingDays === 0 ? t('clerk.today') : t('clerk.days', { n: d.workingDays });
}

export function Desk() {
  const here = useSignal(lang);
  const p = useSignal(place);
  const got = useAnswer(async (s) => (await get<{ requests: Line[] }>('/api/desk/requests', s)).requests, []);
  useEffect(() => { document.title = windowTitle(t('desk.desk')); }, [here]);
  const all = got.value ?? [];
  const only = groups.find((g) => g.id === p.query.get('state'))?.id;
  const found = all.filter((r) => !only || inGroup(r.standing, only));
  useEffect(() => { if (got.value) answer(t('clerk.count', { n: found.length })); }, [got.value, found.length]);
  return (
    <main id="main" class="page inventory clerk" tabIndex={-1}>
      <DeskNav />
      <h1 tabIndex={-1}>{t('desk.desk')}</h1>
      <p class="lead">{t('clerk.lead')}</p>
      <div class="stock-tools"><div class="stock-chips" role="group" aria-label={t('data.filters')}>
        <button type="button" aria-pressed={!only} onClick={() => go(withQuery({ state: null }), 'replace')}>{t('clerk.all')} <span class="n">{number(all.length)}</span></button>
        {groups.map((g) => { const n = all.filter((r) => inGroup(r.standing, g.id)).length; return n > 0 && <button type="button" key={g.id} aria-pressed={only === g.id} onClick={() => go(withQuery({ state: only === g.id ? null : g.id }), 'replace')}><StatusMark mark={g.mark} />{t(g.key)} <span class="n">{number(n)}</span></button>; })}
      </div></div>
      {got.error ? <Note mark="fail" tone="fail" title={t('clerk.failed', { why: why(got.error) })}><a href={to('/login', { next: '/desk' })}>{t('account.signIn')}</a></Note>
        : got.loading ? <div class="card"><Skeleton label={t('page.loading', { city: t('desk.desk') })} rows={6} /></div>
        : found.length === 0 ? <Note title={t('clerk.none')} />
        : (
          <div class="card stock-scroll" tabIndex={0} role="region" aria-label={t('desk.desk')}>
            <table class="stock">
              <thead><tr><th scope="col">{t('clerk.request')}</th><th scope="col">{t('clerk.state')}</th><th scope="col">{t('clerk.last')}</th><th scope="col">{t('clerk.law')}</th><th scope="col">{t('clerk.received')}</th><th scope="col">{t('clerk.next')}</th></tr></thead>
              <tbody>{found.map((r) => (
                <tr key={r.id}>
                  <th scope="row"><a href={to(`/desk/${r.id}`)}>{r.subject || r.id}</a><span class="sub">{r.id}, {r.organisation || r.name || t('clerk.erased')}</span></th>
                  <td data-head={t('clerk.state')}><span class="says"><StatusMark mark={marks[r.standing]} />{t(`standing.${r.standing}`)}</span>{leftText(r) && <span class="sub">{leftText(r)}</span>}</td>
                  <td class="day" data-head={t('clerk.last')}>{fullDate(dayMs(r.last))}{r.extended && <span class="sub">{t('clerk.extended')}</span>}</td>
                  <td data-head={t('clerk.law')}>{pick(r.act).text}<span class="sub">{r.article}</span></td>
                  <td class="day" data-head={t('clerk.received')}>{fullDate(Date.parse(r.received))}</td>
                  <td data-head={t('clerk.next')}>{r.next === 'nothing' ? <span class="quiet-text">{t('step.nothing')}</span> : <a href={to(`/desk/${r.id}`)} aria-label={`${t(`step.${r.next}`)}: ${r.id}`}>{t(`step.${r.next}`)}</a>}{r.nextBy && <span class="sub">{t(gone(r) ? 'step.was' : 'step.by', { date: fullDate(dayMs(r.nextBy)) })}</span>}</td>
                </tr>
              ))}</tbody>
            </table>
          </div>
        )}
      {!got.error && <Enter />}
    </main>
  );
}

/** What came by post, e-mail or hand: its clock runs from the day it came. */
function Enter() {
  const here = useSignal(lang);
  const offered = useAnswer(kinds, []);
  const [f, set] = useState({ channel: 'post', day: '', kind: '', lang: here as string, subject: '', purpose: '', name: '', organisation: '', email: '', address: '' });
  const [failed, setFailed] = useState('');
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault(); setFailed('');
    try {
      const { day, ...rest } = f;
      // At noon of the day, in the reader's zone: the hour does not count, the day does.
      const made = await post<Whole>('/api/desk/requests', { ...rest, kind: f.kind || offered.value?.[0]?.kind, ...(day && day !== new Date().toISOString().slice(0, 10) ? { received: new Date(`${day}T12:00:00`).toISOString() } : {}) });
      show(t('file.done', { what: made.id }));
      go(to(`/desk/${made.id}`));
    } catch (err) { setFailed(t('file.failed', { why: why(err) })); }
  };
  const field = (k: 'subject' | 'name' | 'organisation' | 'email' | 'address' | 'purpose', label: string, rows = 0) => <div class="field"><label for={`enter-${k}`}>{label}</label>{rows ? <textarea id={`enter-${k}`} rows={rows} value={f[k]} onInput={(e) => set({ ...f, [k]: e.currentTarget.value })} /> : <input id={`enter-${k}`} autocomplete="off" value={f[k]} onInput={(e) => set({ ...f, [k]: e.currentTarget.value })} />}</div>;
  return (
    <details class="card moderate enter"><summary><strong>{t('enter.title')}</strong></summary>
      <form class="step" onSubmit={(e) => void submit(e)}>
        {failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
        <div class="two">
          <div class="field"><label for="enter-channel">{t('enter.channel')}</label><select id="enter-channel" value={f.channel} onChange={(e) => set({ ...f, channel: e.currentTarget.value })}>{(['post', 'email', 'hand'] as const).map((h) => <option key={h} value={h}>{t(`how.${h}`)}</option>)}</select></div>
          <div class="field"><label for="enter-day">{t('enter.day')}</label><input id="enter-day" type="date" value={f.day} onInput={(e) => set({ ...f, day: e.currentTarget.value })} /></div>
          <div class="field"><label for="enter-kind">{t('ask.kind')}</label><select id="enter-kind" value={f.kind} onChange={(e) => set({ ...f, kind: e.currentTarget.value })}>{(offered.value ?? []).map((k) => <option key={k.kind} value={k.kind}>{knownKey(`ask.${k.kind}`) ? t(`ask.${k.kind}` as Key) : k.kind}</option>)}</select></div>
          <div class="field"><label for="enter-lang">{t('ask.lang')}</label><select id="enter-lang" value={f.lang} onChange={(e) => set({ ...f, lang: e.currentTarget.value })}>{languages.map((l) => <option key={l} value={l}>{l.toUpperCase()}</option>)}</select></div>
        </div>
        {field('subject', t('ask.subject'))}{field('purpose', t('ask.purpose'), 3)}
        <div class="two">{field('name', t('ask.name'))}{field('organisation', t('ask.organisation'))}{field('email', t('ask.email'))}{field('address', t('ask.address'), 3)}</div>
        <button type="submit" class="button">{t('enter.submit')}</button>
      </form>
    </details>
  );
}
