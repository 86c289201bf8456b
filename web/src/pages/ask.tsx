// Asking for data without an account, and following what was asked with the
// number and the secret code of the receipt.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure } from '../app/api';
import { titleOf, list } from '../app/datasets';
import { dayMs, fetchLetter, follow, kinds, marks, outcomeMarks, post, type Followed } from '../app/desk';
import { fullDate } from '../app/format';
import { lang, languages, pick, t, type Key } from '../app/lang';
import { answer } from '../app/news';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { DeskNav, windowTitle } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { knownKey, why } from '../ui/text';

const empty = { kind: '', licence: false, dataset: '', subject: '', purpose: '', name: '', organisation: '', email: '', address: '', lang: '', website: '' };
type Form = typeof empty;
type Errors = Partial<Record<keyof Form | 'whole', string>>;
type Receipt = Followed & { secret: string };

function check(f: Form): Errors {
  const out: Errors = {};
  if (!f.kind) out.kind = t('ask.needKind');
  if (!f.subject.trim()) out.subject = t('ask.needSubject');
  if (!f.name.trim()) out.name = t('ask.needName');
  if (f.email && !/^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$/.test(f.email)) out.email = t('ask.badEmail');
  else if (!f.email && !f.address.trim()) out.email = t('ask.reach');
  return out;
}

export function Ask() {
  const here = useSignal(lang);
  const p = useSignal(place);
  const offered = useAnswer(kinds, []);
  const sets = useAnswer((signal) => list(signal).catch(() => []), []);
  const [f, set] = useState<Form>({ ...empty, dataset: p.query.get('dataset') ?? '', kind: p.query.get('kind') ?? '' });
  const [errors, setErrors] = useState<Errors>({});
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<Receipt>();
  const summary = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { document.title = windowTitle(t(done ? 'ask.sent' : 'desk.ask')); }, [here, done]);
  useEffect(() => { if (done) heading.current?.focus(); }, [done]);
  const change = (part: Partial<Form>): void => { const next = { ...f, ...part }; set(next); if (tried) setErrors(check(next)); };
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    if (busy) return;
    setTried(true);
    const wrong = check(f);
    setErrors(wrong);
    if (Object.keys(wrong).length) { requestAnimationFrame(() => summary.current?.focus()); return; }
    setBusy(true);
    try {
      setDone(await post<Receipt>('/api/requests', { ...f, licence: f.licence && regime === 'crpa', lang: f.lang || here }));
      answer(t('ask.sent'));
    } catch (err) {
      setErrors({ whole: t('ask.failed', { why: why(err) }) });
      requestAnimationFrame(() => summary.current?.focus());
    } finally { setBusy(false); }
  };
  const chosen = offered.value?.find((k) => k.kind === f.kind);
  const regime = chosen?.regime;
  const wrong = (Object.keys(errors) as (keyof Errors)[]).filter((k) => errors[k]);
  if (done) return (
    <main id="main" class="page ask" tabIndex={-1}>
      <DeskNav />
      <h1 tabIndex={-1} ref={heading}>{t('ask.sent')}</h1>
      <section class="card receipt">
        <dl class="pairs"><dt>{t('ask.number')}</dt><dd><strong>{done.id}</strong></dd><dt>{t('ask.secret')}</dt><dd><code>{done.secret}</code></dd><dt>{t('ask.answerBy')}</dt><dd>{fullDate(dayMs(done.last))} <span class="quiet-text">({pick(done.act).text}, {done.article})</span></dd></dl>
        <p>{t('ask.keep')}</p>
        <p><a class="button primary" href={`${to(`/requests/${done.id}`)}#${done.secret}`}>{t('ask.follow')}</a></p>
      </section>
    </main>
  );
  const text = (id: keyof Form, label: string, more: { type?: string; autocomplete?: string; rows?: number; help?: string; required?: boolean } = {}) => {
    const ids = [errors[id] ? `${id}-error` : '', more.help ? `${id}-help` : ''].filter(Boolean).join(' ') || undefined;
    const common = { id, name: id, value: String(f[id]), required: more.required, 'aria-invalid': errors[id] ? true : undefined, 'aria-describedby': ids } as const;
    return (
      <div class={errors[id] ? 'field wrong' : 'field'}>
        <label for={id}>{label}</label>
        {more.rows ? <textarea {...common} rows={more.rows} autocomplete={(more.autocomplete ?? 'off') as 'off'} onInput={(e) => change({ [id]: e.currentTarget.value })} />
          : <input {...common} type={(more.type ?? 'text') as 'text'} autocomplete={(more.autocomplete ?? 'off') as 'off'} onInput={(e) => change({ [id]: e.currentTarget.value })} />}
        {more.help && <p class="quiet-text" id={`${id}-help`}>{more.help}</p>}
        {errors[id] && <p class="field-error" id={`${id}-error`}><StatusMark mark="fail" />{errors[id]}</p>}
      </div>
    );
  };
  return (
    <main id="main" class="page ask" tabIndex={-1}>
      <DeskNav />
      <h1 tabIndex={-1}>{t('desk.ask')}</h1>
      <p class="lead">{t('ask.lead')}</p>
      {wrong.length > 0 && <div class="note note-fail summary" ref={summary} tabIndex={-1} role="alert"><StatusMark mark="fail" /><div><strong>{t('ask.errors')}</strong><ul>{wrong.map((k) => <li key={k}>{k === 'whole' ? errors.whole : <a href={`#${k}`} onClick={(e) => { e.preventDefault(); document.getElementById(k === 'kind' ? `kind-${offered.value?.[0]?.kind ?? ''}` : k)?.focus(); }}>{errors[k]}</a>}</li>)}</ul></div></div>}
      {offered.error ? <Note mark="fail" tone="fail" title={t('ask.failed', { why: why(offered.error) })} /> : offered.loading ? <div class="card"><Skeleton label={t('page.loading', { city: t('desk.ask') })} rows={6} /></div> : (
        <form onSubmit={(e) => void submit(e)} noValidate>
          <fieldset class="card choices" aria-describedby={errors.kind ? 'kind-error' : undefined}><legend>{t('ask.kind')}</legend>
            {offered.value!.map((k) => (
              <label class="choice" key={k.kind} for={`kind-${k.kind}`}>
                <input type="radio" id={`kind-${k.kind}`} name="kind" value={k.kind} checked={f.kind === k.kind} onChange={() => change({ kind: k.kind })} />
                <span><strong>{knownKey(`ask.${k.kind}`) ? t(`ask.${k.kind}` as Key) : k.kind}</strong><span class="quiet-text">{pick(k.help).text}. {pick(k.says).text} ({pick(k.act).text}, {k.article})</span></span>
              </label>
            ))}
            {errors.kind && <p class="field-error" id="kind-error"><StatusMark mark="fail" />{errors.kind}</p>}
            {regime === 'crpa' && <label class="check"><input type="checkbox" checked={f.licence} onChange={(e) => change({ licence: e.currentTarget.checked })} />{t('ask.licence')}</label>}
          </fieldset>
          <section class="card step">
            {f.kind !== 'dataSubject' && <div class="field"><label for="dataset">{t('ask.dataset')}</label><select id="dataset" value={f.dataset} onChange={(e) => change({ dataset: e.currentTarget.value })}><option value="">{t('ask.noDataset')}</option>{(sets.value ?? []).map((d) => <option key={d.slug} value={d.slug}>{titleOf(d).text}</option>)}</select></div>}
            {text('subject', t('ask.subject'), { required: true })}
            {text('purpose', t('ask.purpose'), { rows: 4 })}
          </section>
          <fieldset class="card step"><legend class="sr">{t('ask.you')}</legend>
            <h2 aria-hidden="true">{t('ask.you')}</h2>
            <div class="two">{text('name', t('ask.name'), { autocomplete: 'name', required: true })}{text('organisation', t('ask.organisation'), { autocomplete: 'organization' })}</div>
            <div class="two">{text('email', t('ask.email'), { type: 'email', autocomplete: 'email' })}{text('address', t('ask.address'), { rows: 3, autocomplete: 'street-address' })}</div>
            <div class="field short"><label for="lang">{t('ask.lang')}</label><select id="lang" value={f.lang || here} onChange={(e) => change({ lang: e.currentTarget.value })}>{languages.map((l) => <option key={l} value={l} lang={l}>{{ fr: 'Français', nl: 'Nederlands', en: 'English' }[l]}</option>)}</select></div>
            <div class="trap" aria-hidden="true"><label for="website">{t('ask.website')}</label><input id="website" name="website" tabIndex={-1} autocomplete="off" value={f.website} onInput={(e) => change({ website: e.currentTarget.value })} /></div>
            <p class="quiet-text">{t('ask.privacy')}</p>
            <button type="submit" class="button primary" aria-disabled={busy}>{t('ask.submit')}</button>
          </fieldset>
        </form>
      )}
    </main>
  );
}

export function Follow() {
  const here = useSignal(lang);
  const p = useSignal(place);
  const id = decodeURIComponent(p.path.split('/')[2] ?? '');
  const [secret, setSecret] = useState(location.hash.slice(1));
  const [got, setGot] = useState<Followed>();
  const [failed, setFailed] = useState('');
  useEffect(() => { document.title = windowTitle(t('follow.title', { id })); }, [here, id]);
  const show = async (): Promise<void> => {
    setFailed('');
    try { setGot(await follow(id, secret.trim().toLowerCase())); } catch (e) { setGot(undefined); setFailed(e instanceof Failure && e.problem.status === 404 ? t('follow.wrong') : why(e)); }
  };
  useEffect(() => { if (secret) void show(); }, [id]);
  return (
    <main id="main" class="page ask" tabIndex={-1}>
      <DeskNav />
      <h1 tabIndex={-1}>{t('follow.title', { id })}</h1>
      <p class="lead">{t('follow.lead')}</p>
      {failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
      {!got ? (
        <form class="card step" onSubmit={(e) => { e.preventDefault(); void show(); }}>
          <div class="field short"><label for="code">{t('follow.code')}</label><input id="code" autocomplete="off" autocapitalize="none" spellcheck={false} value={secret} onInput={(e) => setSecret(e.currentTarget.value)} /></div>
          <button type="submit" class="button primary">{t('follow.show')}</button>
        </form>
      ) : (
        <section class="card receipt">
          <p class="says big"><StatusMark mark={marks[got.standing]} size={20} /><strong>{t(`standing.${got.standing}`)}</strong></p>
          <dl class="pairs">
            <dt>{t('follow.subject')}</dt><dd>{got.subject}</dd>
            <dt>{t('clerk.received')}</dt><dd>{fullDate(Date.parse(got.received))}</dd>
            <dt>{t('ask.answerBy')}</dt><dd>{fullDate(dayMs(got.last))}{got.extended ? ` (${t('clerk.extended')})` : ''} <span class="quiet-text">{pick(got.act).text}, {got.article}</span></dd>
            {got.appeal && <><dt>{t('file.appeal')}</dt><dd>{fullDate(dayMs(got.appeal))}</dd></>}
            {got.outcome && <><dt>{t('follow.outcome')}</dt><dd><span class="says"><StatusMark mark={outcomeMarks[got.outcome]} />{t(`outcome.${got.outcome}`)}{got.decided ? `, ${fullDate(dayMs(got.decided))}` : ''}</span></dd></>}
          </dl>
          <h2>{t('follow.letters')}</h2>
          {got.letters.length === 0 ? <p class="quiet-text">{t('follow.noLetters')}</p> : <ul class="letters">{got.letters.map((l) => <li key={l.n}><span>{t(`letter.${l.kind}`)}<span class="sub">{t('letter.sentOn', { date: fullDate(dayMs(l.sent!)), how: knownKey(`how.${l.how}`) ? t(`how.${l.how}` as Key) : l.how ?? '' })}</span></span><button type="button" class="button" aria-label={`PDF: ${t(`letter.${l.kind}`)}`} onClick={() => void fetchLetter(got.id, l.n, secret.trim().toLowerCase()).catch((e: unknown) => setFailed(why(e)))}>PDF</button></li>)}</ul>}
        </section>
      )}
    </main>
  );
}
