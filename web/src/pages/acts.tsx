// The rule sets: what is in force, what was handed in, what it would change,
// and the second person's decision.
import { useState } from 'preact/hooks';
import { get, request } from '../app/api';
import { city } from '../app/city';
import { type Act } from '../app/duties';
import { fullDate } from '../app/format';
import { pick, t, type Key, type Names } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { send } from '../ui/law';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { why } from '../ui/text';
import type { Mark } from '../live/model';

interface Import { id: string; set: string; version: string; state: 'waiting' | 'approved' | 'refused'; note?: string; by: string; at: string; decided?: string; decidedBy?: string; reason?: string; yours?: boolean }
interface Diff {
  import: Import; on: string; changes: { kind: 'added' | 'removed' | 'changed'; rule?: string; title?: Names; fields: { field: string; before?: string; after?: string }[] }[];
  effects: { slug?: string; title?: Names; before: Tally; after: Tally }[];
}
interface Tally { applies: number; open: number }
const states: Record<Import['state'], Mark> = { waiting: 'person', approved: 'ok', refused: 'none' };

export function RuleSets({ acts, again }: { acts: Act[]; again: () => void }) {
  const p = useSignal(place);
  const id = p.query.get('import') ?? '';
  const got = useAnswer((signal) => get<{ imports: Import[]; faults: string[] }>('/api/law/imports', signal), [id]);
  if (id) return <OneImport key={id} id={id} done={() => { got.again(); again(); }} />;
  const admin = city.get()?.account?.roles.includes('administrator') ?? false;
  return (
    <div class="part">
      <h2>{t('duty.acts')}</h2>
      <p class="lead">{t('acts.lead')}</p>
      {got.value?.faults.length ? <Note mark="fail" tone="fail" title={t('acts.faults', { what: got.value.faults.join('; ') })} /> : null}
      <h3>{t('acts.imports')}</h3>
      {got.error ? <Note mark="fail" tone="fail" title={t('acts.failed', { why: why(got.error) })} /> : !got.value ? <div class="card"><Skeleton label={t('panel.loading')} rows={3} /></div>
        : got.value.imports.length === 0 ? <Note title={t('acts.noImports')} />
        : <ul class="card plain-list">{got.value.imports.map((i) => <li key={i.id}><h4 class="says"><StatusMark mark={states[i.state]} />{i.id}: {t(`acts.${i.state}`)}</h4><Facts i={i} /><p><a href={to('/duties', { view: 'acts', import: i.id })}>{t('acts.open')}<span class="sr">: {i.id}</span></a></p></li>)}</ul>}
      <h3>{t('acts.inForce')}</h3>
      <div class="card stock-scroll" tabIndex={0} role="region" aria-label={t('acts.inForce')}>
        <table class="stock beside">
          <thead><tr><th scope="col">{t('duty.act')}</th><th scope="col">{t('acts.version')}</th><th scope="col">{t('acts.rules')}</th><th scope="col">{t('acts.toCheck')}</th><th scope="col">{t('acts.source')}</th></tr></thead>
          <tbody>{acts.map((a) => <tr key={a.id}><th scope="row">{pick(a.name).text}<span class="sub">{a.act}{a.status === 'pending' && <> · {t('law.pending')}</>}</span></th><td data-head={t('acts.version')}>{a.version}</td><td data-head={t('acts.rules')}>{a.rules}</td><td data-head={t('acts.toCheck')}>{a.verification['unverified'] ?? 0}</td><td data-head={t('acts.source')}><a href={`/api/law/acts/${a.id}/source`} download={`${a.id}.yaml`}>YAML<span class="sr">: {pick(a.name).text}</span></a></td></tr>)}</tbody>
        </table>
      </div>
      {admin && <HandIn done={got.again} />}
    </div>
  );
}

function Facts({ i }: { i: Import }) {
  return <p class="facts"><span>{t('acts.version')} {i.version}</span><span>{t('acts.by', { who: i.by, date: fullDate(Date.parse(i.at)) })}</span>{i.decided && <span>{t('acts.decided', { who: i.decidedBy ?? '', date: fullDate(Date.parse(i.decided)) })}</span>}{i.note && <span>{i.note}</span>}{i.reason && <span>{i.reason}</span>}</p>;
}

function HandIn({ done }: { done: () => void }) {
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const [failed, setFailed] = useState<string[]>();
  const hand = async (): Promise<void> => {
    setFailed(undefined);
    try {
      const i = await (await request(`/api/law/acts/import?${new URLSearchParams(note ? { note } : {})}`, { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: text })).json() as Import;
      answer(t('acts.sent', { id: i.id })); setText(''); setNote(''); done();
      go(withQuery({ import: i.id }));
    } catch (e) { setFailed(why(e).split('; ')); }
  };
  return (
    <>
      <h3>{t('acts.handIn')}</h3>
      <form class="card form" noValidate onSubmit={(e) => { e.preventDefault(); void hand(); }}>
        <div class="field"><label for="set-file">{t('acts.file')}</label><input id="set-file" type={'file' as 'text'} accept=".yaml,.yml" onChange={(e) => { const f = e.currentTarget.files?.[0]; if (f) void f.text().then(setText); }} /></div>
        <div class="field"><label for="set-text">{t('acts.text')}</label><textarea id="set-text" class="code" spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} /></div>
        <div class="field"><label for="set-note">{t('acts.note')}</label><input id="set-note" type="text" value={note} onInput={(e) => setNote(e.currentTarget.value)} /></div>
        {failed && <div role="alert"><Note mark="fail" tone="fail" title={t('duty.failed', { why: failed[0] ?? '' })} />{failed.length > 1 && <ul class="faults">{failed.slice(1).map((x) => <li key={x}>{x}</li>)}</ul>}</div>}
        <div class="row-actions"><button type="submit" class="button primary">{t('acts.send')}</button></div>
      </form>
    </>
  );
}


const kindKey: Record<string, Key> = { added: 'acts.added', removed: 'acts.removed', changed: 'acts.changed' };
const kindMark: Record<string, Mark> = { added: 'ok', removed: 'fail', changed: 'attention' };

function OneImport({ id, done }: { id: string; done: () => void }) {
  const p = useSignal(place);
  const on = p.query.get('on') ?? '';
  const [reason, setReason] = useState('');
  const [failed, setFailed] = useState('');
  const got = useAnswer((signal) => get<Diff>(`/api/law/imports/${encodeURIComponent(id)}?${new URLSearchParams(on ? { on } : {})}`, signal), [id, on]);
  const back = <p><a href={to('/duties', { view: 'acts' })}>{t('duty.acts')}</a></p>;
  if (got.error) return <div class="part">{back}<Note mark="fail" tone="fail" title={t('acts.failed', { why: why(got.error) })} /></div>;
  if (!got.value) return <div class="card"><Skeleton label={t('panel.loading')} rows={6} /></div>;
  const { import: i, changes, effects } = got.value;
  const admin = city.get()?.account?.roles.includes('administrator') ?? false;
  const decide = async (what: 'approve' | 'refuse'): Promise<void> => {
    setFailed('');
    try {
      await send(`/api/law/imports/${encodeURIComponent(id)}/${what}`, 'POST', { reason });
      answer(t(what === 'approve' ? 'acts.nowInForce' : 'acts.nowRefused', { id })); got.again(); done();
    } catch (e) { setFailed(why(e)); }
  };
  return (
    <div class="part">
      {back}
      <h2>{t('acts.diff', { id })}</h2>
      <p class="says"><StatusMark mark={states[i.state]} />{t(`acts.${i.state}`)}</p>
      <Facts i={i} />
      <ul class="card changes">{changes.map((x) => (
        <li key={x.rule ?? ''}>
          <h3 class="says"><StatusMark mark={kindMark[x.kind]!} /><span>{x.rule ?? t('acts.set')}: {t(kindKey[x.kind]!)}{x.title && <> · <span lang={pick(x.title).lang}>{pick(x.title).text}</span></>}</span></h3>
          <table><caption class="sr">{x.rule ?? t('acts.set')}</caption><thead><tr><th scope="col">{t('acts.member')}</th>{x.kind !== 'added' && <th scope="col">{t('acts.before')}</th>}{x.kind !== 'removed' && <th scope="col">{t('acts.after')}</th>}</tr></thead>
            <tbody>{x.fields.map((f) => <tr key={f.field}><th scope="row"><code>{f.field}</code></th>{x.kind !== 'added' && <td>{f.before ? <del>{f.before}</del> : <Nothing />}</td>}{x.kind !== 'removed' && <td>{f.after ? <ins>{f.after}</ins> : <Nothing />}</td>}</tr>)}</tbody></table>
        </li>
      ))}</ul>
      {i.state === 'waiting' && <>
        <h3>{t('acts.effects')}</h3>
        <div class="law-tools"><div class="field"><label for="on">{t('law.on')}</label><input id="on" type="date" value={on || got.value.on} onChange={(e) => go(withQuery({ on: e.currentTarget.value || null }), 'replace')} /></div></div>
        {effects.length === 0 ? <Note title={t('acts.noEffects')} /> : (
          <div class="card stock-scroll" tabIndex={0} role="region" aria-label={t('acts.effects')}><table class="stock beside"><thead><tr><th scope="col">{t('duty.row')}</th><th scope="col">{t('acts.before')}</th><th scope="col">{t('acts.after')}</th></tr></thead>
            <tbody>{effects.map((e) => <tr key={e.slug ?? ''}><th scope="row" lang={e.slug ? pick(e.title).lang : undefined}>{e.slug ? pick(e.title).text || e.slug : t('duty.own')}</th>{[e.before, e.after].map((x, n) => <td key={n} data-head={t(n ? 'acts.after' : 'acts.before')}>{t('acts.applies', { n: x.applies })}, {t('acts.mayApply', { n: x.open })}</td>)}</tr>)}</tbody></table></div>
        )}
        {admin && <form class="card form" onSubmit={(e) => e.preventDefault()}>
          {i.yours && <Note mark="person" title={t('acts.yours')} />}
          <div class="field"><label for="reason">{t('acts.reason')}</label><input id="reason" type="text" value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></div>
          {failed && <div role="alert"><Note mark="fail" tone="fail" title={t('duty.failed', { why: failed })} /></div>}
          <div class="row-actions">{!i.yours && <button type="button" class="button primary" onClick={() => void decide('approve')}>{t('acts.approve')}</button>}<button type="button" class="button" onClick={() => void decide('refuse')}>{t(i.yours ? 'acts.takeBackOwn' : 'acts.refuse')}</button></div>
        </form>}
      </>}
    </div>
  );
}

function Nothing() {
  return <><span aria-hidden="true">{'\u2013'}</span><span class="sr">{t('duty.nothing')}</span></>;
}
