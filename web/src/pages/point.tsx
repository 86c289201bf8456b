// The local information point: protected data that is listed though not open,
// with the conditions and the way to ask.
import { useEffect, useState } from 'preact/hooks';
import { get, request } from '../app/api';
import { city } from '../app/city';
import { bytes } from '../app/format';
import { lang, languages, pick, t, type Names } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { why } from '../ui/text';

interface Item {
  slug: string; title: Names; description: Names; publisher: string; contact: { name: string; email?: string; url?: string }; access: 'RESTRICTED' | 'NON_PUBLIC'; reason: string; reasonText: Names;
  format?: string; size?: number; conditions?: Names; untold?: ('format' | 'size' | 'conditions')[]; href: string; ask: string;
}
interface List { formats: string[]; datasets: Item[] }

const fold = (s: string): string => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export function InformationPoint() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const roles = c.account?.roles ?? [];
  const steward = roles.includes('steward') || roles.includes('administrator');
  useEffect(() => { document.title = [t('point.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);
  const got = useAnswer((signal) => get<List>('/api/information-point', signal), []);
  const q = p.query.get('q') ?? '';
  const reason = p.query.get('reason') ?? '';
  const all = got.value?.datasets ?? [];
  const reasons = [...new Map(all.map((d) => [d.reason, d.reasonText])).entries()];
  const found = all.filter((d) => (!reason || d.reason === reason) && fold([...Object.values(d.title), ...Object.values(d.description), d.publisher].join(' ')).includes(fold(q)));
  useEffect(() => { if (got.value) answer(t('point.count', { n: found.length })); }, [got.value, found.length]);
  return (
    <main id="main" class="page point" tabIndex={-1}>
      <h1 tabIndex={-1}>{t('point.title')}</h1>
      <p class="lead">{t('point.lead', { city: c.name })}</p>
      <p class="machine"><a href={to('/registers')}>{t('desk.registers')}</a> · <a href="/information-point.ttl">Turtle</a> · <a href="/information-point.jsonld">JSON-LD</a> · <a href="/information-point.csv" download>CSV</a></p>
      {got.error ? <Note mark="fail" tone="fail" title={t('point.failed', { why: why(got.error) })}><button type="button" class="link" onClick={got.again}>{t('data.retry')}</button></Note>
        : !got.value ? <div class="card"><Skeleton label={t('page.loading', { city: t('point.title') })} rows={6} /></div>
        : all.length === 0 ? <Note title={t('point.none')}><a href={to('/requests/new')}>{t('desk.ask')}</a></Note>
        : (
          <>
            <div class="point-tools">
              <div class="field"><label for="point-q">{t('point.find')}</label><input id="point-q" type="search" value={q} onInput={(e) => go(withQuery({ q: e.currentTarget.value || null }), 'replace')} /></div>
              <div class="field"><label for="point-reason">{t('point.reason')}</label><select id="point-reason" value={reason} onChange={(e) => go(withQuery({ reason: e.currentTarget.value || null }), 'replace')}><option value="">{t('point.anyReason')}</option>{reasons.map(([k, x]) => <option key={k} value={k}>{pick(x).text}</option>)}</select></div>
            </div>
            {found.length === 0 ? <Note title={t('point.noneFound')} /> : <ul class="point-list">{found.map((d) => <Entry key={d.slug} d={d} formats={got.value!.formats} steward={steward} again={got.again} />)}</ul>}
          </>
        )}
    </main>
  );
}

function Entry({ d, formats, steward, again }: { d: Item; formats: string[]; steward: boolean; again: () => void }) {
  const title = pick(d.title);
  const text = pick(d.description);
  const rules = pick(d.conditions);
  const untold = <span class="says"><StatusMark mark="unknown" />{t('point.untold')}</span>;
  return (
    <li class="card">
      <div class="point-head"><h2><a href={to(d.href)} lang={title.lang}>{title.text}</a></h2><a class="button primary" href={to(d.ask)}>{t('point.ask')}<span class="sr">: {title.text}</span></a></div>
      <p lang={text.lang}>{text.text}</p>
      <dl class="pairs">
        <dt>{t('point.reason')}</dt><dd lang={pick(d.reasonText).lang}>{pick(d.reasonText).text}</dd>
        <dt>{t('point.access')}</dt><dd>{t(`point.${d.access}`)}</dd>
        <dt>{t('point.format')}</dt><dd>{d.format ?? untold}</dd>
        <dt>{t('point.size')}</dt><dd>{d.size ? bytes(d.size) : untold}</dd>
        <dt>{t('point.conditions')}</dt><dd lang={rules.lang}>{rules.text || untold}</dd>
        <dt>{t('set.publisher')}</dt><dd>{d.publisher}</dd>
      </dl>
      {steward && <Change d={d} formats={formats} done={again} />}
    </li>
  );
}

function Change({ d, formats, done }: { d: Item; formats: string[]; done: () => void }) {
  const [failed, setFailed] = useState('');
  const id = (k: string): string => `${d.slug}-${k}`;
  const send = async (form: HTMLFormElement): Promise<void> => {
    const f = new FormData(form);
    const of = (k: string): string => String(f.get(k) ?? '').trim();
    const conditions = Object.fromEntries(languages.map((l) => [l, of(l)]).filter(([, v]) => v));
    setFailed('');
    try {
      await request(`/api/datasets/${encodeURIComponent(d.slug)}/protection`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ format: of('format'), size: Math.round(Number(of('size')) * 1000), conditions }) });
      answer(t('point.saved'));
      done();
    } catch (e) { setFailed(why(e)); }
  };
  return (
    <details class="service-change" open={(d.untold ?? []).length > 0}>
      <summary>{t('point.change')}</summary>
      <form onSubmit={(e) => { e.preventDefault(); void send(e.currentTarget); }}>
        {failed && <p class="field-error" role="alert"><StatusMark mark="fail" />{failed}</p>}
        <div class="field"><label for={id('format')}>{t('point.format')}</label><select id={id('format')} name="format" defaultValue={d.format ?? ''}><option value="">{t('point.untold')}</option>{formats.map((x) => <option key={x} value={x} selected={x === d.format}>{x}</option>)}</select></div>
        <div class="field"><label for={id('size')}>{t('point.inSize')}</label><input id={id('size')} name="size" type="number" min="0" step="any" defaultValue={d.size ? String(d.size / 1000) : ''} /></div>
        {languages.map((l) => <div class="field" key={l}><label for={id(l)}>{t('point.inConditions', { lang: l.toUpperCase() })}</label><textarea id={id(l)} name={l} rows={2} lang={l} defaultValue={d.conditions?.[l] ?? ''} /></div>)}
        <button type="submit" class="button">{t('point.save')}<span class="sr">: {pick(d.title).text}</span></button>
      </form>
    </details>
  );
}
