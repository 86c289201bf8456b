// What everybody may know of the desk: decisions, exclusive arrangements, fees.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { get } from '../app/api';
import { city } from '../app/city';
import { dayMs, isSteward, outcomeMarks, post, type Arrangement, type Decision, type Schedule } from '../app/desk';
import { fullDate, number } from '../app/format';
import { lang, locale, pick, t } from '../app/lang';
import { to } from '../app/route';
import { useSignal } from '../app/signal';
import { show } from '../app/news';
import { Arrange, PublishFees } from './publishing';
import { DeskNav, windowTitle } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer, type Answer } from '../ui/parts';
import { capital, why } from '../ui/text';

const euro = (cents: number): string => new Intl.NumberFormat(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(cents / 100);
const on = (d: string): string => fullDate(dayMs(d));

function Register<T>({ id, title, got, none, rows, children }: { id: string; title: string; got: Answer<T[]>; none: string; rows: number; children: (v: T[]) => ComponentChildren }) {
  return (
    <section class="register">
      <div class="title-row"><h2>{title}</h2><p class="formats"><a class="chip-s" href={`/api/registers/${id}?format=csv`} download aria-label={`${title}, CSV`}>CSV</a><a class="chip-s" href={`/api/registers/${id}`} aria-label={`${title}, JSON`}>JSON</a></p></div>
      {got.error ? <Note mark="fail" tone="fail" title={t('reg.failed', { why: why(got.error) })} />
        : got.loading ? <div class="card"><Skeleton label={t('page.loading', { city: title })} rows={rows} /></div>
        : got.value!.length === 0 ? <Note title={none} /> : children(got.value!)}
    </section>
  );
}

function Table({ label, head, children }: { label: string; head: string[]; children: ComponentChildren }) {
  return <div class="card stock-scroll" tabIndex={0} role="region" aria-label={label}><table class="stock register-table"><thead><tr>{head.map((h) => <th scope="col" key={h} class={h === t('reg.amount') || h === t('reg.fee') ? 'num' : undefined}>{h}</th>)}</tr></thead><tbody>{children}</tbody></table></div>;
}

export function Registers() {
  const here = useSignal(lang);
  const steward = isSteward(useSignal(city)!);
  const look = (id: string, end: boolean): void => { void post(`/api/desk/arrangements/${id}/reviews`, { end }).then(() => { show(t('file.done', { what: id })); arrangements.again(); }, (e: unknown) => show(t('file.failed', { why: why(e) }))); };
  useEffect(() => { document.title = windowTitle(t('desk.registers')); }, [here]);
  const decisions = useAnswer(async (s) => (await get<{ decisions: Decision[] }>('/api/registers/decisions', s)).decisions, []);
  const arrangements = useAnswer(async (s) => (await get<{ arrangements: Arrangement[] }>('/api/registers/arrangements', s)).arrangements, []);
  const fees = useAnswer(async (s) => (await get<{ fees: Schedule[] }>('/api/registers/fees', s)).fees, []);
  return (
    <main id="main" class="page registers" tabIndex={-1}>
      <DeskNav />
      <h1 tabIndex={-1}>{t('desk.registers')}</h1>
      <p class="lead">{t('reg.lead')}</p>
      <Register id="decisions" title={t('reg.decisions')} got={decisions} none={t('reg.noDecisions')} rows={4}>{(all) => (
        <Table label={t('reg.decisions')} head={[t('reg.what'), t('reg.outcome'), t('reg.law'), t('reg.decided'), t('reg.due'), t('reg.fee')]}>{all.map((d) => (
          <tr key={d.id}>
            <th scope="row">{d.dataset ? <a href={to(`/id/dataset/${d.dataset}`)} lang={d.lang}>{d.summary}</a> : <span lang={d.lang}>{d.summary}</span>}<span class="sub">{d.id}</span></th>
            <td data-head={t('reg.outcome')}><span class="says"><StatusMark mark={outcomeMarks[d.outcome]} />{t(`outcome.${d.outcome}`)}</span>{(d.grounds ?? []).length > 0 && <span class="sub">{capital(d.grounds!.map((g) => pick(d.says?.[g]).text || g).join(', '))}</span>}</td>
            <td data-head={t('reg.law')}>{pick(d.act).text}<span class="sub">{d.article}</span></td>
            <td class="day" data-head={t('reg.decided')}>{on(d.decided)}</td>
            <td class="day" data-head={t('reg.due')}>{on(d.due)}</td>
            <td class="num day" data-head={t('reg.fee')}>{d.fee ? `${euro(d.fee.cents)}\u00a0€` : '\u2013'}</td>
          </tr>
        ))}</Table>
      )}</Register>
      <Register id="arrangements" title={t('reg.arrangements')} got={arrangements} none={t('reg.noArrangements')} rows={2}>{(all) => (
        <Table label={t('reg.arrangements')} head={[t('reg.data'), t('reg.holder'), t('reg.why'), t('reg.term'), t('reg.alarm')]}>{all.map((x) => (
          <tr key={x.id}>
            <th scope="row">{x.dataset ? <a href={to(`/id/dataset/${x.dataset}`)} lang={pick(x.data).lang}>{pick(x.data).text}</a> : <span lang={pick(x.data).lang}>{pick(x.data).text}</span>}<span class="sub">{x.id}</span></th>
            <td data-head={t('reg.holder')}>{x.holder}</td>
            <td data-head={t('reg.why')} lang={pick(x.reason).lang}>{pick(x.reason).text}</td>
            <td data-head={t('reg.term')}>{on(x.from)} – {on(x.ended ?? x.until)}</td>
            <td data-head={t('reg.alarm')}>{x.over && !x.alarms.some((a) => a.late) ? <span class="says"><StatusMark mark="none" />{t('reg.over')}</span>
              : x.alarms.length === 0 ? <span class="says"><StatusMark mark="ok" />{t('reg.fine')}</span>
              : x.alarms.map((a) => <span class="says" key={a.kind}><StatusMark mark={a.late ? 'fail' : 'attention'} />{t(`alarm.${a.kind}`, { date: on(a.on) })}</span>)}{steward && !x.over && <span class="actions"><button type="button" class="link" aria-label={`${t('arr.review')}: ${x.id}`} onClick={() => look(x.id, false)}>{t('arr.review')}</button><button type="button" class="link" aria-label={`${t('arr.end')}: ${x.id}`} onClick={() => look(x.id, true)}>{t('arr.end')}</button></span>}</td>
          </tr>
        ))}</Table>
      )}</Register>
      {steward && <Arrange again={arrangements.again} />}
      <Register id="fees" title={t('reg.fees')} got={fees} none={t('reg.noFees')} rows={3}>{(all) => all.map((f) => (
        <div key={f.version}>
          <h3>{t('reg.version', { version: f.version, date: on(f.from) })}{f.inForce && <> <span class="chip-s">{t('reg.inForce')}</span></>}</h3>
          <p class="quiet-text" lang={pick(f.method).lang}>{pick(f.method).text}</p>
          <Table label={t('reg.version', { version: f.version, date: on(f.from) })} head={[t('reg.price'), t('reg.category'), t('reg.basis'), t('reg.amount')]}>{f.prices.map((p) => (
            <tr key={p.id}><th scope="row" lang={pick(p.name).lang}>{pick(p.name).text}</th><td data-head={t('reg.category')}>{capital(pick(f.categories[p.category]).text)}</td><td data-head={t('reg.basis')} lang={pick(p.basis).lang}>{pick(p.basis).text}</td><td data-head={t('reg.amount')} class="num">{euro(p.cents)}<span class="sub" lang={pick(p.unit).lang}>{pick(p.unit).text}</span></td></tr>
          ))}</Table>
          {(f.reductions ?? []).length > 0 && <p>{t('reg.reductions')}{here === 'fr' ? '\u202f:' : ':'} {f.reductions!.map((r) => `${pick(r.name).text} (${t('reg.off', { n: number(r.percent) })})`).join('; ')}</p>}
        </div>
      ))}</Register>
      {steward && fees.value && <PublishFees now={fees.value.find((f) => f.inForce)} again={fees.again} />}
    </main>
  );
}
