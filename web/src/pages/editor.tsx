// The steward's editor: what only people know of a dataset, beside what the
// data says, with findings while one types.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, get } from '../app/api';
import { city } from '../app/city';
import { frequencyText, themeText } from '../app/datasets';
import { check, inputOf, linesOf, merge, open, save, toForm, type Check, type Conflict, type Finding, type Form, type Vocabularies } from '../app/editor';
import { publish, slugOf } from '../app/files';
import { ageText, fullDate, number, time } from '../app/format';
import { lang, languages, pick, t, type Key } from '../app/lang';
import { answer, show } from '../app/news';
import { go, place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, usePhone } from '../ui/parts';
import { why } from '../ui/text';
import { FieldLink, Findings, labelOf, marks, problems, Say } from './findings';

const blank = (publisher: string): Form => ({ ...toForm({ title: {}, description: {}, license: 'LO_2_0', publisher: { name: publisher }, contact: { name: '' }, themes: [], frequency: '', keywords: {}, highValue: [], selection: { types: [] }, layer: '', period: 0 }) });
const delay = 350; // ms after the last key

export function Editor() {
  const c = useSignal(city)!;
  const here = useSignal(lang);
  const p = useSignal(place);
  const phone = usePhone();
  const given = p.path === '/describe' ? '' : decodeURIComponent(p.path.split('/')[2] ?? '');
  const [form, setForm] = useState<Form>();
  const [base, setBase] = useState<Form>({});
  const [tag, setTag] = useState('');
  const [words, setWords] = useState<Vocabularies>();
  const [failed, setFailed] = useState<unknown>();
  const [seen, setSeen] = useState<Check>();
  const [checkFailed, setCheckFailed] = useState('');
  const [looking, setLooking] = useState(false);
  const [left, setLeft] = useState<Set<string>>(new Set()); // fields that the reader has been in
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ tone: 'ok' | 'fail'; text: string }>();
  const [conflict, setConflict] = useState<Conflict>();
  const [sheet, setSheet] = useState(false);
  const summary = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const stop = new AbortController();
    void (async () => {
      try {
        const [v, d] = await Promise.all([get<Vocabularies>('/api/vocabularies', stop.signal), given ? open(given, stop.signal) : undefined]);
        if (stop.signal.aborted) return;
        setWords(v); setTag(d?.tag ?? ''); setForm(d?.form ?? blank(c.name)); setBase(d?.form ?? blank(c.name));
      } catch (e) { if (!stop.signal.aborted) setFailed(e); }
    })();
    return () => stop.abort();
  }, [given]);

  const slug = given || slugOf(form?.['title.en'] || form?.['title.fr'] || form?.['title.nl'] || '');
  const dirty = form !== undefined && JSON.stringify(form) !== JSON.stringify(base);
  const text = form && JSON.stringify(form);
  useEffect(() => {
    if (!form) return;
    const stop = new AbortController();
    setLooking(true);
    const timer = setTimeout(() => {
      check(slug || 'new', form, stop.signal).then((x) => { setSeen(x); setCheckFailed(''); setLooking(false); }, (e: unknown) => { if (!stop.signal.aborted) { setCheckFailed(why(e)); setLooking(false); } });
    }, delay);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [text, slug]);
  useEffect(() => {
    if (!dirty) return;
    const stay = (e: BeforeUnloadEvent): void => e.preventDefault();
    addEventListener('beforeunload', stay);
    return () => removeEventListener('beforeunload', stay);
  }, [dirty]);
  const title = pick({ fr: form?.['title.fr'], nl: form?.['title.nl'], en: form?.['title.en'] });
  useEffect(() => { document.title = [given ? t('edit.title') : t('edit.new'), title.text, c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c, title.text]);

  const taken = !given && seen?.existing && slug === seen.existing.slug ? seen.existing : undefined;
  const findings = problems(seen?.findings ?? [], taken);
  const wrong = findings.filter((f) => f.severity === 'wrong');
  const focusSummary = (): void => { requestAnimationFrame(() => summary.current?.focus()); };
  const keep = async (then: boolean): Promise<void> => {
    if (!form || busy) return;
    setTried(true); setSaid(undefined);
    const must = findings.filter((f) => f.severity === 'wrong' || ((then || seen?.state === 'published') && f.severity === 'missing'));
    if (must.length || !slug) { focusSummary(); return; }
    if (!dirty && !then) { show(t('edit.unchanged')); return; }
    setBusy(true);
    try {
      if (dirty || !given) {
        const next = await save(slug, form, tag);
        setTag(next); setBase(form); setConflict(undefined);
      }
      if (then) await publish(slug);
      const at = time(Date.now());
      const line = t(then || seen?.state === 'published' ? 'edit.savedPublished' : 'edit.saved', { time: at });
      setSaid({ tone: 'ok', text: line }); answer(line);
      if (!given) go(to(`/inventory/${slug}/edit`), 'replace');
      else setSeen(await check(slug, form, new AbortController().signal));
    } catch (e) {
      if (e instanceof Failure && e.problem.status === 412) {
        try {
          const other = await open(slug);
          const both = merge(base, form, other.form);
          setConflict(both); setForm(both.mine); setBase(other.form); setTag(other.tag);
        } catch (err) { setSaid({ tone: 'fail', text: t('edit.saveFailed', { why: why(err) }) }); }
      } else setSaid({ tone: 'fail', text: t('edit.saveFailed', { why: e instanceof Failure && e.problem.detail ? e.problem.detail : why(e) }) });
      focusSummary();
    } finally { setBusy(false); }
  };

  if (failed) {
    return <main id="main" class="page editor" tabIndex={-1}><h1 tabIndex={-1}>{t('edit.title')}</h1><Note mark="fail" tone="fail" title={t('edit.failed', { why: why(failed) })}><a href={to('/login', { next: p.path })}>{t('account.signIn')}</a></Note></main>;
  }
  if (!form || !words) return <main id="main" class="page editor" tabIndex={-1}><h1 tabIndex={-1}>{given ? t('edit.title') : t('edit.new')}</h1><div class="card tall"><Skeleton label={t('panel.loading')} rows={10} /></div></main>;

  const set = (k: string, v: string): void => { setForm({ ...form, [k]: v }); setSaid(undefined); };
  const leave = (k: string): void => { if (!left.has(k)) setLeft(new Set(left).add(k)); };
  const at: At = { form, base, set, leave, shown: (k) => findings.filter((f) => inputOf(f.field) === k && (tried || left.has(k) || (form[k] !== (base[k] ?? '') && f.severity === 'wrong') || (given !== '' && f.severity === 'contradiction'))) };
  const must = findings.filter((f) => tried && (f.severity === 'wrong' || (f.severity === 'missing' && seen?.state === 'published')));
  const m = seen?.measured;
  const draft = !seen || seen.state === 'new' || seen.state === 'draft';
  const aside = <Findings seen={seen} findings={findings} looking={looking} failed={checkFailed} form={form} words={words} onGo={() => setSheet(false)} />;
  return (
    <main id="main" class="page editor" tabIndex={-1}>
      <nav class="crumbs" aria-label={t('law.where')}><ol><li><a href={to('/inventory')}>{t('stock.title')}</a></li>{given && <li>{seen?.state === 'published' ? <a href={to(`/id/dataset/${slug}`)} lang={title.lang}>{title.text || slug}</a> : <span lang={title.lang}>{title.text || slug}</span>}</li>}</ol></nav>
      <h1 tabIndex={-1}>{given ? t('edit.title') : t('edit.new')}</h1>
      <p class="lead">{t('edit.lead')}</p>
      {seen?.state === 'withdrawn' && <Note mark="none" title={t('edit.gone')} />}
      <div class="edit-columns">
        <form class="edit-form" onSubmit={(e) => { e.preventDefault(); void keep(false); }} noValidate>
          <div ref={summary} tabIndex={-1} class="edit-summary" role={conflict || said?.tone === 'fail' || must.length ? 'alert' : undefined}>
            {conflict && <Both conflict={conflict} form={form} set={set} />}
            {said?.tone === 'fail' && <Note mark="fail" tone="fail" title={said.text} />}
            {must.length > 0 && <div class="note note-fail summary"><StatusMark mark="fail" /><div><strong>{t('edit.summary', { n: must.length })}</strong><ul>{must.map((f, i) => <li key={i}><FieldLink f={f} /></li>)}</ul></div></div>}
          </div>
          <section class="card step">
            <h2>{t('edit.words')}</h2>
            <p class="quiet-text">{t('edit.wordsHelp')}</p>
            {languages.map((l) => <Line key={l} at={at} k={`title.${l}`} lang={l} />)}
            {!given && slug && <p class="quiet-text">{t('edit.address')} <code>/id/dataset/{slug}</code></p>}
            {languages.map((l) => <Line key={l} at={at} k={`description.${l}`} lang={l} rows={2} />)}
            {languages.map((l) => <Line key={l} at={at} k={`keywords.${l}`} lang={l} hint={l === 'fr' ? t('edit.keywordsHelp') : undefined} />)}
          </section>
          <section class="card step">
            <h2>{t('edit.data')}</h2>
            <Line at={at} k="selection.types" hint={t('edit.typesHelp')} measured={seen ? <><b class="in-words">{t('edit.inWords')}</b> {pick(seen.selection.text).text}</> : t('edit.counting')}>
              {(own) => <Types own={own} at={at} words={words} />}
            </Line>
            <Line at={at} k="selection.scope" hint={t('edit.scopeHelp')} measured={m && t('edit.measuredCount', { n: m.count, fields: number(m.fields) })} />
            <div class="two">
              <Line at={at} k="frequency" measured={m && (m.period ? t('edit.measuredPeriod', { age: ageText(m.period) }) : t('edit.measuredNoPeriod'))}>
                {(own) => <select {...own} value={form['frequency']} onChange={(e) => { set('frequency', e.currentTarget.value); leave('frequency'); }}><option value="">{t('edit.choose')}</option>{words.frequencies.map((x) => <option key={x} value={x}>{frequencyText(x)}</option>)}</select>}
              </Line>
              <Line at={at} k="period" hint={t('edit.periodHelp')} measured={m?.period ? t('edit.measuredPeriod', { age: ageText(m.period) }) : undefined} mode="decimal" />
              <Line at={at} k="temporal.from" kind="date" measured={m && (m.temporal ? t('edit.measuredTime', { from: fullDate(Date.parse(m.temporal[0])), until: fullDate(Date.parse(m.temporal[1])) }) : t('edit.measuredNoTime'))} />
              <Line at={at} k="temporal.until" kind="date" />
            </div>
            <Line at={at} k="spatial" hint={t('edit.spatialHelp')} measured={m && (m.bbox ? t('edit.measuredBox', { south: number(m.bbox[1], 3), north: number(m.bbox[3], 3), west: number(m.bbox[0], 3), east: number(m.bbox[2], 3) }) : t('edit.measuredNoBox'))} />
          </section>
          <section class="card step">
            <h2>{t('edit.class')}</h2>
            <Line at={at} k="themes" group>{(own) => <Boxes own={own} at={at} k="themes" codes={words.themes.map((x) => ({ code: x, text: themeText(x) }))} />}</Line>
            <details open={form['highValue'] !== ''}><summary>{t('edit.highValue')}</summary>
              <Line at={at} k="highValue" group quiet hint={t('edit.highValueHelp')}>{(own) => <Boxes own={own} at={at} k="highValue" codes={words.highValue.map((x) => ({ code: x.code, text: pick(x.label).text, lang: pick(x.label).lang }))} />}</Line>
            </details>
            <Line at={at} k="conformsTo" rows={2} hint={t('edit.conformsToHelp')} />
          </section>
          <section class="card step">
            <h2>{t('edit.who')}</h2>
            <div class="two">
              <Line at={at} k="publisher.name" /><Line at={at} k="publisher.url" />
              <Line at={at} k="contact.name" /><Line at={at} k="contact.email" kind="email" />
            </div>
            <Line at={at} k="contact.url" />
          </section>
          <section class="card step">
            <h2>{t('edit.access')}</h2>
            <div class="two">
              <Line at={at} k="access" hint={t('edit.rightsHelp')}>{(own) => <select {...own} value={form['access']} onChange={(e) => { set('access', e.currentTarget.value); leave('access'); }}>{words.access.map((x) => <option key={x} value={x}>{t(`edit.${x}` as Key)}</option>)}</select>}</Line>
              {form['access'] !== 'PUBLIC' || form['reason']
                ? <Line at={at} k="reason">{(own) => <select {...own} value={form['reason']} onChange={(e) => { set('reason', e.currentTarget.value); leave('reason'); }}><option value="">{t('edit.choose')}</option>{words.reasons.map((x) => <option key={x.code} value={x.code}>{pick(x.label).text}</option>)}</select>}</Line>
                : <Line at={at} k="license">{(own) => <select {...own} value={form['license']} onChange={(e) => { set('license', e.currentTarget.value); leave('license'); }}><option value="">{t('edit.choose')}</option>{words.licences.map((x) => <option key={x.id} value={x.id}>{x.title}</option>)}</select>}</Line>}
            </div>
            {(form['access'] !== 'PUBLIC' || form['reason']) && <Line at={at} k="license">{(own) => <select {...own} value={form['license']} onChange={(e) => { set('license', e.currentTarget.value); leave('license'); }}><option value="">{t('edit.choose')}</option>{words.licences.map((x) => <option key={x.id} value={x.id}>{x.title}</option>)}</select>}</Line>}
          </section>
          <div class="edit-actions">
            <button type="submit" class="button primary" aria-disabled={busy || seen?.state === 'withdrawn'}>{busy ? t('edit.saving') : t(draft ? 'edit.saveDraft' : 'edit.save')}</button>
            {draft && <button type="button" class="button" aria-disabled={busy || wrong.length > 0 || !seen?.publishable} onClick={() => void keep(true)}>{t('edit.savePublish')}</button>}
            {said?.tone === 'ok' && <span class="says" role="status"><StatusMark mark="ok" />{said.text}</span>}
          </div>
        </form>
        {!phone && <aside class="edit-aside" aria-label={t('edit.findings')}>{aside}</aside>}
      </div>
      {phone && <button type="button" class="button findings-open" aria-expanded={sheet} onClick={() => setSheet(!sheet)}><StatusMark mark={findings.length ? marks[findings[0]!.severity] : 'ok'} />{t('edit.findingsOpen', { n: findings.length })}</button>}
      {phone && sheet && <div class="findings-sheet card">{aside}<button type="button" class="button" onClick={() => setSheet(false)}>{t('edit.close')}</button></div>}
    </main>
  );
}

interface At { form: Form; base: Form; set: (k: string, v: string) => void; leave: (k: string) => void; shown: (k: string) => Finding[] }
export interface Own { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }
interface LineProps { at: At; k: string; lang?: string; rows?: number; hint?: string; measured?: preact.ComponentChildren; kind?: string; mode?: 'decimal'; group?: boolean; quiet?: boolean; children?: (own: Own) => preact.ComponentChildren }

/** One field: label, hint, what is measured, the input, and what was found. */
function Line({ at, k, lang: of, rows, hint, measured, kind, mode, group, quiet, children }: LineProps) {
  const id = `f-${k.replace(/\./g, '-')}`;
  const found = at.shown(k);
  const bad = found.some((f) => f.severity === 'wrong' || f.severity === 'missing' || f.severity === 'violation');
  const described = [hint && `${id}-hint`, measured && `${id}-measured`, found.length > 0 && `${id}-found`].filter(Boolean).join(' ');
  const own: Own = { id, ...(described ? { 'aria-describedby': described } : {}), ...(bad ? { 'aria-invalid': true } : {}) };
  const on = { value: at.form[k] ?? '', lang: of, onInput: (e: { currentTarget: { value: string } }) => at.set(k, e.currentTarget.value), onBlur: () => at.leave(k) };
  const label = labelOf(k);
  return (
    <div class={bad ? 'field wrong' : 'field'} role={group ? 'group' : undefined} aria-labelledby={group ? `${id}-label` : undefined}>
      {group ? <span class={quiet ? 'sr' : 'label'} id={`${id}-label`}>{label}</span> : <label for={id}>{label}</label>}
      {hint && <p class="quiet-text" id={`${id}-hint`}>{hint}</p>}
      {children ? children(own) : rows ? <textarea {...own} {...on} rows={rows} /> : <input {...own} {...on} type={(kind ?? 'text') as 'text'} inputMode={mode} autocomplete="off" />}
      {measured && <p class="measured" id={`${id}-measured`}><Ruler /><span><span class="measured-word">{t('edit.measured')}</span> {measured}</span></p>}
      {found.length > 0 && <div class="found" id={`${id}-found`}>{found.map((f, i) => <p class={marks[f.severity] === 'fail' ? 'field-error' : 'says'} key={i}><StatusMark mark={marks[f.severity]} /><span><Say f={f} /></span></p>)}</div>}
    </div>
  );
}

const Ruler = () => <svg class="icon" width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M21.3 15.300a2.400 2.400 0 0 1 0 3.400l-2.600 2.600a2.400 2.400 0 0 1-3.400 0L2.700 8.700a2.400 2.400 0 0 1 0-3.400l2.600-2.600a2.400 2.400 0 0 1 3.400 0zM14.500 12.500l2-2M11.500 9.500l2-2M8.500 6.500l2-2M17.500 15.500l2-2" /></svg>;

function Types({ own, at, words }: { own: Own; at: At; words: Vocabularies }) {
  const chosen = linesOf(at.form['selection.types']);
  const nameOf = (iri: string): string => words.types.find((x) => x.iri === iri)?.name ?? iri.split(/[/#]/).pop() ?? iri;
  const put = (list: string[]): void => { at.set('selection.types', list.join('\n')); at.leave('selection.types'); };
  return (
    <div class="types">
      {chosen.map((x) => <span class="chip-m" key={x} title={x}>{nameOf(x)}<button type="button" class="chip-out" aria-label={`${t('edit.remove')}: ${nameOf(x)}`} onClick={() => put(chosen.filter((y) => y !== x))}>{'\u00d7'}</button></span>)}
      <select {...own} value="" onChange={(e) => { const v = e.currentTarget.value; if (v) put([...chosen, v]); e.currentTarget.value = ''; }}>
        <option value="">{t('edit.choose')}</option>
        {words.types.filter((x) => !chosen.includes(x.iri)).map((x) => <option key={x.iri} value={x.iri}>{x.name} ({number(x.count)})</option>)}
      </select>
    </div>
  );
}

function Boxes({ own, at, k, codes }: { own: Own; at: At; k: string; codes: { code: string; text: string; lang?: string }[] }) {
  const chosen = linesOf(at.form[k]);
  return (
    <div class="boxes" id={own.id} tabIndex={-1}>
      {codes.map((x) => <label class="check" key={x.code}><input type="checkbox" aria-describedby={own['aria-describedby']} checked={chosen.includes(x.code)} onChange={(e) => { at.set(k, (e.currentTarget.checked ? [...chosen, x.code] : chosen.filter((y) => y !== x.code)).join('\n')); at.leave(k); }} /><span lang={x.lang}>{x.text}</span></label>)}
    </div>
  );
}

/** Two people changed one description: both texts side by side, and a choice. */
function Both({ conflict, form, set }: { conflict: Conflict; form: Form; set: (k: string, v: string) => void }) {
  const say = (k: string, v: string): string => (k === 'access' ? t(`edit.${v}` as Key) : k === 'frequency' ? frequencyText(v) : linesOf(v).join(', ')) || t('edit.empty');
  return (
    <div class="note note-attention conflict"><StatusMark mark="attention" /><div>
      <p><strong>{t('edit.conflict')}</strong></p>
      <p>{conflict.asks.length ? t('edit.conflictHelp', { n: conflict.asks.length }) : t('edit.conflictNone')}</p>
      {conflict.asks.map((x) => (
        <fieldset key={x.field}><legend>{labelOf(x.field)}</legend>
          {([['theirs', x.theirs], ['mine', x.mine]] as const).map(([who, v]) => <label class="check" key={who}><input type="radio" name={`both-${x.field}`} checked={form[x.field] === v} onChange={() => set(x.field, v)} /><span><b>{t(`edit.${who}`)}</b> {say(x.field, v)}</span></label>)}
        </fieldset>
      ))}
    </div></div>
  );
}
