// Parts of the pages about duties: questions, one duty, who may do what.
import { useState } from 'preact/hooks';
import { request } from '../app/api';
import { city } from '../app/city';
import { standingOf, type Act, type Duty, type Fact, type Standing, type State } from '../app/duties';
import { frequencyText } from '../app/datasets';
import { fullDate } from '../app/format';
import { pick, t, type Key } from '../app/lang';
import { answer } from '../app/news';
import { to } from '../app/route';
import { StatusMark } from './marks';
import { Note } from './parts';
import { knownKey, why } from './text';
import type { Mark } from '../live/model';

export const marks: Record<Standing, Mark> = { unmet: 'fail', asked: 'person', met: 'ok', maybe: 'unknown' };
export const order: Standing[] = ['unmet', 'asked', 'met', 'maybe'];
export const curates = (): boolean => city.get()?.account?.roles.some((r) => r === 'steward' || r === 'administrator') ?? false;

export const send = (path: string, method: string, body?: unknown): Promise<Response> => request(path, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });

export const factText = (v: string): string => t(knownKey(`fact.${v}`) ?? 'law.other', { what: v });

/** One question of the law, with an input that fits its answers. */
export function Question({ f, value, hint, onChange }: { f: Fact; value: string; hint?: string; onChange: (v: string) => void }) {
  const own = { id: f.name, 'aria-describedby': hint ? `${f.name}-hint` : undefined };
  return (
    <div class="field">
      <label for={f.name}>{pick(f.ask).text}</label>
      {f.type === 'bool' || f.values
        ? <select {...own} value={value} onChange={(e) => onChange(e.currentTarget.value)}><option value="">{t('law.unknown')}</option>{f.type === 'bool' ? <><option value="yes">{t('law.yes')}</option><option value="no">{t('law.no')}</option></> : <>{f.values!.map((v) => <option key={v} value={v}>{factText(v)}</option>)}{f.type === 'list' && <option value="none">{t('law.noneOf')}</option>}</>}</select>
        : <input {...own} type={(f.type === 'number' ? 'number' : f.type === 'date' ? 'date' : 'text') as 'text'} value={value} onChange={(e) => onChange(e.currentTarget.value.trim())} />}
      {hint && <p class="hint" id={`${f.name}-hint`}>{hint}</p>}
    </div>
  );
}

const sourceKeys: Record<string, Key> = { measured: 'duty.measured', dataset: 'duty.fromDataset', holder: 'duty.fromHolder' };

function spoken(v: unknown): string {
  if (v === true) return t('law.yes');
  if (v === false) return t('law.no');
  if (Array.isArray(v)) return v.length ? v.map((x) => factText(String(x))).join(', ') : t('law.noneOf');
  return knownKey(`fact.${String(v)}`) ? factText(String(v)) : String(v);
}

interface Item { d: Duty; state?: State; acts: Act[]; facts: Fact[]; slug?: string; changed: () => void }

/** One duty: what it asks, where it stands and why, whose turn it is, and what can be done here. */
export function DutyItem({ d, state, acts, facts, slug, changed }: Item) {
  const [failed, setFailed] = useState('');
  const [sure, setSure] = useState('');
  const [busy, setBusy] = useState(false);
  const s = standingOf(d);
  const may = curates();
  const base = slug ? `/api/datasets/${encodeURIComponent(slug)}` : '/api/duties';
  const ask = (name: string): string => pick(facts.find((f) => f.name === name)?.ask).text || name;
  const work = async (what: () => Promise<unknown>, done: string): Promise<void> => {
    setBusy(true); setFailed('');
    try { await what(); answer(done); setSure(''); changed(); } catch (e) { setFailed(why(e)); } finally { setBusy(false); }
  };
  const name = (a: { id: string; to?: string }): string => t(`duty.do.${a.id}` as Key, { to: a.id === 'setFrequency' ? frequencyText(a.to) : a.to ?? '' });
  const seen = (id: string): boolean => id === 'publish' || id === 'publishHighValue' || id === 'withdraw';
  return (
    <li>
      <h2><StatusMark mark={marks[s]} /><span class="sr">{t(`law.${s}`)}: </span>{pick(d.title).text}</h2>
      <p lang={pick(d.duty).lang}>{pick(d.duty).text}</p>
      {state?.facts && d.because && d.because.length > 0 && <details class="lacks"><summary>{t('duty.why')}</summary><ul>{d.because.map((x) => <li key={x}>{ask(x)} <strong>{spoken(state.facts?.[x])}</strong>{state.sources?.[x] && <span class="quiet-text"> ({t(sourceKeys[state.sources[x]]!)})</span>}</li>)}</ul></details>}
      {d.missing && d.missing.length > 0 && <details class="lacks"><summary>{t(s === 'maybe' ? 'law.decide' : 'law.show', { n: d.missing.length })}</summary><ul>{d.missing.map((x) => <li key={x}>{ask(x)}</li>)}</ul></details>}
      {(s === 'asked' || s === 'unmet') && d.evidence && <p class="quiet-text" lang={pick(d.evidence).lang}>{t('duty.shownBy', { what: pick(d.evidence).text })}</p>}
      {d.proof && d.proof.length > 0 && <div class="evidence"><h3>{t('duty.metBy')}</h3><ul>{d.proof.map((e) => <li key={e.id}>{e.url && <a href={e.url} rel="noopener">{e.url}</a>} {e.note && <span>{e.note}</span>} <span class="quiet-text">{t('duty.told', { who: e.by, date: fullDate(Date.parse(e.at)) })}</span> {may && <button type="button" class="link" onClick={() => void work(() => send(`${base}/evidence/${e.id}`, 'DELETE'), t('duty.done'))}>{t('duty.takeBack')}</button>}</li>)}</ul></div>}
      {d.due && <p class="says"><StatusMark mark="attention" />{t('law.due', { date: fullDate(Date.parse(d.due.last)) })}</p>}
      {d.limit && <p class="quiet-text">{pick(d.limit).text}</p>}
      <p class="facts"><span>{pick(acts.find((a) => a.id === d.set)?.name).text || d.act}</span><span>{d.article}</span>{d.status === 'pending' && <span class="chip-s">{t('law.pending')}</span>}{d.verification === 'unverified' && <span class="chip-s">{t('law.unverified')}</span>}{d.verification === 'secondary' && <span class="chip-s">{t('law.secondary')}</span>}</p>
      {may && d.actor && s !== 'met' && s !== 'maybe' && <p class="next">{t(`duty.next.${d.actor}`)}</p>}
      {may && (d.actions?.length || d.action === 'recordOfProcessing') && s !== 'met' && s !== 'maybe' ? (
        <div class="row-actions">
          {d.actions?.map((a) => sure === a.id
            ? <span class="sure" key={a.id}>{t('duty.sure')} <button type="button" class="button primary" disabled={busy} onClick={() => void work(() => send(`${base}/actions`, 'POST', { rule: d.id, action: a.id }), t('duty.done'))}>{t('duty.yes')}<span class="sr">: {name(a)}</span></button> <button type="button" class="button" onClick={() => setSure('')}>{t('duty.cancel')}</button></span>
            : <button type="button" class="button" key={a.id} disabled={busy} onClick={() => (seen(a.id) ? setSure(a.id) : void work(() => send(`${base}/actions`, 'POST', { rule: d.id, action: a.id }), t('duty.done')))}>{name(a)}</button>)}
          {d.action === 'recordOfProcessing' && <a class="button" href={to('/duties', { view: 'processing', edit: 'new', ...(slug ? { dataset: slug } : {}) })}>{t('duty.do.record')}</a>}
        </div>
      ) : null}
      {may && d.standing === 'asked' && <EvidenceForm rule={d.id} base={base} title={pick(d.title).text} changed={changed} />}
      {failed && <Note mark="fail" tone="fail" title={t('duty.failed', { why: failed })} />}
    </li>
  );
}

function EvidenceForm({ rule, base, title, changed }: { rule: string; base: string; title: string; changed: () => void }) {
  const [url, setUrl] = useState('');
  const [note, setNote] = useState('');
  const [failed, setFailed] = useState('');
  const id = `ev-${rule.replace(/[^A-Za-z0-9]/g, '-')}`;
  const add = async (): Promise<void> => {
    setFailed('');
    try { await send(`${base}/evidence`, 'POST', { rule, url, note }); answer(t('duty.added')); changed(); } catch (e) { setFailed(why(e)); }
  };
  return (
    <details class="lacks name-evidence"><summary>{t('duty.addEvidence')}<span class="sr">: {title}</span></summary>
      <form onSubmit={(e) => { e.preventDefault(); void add(); }} noValidate>
        <div class="field"><label for={`${id}-u`}>{t('duty.evidenceUrl')}</label><input id={`${id}-u`} type={'url' as 'text'} value={url} onInput={(e) => setUrl(e.currentTarget.value.trim())} /></div>
        <div class="field"><label for={`${id}-n`}>{t('duty.evidenceNote')}</label><input id={`${id}-n`} type="text" value={note} onInput={(e) => setNote(e.currentTarget.value)} /></div>
        <button type="submit" class="button">{t('duty.add')}</button>
        {failed && <Note mark="fail" tone="fail" title={t('duty.failed', { why: failed })} />}
      </form>
    </details>
  );
}
