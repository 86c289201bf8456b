// The record of processing activities (GDPR, Art. 30): what is there, what each
// lacks, and a form for one.
import { useEffect, useState } from 'preact/hooks';
import { get } from '../app/api';
import { inventory } from '../app/datasets';
import { fullDate } from '../app/format';
import { pick, t, type Key } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { send } from '../ui/law';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { knownKey, why } from '../ui/text';

interface Party { name?: string; contact?: string }
interface Activity {
  id: string; name: string; role: string; controller?: Party; joint?: Party[]; representative?: Party; officer?: Party; purposes?: string[]; basis?: string; subjects?: string[]; data?: string[]; recipients?: string[];
  transfers?: { to: string; safeguard?: string }[]; retention?: string; measures?: string; customers?: Party[]; work?: string[]; datasets?: string[]; ended?: boolean; by: string; at: string; lacks?: string[]; hopes?: string[];
}

/** A member that is missing, in the words of the form. */
function memberText(m: string): string {
  const k = knownKey(`proc.${m.replace(/\.(.)/, (_, x: string) => x.toUpperCase())}`);
  return k ? t(k) : m;
}

export function Processing() {
  const p = useSignal(place);
  const edit = p.query.get('edit') ?? '';
  const got = useAnswer((signal) => get<{ activities: Activity[] }>('/api/processing', signal), []);
  if (got.error) return <Note mark="fail" tone="fail" title={t('proc.failed', { why: why(got.error) })}><a href={to('/login', { next: '/duties' })}>{t('account.signIn')}</a></Note>;
  if (!got.value) return <div class="card"><Skeleton label={t('panel.loading')} rows={5} /></div>;
  const list = got.value.activities;
  const one = list.find((a) => a.id === edit);
  if (edit === 'new' || one) return <Form key={edit} a={one} taken={list.map((a) => a.id)} done={got.again} />;
  return (
    <div class="part">
      <h2>{t('duty.processing')}</h2>
      <p class="lead">{t('proc.lead')}</p>
      <p><a class="button primary" href={to('/duties', { view: 'processing', edit: 'new' })}>{t('proc.new')}</a></p>
      {list.length === 0 ? <Note title={t('proc.none')} /> : (
        <ul class="card plain-list">{list.map((a) => (
          <li key={a.id}>
            <h3>{a.name}</h3>
            <p class="facts"><span>{t(a.role === 'processor' ? 'proc.processor' : 'proc.controller')}</span>{a.ended && <span>{t('proc.ended')}</span>}<span>{t('duty.told', { who: a.by, date: fullDate(Date.parse(a.at)) })}</span></p>
            {a.lacks?.length ? <p class="says"><StatusMark mark="fail" />{t('proc.lacks', { what: a.lacks.map(memberText).join(', ') })}</p> : <p class="says"><StatusMark mark="ok" />{t('proc.complete')}</p>}
            {a.hopes?.length ? <p class="says"><StatusMark mark="attention" />{t('proc.hopes', { what: a.hopes.map(memberText).join(', ') })}</p> : null}
            <p><a href={to('/duties', { view: 'processing', edit: a.id })}>{t('proc.edit')}<span class="sr">: {a.name}</span></a></p>
          </li>
        ))}</ul>
      )}
    </div>
  );
}

const lines = (s: string): string[] => s.split('\n').map((x) => x.trim()).filter(Boolean);
const pairs = (s: string): [string, string][] => lines(s).map((l) => { const i = l.indexOf(';'); return i < 0 ? [l, ''] : [l.slice(0, i).trim(), l.slice(i + 1).trim()]; });
const parties = (l: Party[] | undefined): string => (l ?? []).map((x) => [x.name, x.contact].filter(Boolean).join('; ')).join('\n');
const slugOf = (s: string, taken: string[]): string => {
  const base = s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60) || 'activity';
  let out = base;
  for (let n = 2; taken.includes(out) || out === 'new'; n++) out = `${base}-${n}`;
  return out;
};

function Form({ a, taken, done }: { a?: Activity; taken: string[]; done: () => void }) {
  const sets = useAnswer(inventory, []);
  const [failed, setFailed] = useState('');
  const [f, setF] = useState<Record<string, string>>(() => ({
    name: a?.name ?? '', role: a?.role ?? 'controller', 'controller.name': a?.controller?.name ?? '', 'controller.contact': a?.controller?.contact ?? '', 'officer.name': a?.officer?.name ?? '', 'officer.contact': a?.officer?.contact ?? '',
    representative: parties(a?.representative ? [a.representative] : []), joint: parties(a?.joint), purposes: (a?.purposes ?? []).join('\n'), basis: a?.basis ?? '', subjects: (a?.subjects ?? []).join('\n'), data: (a?.data ?? []).join('\n'), recipients: (a?.recipients ?? []).join('\n'),
    transfers: (a?.transfers ?? []).map((x) => [x.to, x.safeguard].filter(Boolean).join('; ')).join('\n'), retention: a?.retention ?? '', measures: a?.measures ?? '', customers: parties(a?.customers), work: (a?.work ?? []).join('\n'),
    datasets: (a?.datasets ?? [place.get().query.get('dataset') ?? '']).filter(Boolean).join('\n'), ended: a?.ended ? 'yes' : '',
  }));
  useEffect(() => { document.querySelector<HTMLElement>('#proc-name')?.focus(); }, []);
  const set = (k: string, v: string): void => setF({ ...f, [k]: v });
  const of = (k: string): string => f[k] ?? '';
  const party = (s: string): Party[] => pairs(s).map(([name, contact]) => ({ name, contact }));
  const save = async (): Promise<void> => {
    setFailed('');
    const id = a?.id ?? slugOf(of('name'), taken);
    const mine = of('role') === 'processor';
    const body = { name: of('name').trim(), role: of('role'), controller: { name: of('controller.name').trim(), contact: of('controller.contact').trim() }, officer: { name: of('officer.name').trim(), contact: of('officer.contact').trim() }, representative: party(of('representative'))[0] ?? {}, joint: party(of('joint')),
      purposes: mine ? [] : lines(of('purposes')), basis: of('basis').trim(), subjects: mine ? [] : lines(of('subjects')), data: mine ? [] : lines(of('data')), recipients: mine ? [] : lines(of('recipients')), transfers: pairs(of('transfers')).map(([where, safeguard]) => ({ to: where, safeguard })),
      retention: of('retention').trim(), measures: of('measures').trim(), customers: mine ? party(of('customers')) : [], work: mine ? lines(of('work')) : [], datasets: lines(of('datasets')), ended: of('ended') === 'yes' };
    try {
      await send(`/api/processing/${encodeURIComponent(id)}`, 'PUT', body);
      answer(t('proc.saved')); done(); go(withQuery({ edit: null, dataset: null }));
    } catch (e) { setFailed(why(e)); }
  };
  const input = (k: string, key: Key) => <div class="field" key={k}><label for={`proc-${k}`}>{t(key)}</label><input id={`proc-${k}`} type="text" value={of(k)} onInput={(e) => set(k, e.currentTarget.value)} /></div>;
  const area = (k: string, key: Key, help: Key = 'proc.lines') => <div class="field" key={k}><label for={`proc-${k}`}>{t(key)}</label><textarea id={`proc-${k}`} rows={2} value={of(k)} aria-describedby={`proc-${k}-h`} onInput={(e) => set(k, e.currentTarget.value)} /><p class="hint" id={`proc-${k}-h`}>{t(help)}</p></div>;
  const processor = of('role') === 'processor';
  const chosen = lines(of('datasets'));
  return (
    <form class="card form" noValidate onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <p><a href={to('/duties', { view: 'processing' })}>{t('proc.back')}</a></p>
      <h2>{a ? a.name : t('proc.new')}</h2>
      {input('name', 'proc.name')}
      <div class="field"><label for="proc-role">{t('proc.role')}</label><select id="proc-role" value={of('role')} onChange={(e) => set('role', e.currentTarget.value)}><option value="controller">{t('proc.controller')}</option><option value="processor">{t('proc.processor')}</option></select></div>
      <div class="two">{input('controller.name', processor ? 'proc.processorName' : 'proc.controllerName')}{input('controller.contact', 'proc.controllerContact')}{input('officer.name', 'proc.officerName')}{input('officer.contact', 'proc.officerContact')}</div>
      {processor ? <div class="two">{area('customers', 'proc.customers', 'proc.partiesHelp')}{area('work', 'proc.work')}</div>
        : <div class="two">{area('purposes', 'proc.purposes')}{input('basis', 'proc.basis')}{area('subjects', 'proc.subjects')}{area('data', 'proc.data')}{area('recipients', 'proc.recipients')}{area('joint', 'proc.joint', 'proc.partiesHelp')}</div>}
      <div class="two">{area('transfers', 'proc.transfers', 'proc.transfersHelp')}{area('representative', 'proc.representative', 'proc.partiesHelp')}{!processor && input('retention', 'proc.retention')}{input('measures', 'proc.measures')}</div>
      <fieldset><legend>{t('proc.datasets')}</legend>{(sets.value ?? []).map((d) => <label class="checkline" key={d.slug}><input type="checkbox" checked={chosen.includes(d.slug)} onChange={(e) => set('datasets', (e.currentTarget.checked ? [...chosen, d.slug] : chosen.filter((x) => x !== d.slug)).join('\n'))} /><span lang={pick(d.typed.title).lang}>{pick(d.typed.title).text || d.slug}</span></label>)}</fieldset>
      <label class="checkline"><input type="checkbox" checked={of('ended') === 'yes'} onChange={(e) => set('ended', e.currentTarget.checked ? 'yes' : '')} />{t('proc.isEnded')}</label>
      {failed && <Note mark="fail" tone="fail" title={t('duty.failed', { why: failed })} />}
      <div class="row-actions"><button type="submit" class="button primary">{t('proc.save')}</button></div>
    </form>
  );
}
