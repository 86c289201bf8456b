// One request at the desk: its clock, what happened, the letters, the decision.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, longPatience, request } from '../app/api';
import { dayMs, gone, lines, marks, outcomeMarks, post, type ActKind, type LetterLine, type Outcome, type Schedule, type Terms, type Whole } from '../app/desk';
import { fullDate, instant } from '../app/format';
import { lang, pick, t, type Key } from '../app/lang';
import { show } from '../app/news';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { leftText } from './desk';
import { DeskNav, windowTitle } from '../ui/desknav';
import { LetterPage, letterBody } from '../ui/letterpage';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { capital, knownKey, why } from '../ui/text';

type Run = (path: string, body: unknown, what: string) => Promise<boolean>;

export function File() {
  const here = useSignal(lang);
  const p = useSignal(place);
  const id = decodeURIComponent(p.path.split('/')[2] ?? '');
  const [r, setR] = useState<Whole>();
  const [failed, setFailed] = useState('');
  const alarm = useRef<HTMLDivElement>(null);
  const got = useAnswer((s) => get<Whole>(`/api/desk/requests/${encodeURIComponent(id)}`, s), [id]);
  const terms = useAnswer((s) => get<Terms>('/api/desk/terms', s), []);
  useEffect(() => { setR(got.value); }, [got.value]);
  useEffect(() => { document.title = windowTitle(t('follow.title', { id })); }, [here, id]);
  useEffect(() => { if (failed) alarm.current?.focus(); }, [failed]);
  const run: Run = async (path, body, what) => {
    setFailed('');
    try {
      setR(await post<Whole>(`/api/desk/requests/${encodeURIComponent(id)}/${path}`, body));
      show(t('file.done', { what }));
      return true;
    } catch (e) { setFailed(t('file.failed', { why: why(e) })); return false; }
  };
  const crumbs = <nav class="crumbs" aria-label={t('set.crumbs')}><ol><li><a href={to('/desk')}>{t('desk.desk')}</a></li><li>{id}</li></ol></nav>;
  if (!r) return (
    <main id="main" class="page clerk" tabIndex={-1}>
      <DeskNav />{crumbs}<h1 tabIndex={-1}>{t('follow.title', { id })}</h1>
      {got.error ? <Note mark="fail" tone="fail" title={t('clerk.failed', { why: why(got.error) })}><a href={to('/login', { next: `/desk/${id}` })}>{t('account.signIn')}</a></Note> : <div class="card"><Skeleton label={t('page.loading', { city: id })} rows={6} /></div>}
    </main>
  );
  const open = !r.decision && !r.closed;
  const erasable = r.closed ? r.closed !== 'erased' : Boolean(r.decision) && !r.letters.some((l) => !l.sent && ['grant', 'partial', 'refusal'].includes(l.kind));
  return (
    <main id="main" class="page clerk" tabIndex={-1}>
      <DeskNav />{crumbs}
      <h1 tabIndex={-1}>{r.subject || t('follow.title', { id })}</h1>
      <div class="chips"><span class="chip-m"><StatusMark mark={marks[r.standing]} />{t(`standing.${r.standing}`)}</span>{leftText(r) && <span class="chip-m">{leftText(r)}</span>}{r.outcome && <span class="chip-m"><StatusMark mark={outcomeMarks[r.outcome]} />{t(`outcome.${r.outcome}`)}</span>}<span class="chip-m">{pick(r.act).text}, {r.article}</span></div>
      <div ref={alarm} tabIndex={-1}>{failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}</div>
      <div class="columns">
        <div class="main-column">
          <Next r={r} run={run} />
          <section class="card"><h2>{t('file.letters')}</h2>{r.letters.length === 0 ? <p class="card-text quiet-text">{t('file.noLetters')}</p> : <ul class="letters">{r.letters.map((l) => <OneLetter key={`${l.n}${l.sent ?? ''}`} r={r} l={l} run={run} />)}</ul>}</section>
          {open && terms.value && <Decide r={r} terms={terms.value} run={run} fail={setFailed} />}
          <section class="card"><h2>{t('file.timeline')}</h2>
            <ol class="timeline">{r.events.map((e, i) => <li key={i}><strong>{t(`event.${e.kind}`)}</strong>{e.letter && e.kind === 'sent' ? ` – ${t(`letter.${r.letters[e.letter - 1]?.kind ?? 'question'}`)}` : ''}<span class="sub"><time dateTime={e.at} title={instant(Date.parse(e.at))}>{fullDate(Date.parse(e.at))}</time>{e.by ? `, ${e.by}` : ''}</span>{e.note && <p>{e.note}</p>}</li>)}</ol>
          </section>
          {open && terms.value && <Other r={r} terms={terms.value} run={run} />}
        </div>
        <div class="aside-column"><ClockCard r={r} /><Who r={r} />{erasable && <Erase r={r} again={got.again} fail={setFailed} />}</div>
      </div>
    </main>
  );
}

/** The step that the law asks for next, with the one button that does it. */
function Next({ r, run }: { r: Whole; run: Run }) {
  const draft = r.letters.find((l) => !l.sent);
  return (
    <section class="card next"><h2>{t('clerk.next')}</h2>
      <div class="card-text"><p class="big"><strong>{t(`step.${r.next}`)}</strong>{r.nextBy && (gone(r) ? <> <span class="says"><StatusMark mark="fail" />{t('step.was', { date: fullDate(dayMs(r.nextBy)) })}</span></> : ` ${t('step.by', { date: fullDate(dayMs(r.nextBy)) })}`)}</p>
        <p class="quiet-text">{pick(r.says).text} ({r.article})</p>
        {r.next === 'acknowledge' && <p><button type="button" class="button primary" onClick={() => void run('events', { kind: 'acknowledged' }, t('letter.acknowledgement'))}>{t('step.acknowledge')}</button></p>}
        {r.next === 'resume' && <p><button type="button" class="button primary" onClick={() => void run('events', { kind: 'resumed' }, t('step.resume'))}>{t('step.resume')}</button></p>}
        {(r.next === 'sendLetter' || r.next === 'sendExtension') && draft && <p><a class="button primary" href={`#letter-${draft.n}`} onClick={(e) => { e.preventDefault(); const el = document.getElementById(`how-${draft.n}`); el?.scrollIntoView({ block: 'center' }); el?.focus(); }}>{t(`step.${r.next}`)}</a></p>}
        {r.next === 'decide' && <p><a class="button primary" href="#decide" onClick={(e) => { e.preventDefault(); const el = document.getElementById('outcome-granted'); el?.scrollIntoView({ block: 'center' }); el?.focus(); }}>{t('step.decide')}</a></p>}
      </div>
    </section>
  );
}

function OneLetter({ r, l, run }: { r: Whole; l: LetterLine; run: Run }) {
  const base = `/api/desk/requests/${encodeURIComponent(r.id)}/letters/${l.n}`;
  const [page, setPage] = useState('');
  const [on, setOn] = useState(r.today);
  const [how, setHow] = useState(r.requester.email ? 'email' : 'post');
  const name = t(`letter.${l.kind}`);
  const preview = async (): Promise<void> => {
    if (page) { setPage(''); return; }
    const text = await (await request(`${base}/page`)).text();
    setPage(letterBody(text));
  };
  return (
    <li id={`letter-${l.n}`}>
      <span><span class="says"><StatusMark mark={l.sent ? 'ok' : 'attention'} /><strong>{name}</strong></span><span class="sub">{l.sent ? t('letter.sentOn', { date: fullDate(dayMs(l.sent)), how: knownKey(`how.${l.how}`) ? t(`how.${l.how}` as Key) : l.how ?? '' }) : t('letter.draft')}</span></span>
      {r.closed !== 'erased' && <span class="actions"><button type="button" class="button" aria-expanded={Boolean(page)} aria-label={`${t('letter.preview')}: ${name}`} onClick={() => void preview()}>{t('letter.preview')}</button><a class="button" href={`${base}/pdf`} target="_blank" rel="noopener" aria-label={`PDF: ${name}`}>PDF</a></span>}
      {!l.sent && r.closed !== 'erased' && (
        <form class="send" onSubmit={(e) => { e.preventDefault(); void run(`letters/${l.n}/sent`, { on, how }, name); }}>
          <div class="field"><label for={`how-${l.n}`}>{t('letter.how')}</label><select id={`how-${l.n}`} value={how} onChange={(e) => setHow(e.currentTarget.value)}>{(['email', 'post', 'hand', 'portal'] as const).map((h) => <option key={h} value={h}>{t(`how.${h}`)}</option>)}</select></div>
          <div class="field"><label for={`on-${l.n}`}>{t('letter.on')}</label><input id={`on-${l.n}`} type="date" value={on} max={r.today} onInput={(e) => setOn(e.currentTarget.value)} /></div>
          <button type="submit" class="button">{t('letter.record')}</button>
        </form>
      )}
      {page && <LetterPage body={page} lang={r.lang} />}
    </li>
  );
}

function Decide({ r, terms, run, fail }: { r: Whole; terms: Terms; run: Run; fail: (s: string) => void }) {
  const [letter, setLetter] = useState('');
  const regime = terms.regimes.find((x) => x.id === r.regime);
  const [outcome, setOutcome] = useState<Outcome | ''>('');
  const [summary, setSummary] = useState('');
  const [grounds, setGrounds] = useState<string[]>([]);
  const [reasons, setReasons] = useState('');
  const [conditions, setConditions] = useState('');
  const [redress, setRedress] = useState(regime?.redress[r.lang] ?? '');
  const [units, setUnits] = useState<Record<string, string>>({});
  const [reduction, setReduction] = useState('');
  const [sure, setSure] = useState(false);
  const fees = useAnswer(async (s) => (await get<{ fees: Schedule[] }>('/api/registers/fees', s)).fees.find((f) => f.inForce), []);
  const chargeable = regime?.categories ?? [];
  const prices = (fees.value?.prices ?? []).filter((p) => chargeable.includes(p.category));
  const verdict = (): unknown => {
    const asked = Object.fromEntries(Object.entries(units).map(([k, v]) => [k, Number(v)] as const).filter(([, n]) => n > 0));
    return { outcome, summary, ...(outcome === 'granted' ? {} : { grounds, reasons: lines(reasons) }), conditions: outcome === 'refused' ? [] : lines(conditions), redress,
      ...(outcome !== 'refused' && Object.keys(asked).length ? { fee: { units: asked, ...(reduction ? { reduction } : {}) } } : {}) };
  };
  const submit = (e: Event): void => {
    e.preventDefault();
    if (sure && outcome) void run('decision', verdict(), t(`outcome.${outcome}`));
  };
  const preview = async (): Promise<void> => {
    fail('');
    try {
      const answer = await request(`/api/desk/requests/${encodeURIComponent(r.id)}/decision/preview`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(verdict()) });
      setLetter(letterBody(await answer.text()));
    } catch (e) { setLetter(''); fail(t('file.failed', { why: why(e) })); }
  };
  return (
    <form class="card step" id="decide" onSubmit={submit} noValidate>
      <h2>{t('decide.title')}</h2>
      <fieldset class="inline"><legend>{t('decide.outcome')}</legend>{(['granted', 'partly', 'refused'] as const).map((o) => <label class="choice" key={o} for={`outcome-${o}`}><input type="radio" name="outcome" id={`outcome-${o}`} checked={outcome === o} onChange={() => setOutcome(o)} /><span>{t(`outcome.${o}`)}</span></label>)}</fieldset>
      <div class="field"><label for="summary">{t('decide.summary')}</label><input id="summary" value={summary} aria-describedby="summary-help" onInput={(e) => setSummary(e.currentTarget.value)} /><p class="quiet-text" id="summary-help">{t('decide.summaryHelp')}</p></div>
      {outcome && outcome !== 'granted' && <>
        <fieldset class="inline"><legend>{t('decide.grounds')}</legend>{terms.grounds.filter((g) => g.regimes?.includes(r.regime)).map((g) => <label class="check" key={g.id}><input type="checkbox" checked={grounds.includes(g.id)} onChange={(e) => setGrounds(e.currentTarget.checked ? [...grounds, g.id] : grounds.filter((x) => x !== g.id))} />{capital(pick(g.name).text)}</label>)}</fieldset>
        <div class="field"><label for="reasons">{t('decide.reasons')}</label><textarea id="reasons" rows={3} value={reasons} onInput={(e) => setReasons(e.currentTarget.value)} /></div>
      </>}
      {outcome !== 'refused' && <div class="field"><label for="conditions">{t('decide.conditions')}</label><textarea id="conditions" rows={2} value={conditions} onInput={(e) => setConditions(e.currentTarget.value)} /></div>}
      <div class="field"><label for="redress">{t('decide.redress')}</label><textarea id="redress" rows={2} lang={r.lang} value={redress} onInput={(e) => setRedress(e.currentTarget.value)} /></div>
      {outcome !== 'refused' && (chargeable.length === 0 ? <p class="quiet-text">{t('decide.free')}</p> : prices.length === 0 ? <p class="quiet-text">{t('decide.noFees')}</p> : (
        <fieldset class="inline"><legend>{t('decide.fee')}</legend>
          <div class="two">{prices.map((p) => <div class="field" key={p.id}><label for={`fee-${p.id}`}>{pick(p.name).text} ({pick(p.unit).text})</label><input id={`fee-${p.id}`} type={'number' as 'text'} inputMode="numeric" value={units[p.id] ?? ''} onInput={(e) => setUnits({ ...units, [p.id]: e.currentTarget.value })} /></div>)}
            {(fees.value?.reductions ?? []).length > 0 && <div class="field"><label for="reduction">{t('decide.reduction')}</label><select id="reduction" value={reduction} onChange={(e) => setReduction(e.currentTarget.value)}><option value="">{t('decide.noReduction')}</option>{fees.value!.reductions!.map((x) => <option key={x.id} value={x.id}>{pick(x.name).text} ({t('reg.off', { n: x.percent })})</option>)}</select></div>}</div>
        </fieldset>
      ))}
      <button type="button" class="button" aria-disabled={!outcome} onClick={() => { if (outcome) void preview(); }}>{t('decide.preview')}</button>
      {letter && <LetterPage body={letter} lang={r.lang} />}
      <p class="note note-attention"><StatusMark mark="attention" /><span>{t('decide.final')}</span></p>
      <label class="check"><input type="checkbox" checked={sure} onChange={(e) => setSure(e.currentTarget.checked)} />{t('decide.sure')}</label>
      <button type="submit" class="button" aria-disabled={!sure || !outcome}>{t('decide.submit')}</button>
    </form>
  );
}

/** What a steward may do besides the next step. */
function Other({ r, terms, run }: { r: Whole; terms: Terms; run: Run }) {
  const may: ActKind[] = ['noted', 'questioned', 'clarified', ...(r.longest && !r.extended ? ['extended' as const] : []), 'classified', 'transferred', 'withdrawn'];
  const [kind, setKind] = useState<ActKind>('noted');
  const [text, setText] = useState('');
  const [regime, setRegime] = useState('');
  const inLetter = kind === 'questioned' || kind === 'extended' || kind === 'transferred';
  const others = terms.regimes.filter((x, i) => x.id !== r.regime && terms.regimes.findIndex((y) => y.id === x.id) === i);
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    const done = await run('events', { kind, ...(inLetter ? { reasons: lines(text) } : text ? { note: text } : {}), ...(kind === 'classified' ? { regime: regime || others[0]?.id } : {}) }, t(`act.${kind}` as Key));
    if (done) setText('');
  };
  return (
    <form class="card step" onSubmit={(e) => void submit(e)}>
      <h2>{t('file.steps')}</h2>
      <div class="two">
        <div class="field"><label for="act">{t('file.step')}</label><select id="act" value={kind} onChange={(e) => setKind(e.currentTarget.value as ActKind)}>{may.map((k) => <option key={k} value={k}>{t(`act.${k}` as Key)}</option>)}</select></div>
        {kind === 'classified' && <div class="field"><label for="regime">{t('file.regime')}</label><select id="regime" value={regime} onChange={(e) => setRegime(e.currentTarget.value)}>{others.map((x) => <option key={x.id} value={x.id}>{pick(x.name).text}</option>)}</select></div>}
      </div>
      {kind === 'extended' && r.extendedIf && <p class="quiet-text">{capital(pick(r.extendedIf).text)}. {t('file.tellBy')} {fullDate(dayMs(r.tellBy!))}.</p>}
      {kind === 'questioned' && r.pauses.length === 0 && <p class="quiet-text">{t('file.noPause')}</p>}
      <div class="field"><label for="words">{t('file.text')}</label><textarea id="words" rows={3} value={text} onInput={(e) => setText(e.currentTarget.value)} /></div>
      <button type="submit" class="button">{t('file.doIt')}</button>
    </form>
  );
}

function ClockCard({ r }: { r: Whole }) {
  return (
    <section class="card"><h2>{t('file.clock')}</h2>
      <dl class="pairs stacked">
        <div><dt>{t('clerk.received')}</dt><dd>{fullDate(Date.parse(r.received))}</dd></div>
        <div><dt>{t('clerk.last')}</dt><dd><strong>{fullDate(dayMs(r.last))}</strong>{r.extended ? ` (${t('clerk.extended')})` : ''}</dd></div>
        {r.longest && !r.extended && <div><dt>{t('file.longest')}</dt><dd>{fullDate(dayMs(r.longest))}<span class="sub">{t('file.tellBy')} {fullDate(dayMs(r.tellBy!))}</span></dd></div>}
        {r.refuseBy && !r.decision && <div><dt>{t('file.refuseBy')}</dt><dd>{fullDate(dayMs(r.refuseBy))}</dd></div>}
        {r.appeal && <div><dt>{t('file.appeal')}</dt><dd>{fullDate(dayMs(r.appeal))}</dd></div>}
        <div><dt>{t('clerk.law')}</dt><dd>{pick(r.act).text}, {r.article}{r.verification !== 'read' && <> <span class="chip-s">{t('law.unverified')}</span></>}</dd></div>
      </dl>
      <div class="card-text">
        {r.note && <p class="quiet-text">{pick(r.note).text}</p>}
        {r.pauses.length === 0 && <p class="quiet-text">{t('file.noPause')}</p>}
        <details class="lacks"><summary>{t('file.how')}</summary><ol>{r.steps.map((s, i) => <li key={i}>{fullDate(dayMs(s.from))} → {fullDate(dayMs(s.to))}{s.holiday ? `, ${pick(s.holiday).text}` : ''} <span class="quiet-text">(1182/71, {s.article})</span></li>)}</ol></details>
      </div>
    </section>
  );
}

function Who({ r }: { r: Whole }) {
  const q = r.requester;
  return (
    <section class="card"><h2>{t('file.who')}</h2>
      <div class="card-text">{r.closed === 'erased' ? <p class="quiet-text">{t('clerk.erased')}</p> : <>
        <p><strong>{q.name}</strong>{q.organisation && <span class="sub">{q.organisation}</span>}</p>
        {q.address && <p class="lines">{q.address}</p>}
        {q.email && <p><a href={`mailto:${q.email}`}>{q.email}</a></p>}
        {r.purpose && <p class="lines">{r.purpose}</p>}
      </>}
        {r.dataset && <p>{t('ask.dataset')} <a href={to(`/id/dataset/${r.dataset}`)}>{r.dataset}</a></p>}</div>
    </section>
  );
}

function Erase({ r, again, fail }: { r: Whole; again: () => void; fail: (s: string) => void }) {
  const [busy, setBusy] = useState(false);
  const erase = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try { await request(`/api/desk/requests/${encodeURIComponent(r.id)}/requester`, { method: 'DELETE' }, longPatience); show(t('clerk.erased')); again(); } catch (e) { fail(t('file.failed', { why: why(e) })); } finally { setBusy(false); }
  };
  return (
    <section class="card"><h2>{t('erase.title')}</h2>
      <div class="card-text"><p class="quiet-text">{t('erase.lead')}</p><details class="lacks"><summary>{t('erase.title')}</summary><p><button type="button" class="button danger" aria-disabled={busy} onClick={() => void erase()}>{t('erase.submit', { name: r.requester.name })}</button></p></details></div>
    </section>
  );
}
