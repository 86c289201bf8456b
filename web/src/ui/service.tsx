// Terms and quality of service of a dataset's API: what is promised beside what
// was measured, and for stewards a form to change the promise.
import { useState } from 'preact/hooks';
import { get, request } from '../app/api';
import { city } from '../app/city';
import { ageText, fullDate, number } from '../app/format';
import { lang, pick, t, type Names } from '../app/lang';
import { answer } from '../app/news';
import { useSignal } from '../app/signal';
import { StatusMark } from './marks';
import { useAnswer } from './parts';
import { why } from './text';

export interface ServiceTerms { availability?: number; freshness?: number; latency?: number; capacity?: number; notice?: number; support?: { name?: string; email?: string; url?: string }; use?: Names; versioning?: Names }
export interface ServiceState {
  days: number; promised: ServiceTerms | null; promisedBy: 'dataset' | 'default' | 'nobody';
  measured: { from?: string; requests: number; failed: number; availability: { value: number } | null; latency: { p50: number; p95: number } | null; freshness: { age: number } | null };
  kept: { availability: boolean | null; latency: boolean | null; freshness: boolean | null };
}

const percent = (v: number): string => `${number(v, 3)}\u202f%`;
const milliseconds = (v: number): string => `${number(v, v < 10 ? 1 : 0)}\u202fms`;

/** What is promised and what was measured, as the rows of the table. Nothing is made up: what was not measured says so. */
export function serviceRows(s: ServiceState): { key: 'availability' | 'latency' | 'freshness'; promised: string; measured: string; kept: boolean | null }[] {
  const p = s.promised ?? {};
  const m = s.measured;
  return [
    { key: 'availability', promised: p.availability ? `\u2265 ${percent(p.availability)}` : '', measured: m.availability ? percent(m.availability.value) : '', kept: s.kept.availability },
    { key: 'latency', promised: p.latency ? `\u2264 ${milliseconds(p.latency)}` : '', measured: m.latency ? milliseconds(m.latency.p95) : '', kept: s.kept.latency },
    { key: 'freshness', promised: p.freshness ? `\u2264 ${ageText(p.freshness)}` : '', measured: m.freshness ? ageText(m.freshness.age) : '', kept: s.kept.freshness },
  ];
}

export function Service({ slug }: { slug: string }) {
  const roles = useSignal(city)?.account?.roles ?? [];
  const steward = roles.includes('steward') || roles.includes('administrator');
  const got = useAnswer((signal) => get<ServiceState>(`/api/datasets/${encodeURIComponent(slug)}/service`, signal), [slug]);
  const s = got.value;
  if (!s) return null; // a page without it is whole
  const p = s.promised;
  const since = s.measured.from ? Date.parse(s.measured.from) : undefined;
  const contact = p?.support;
  return (
    <section class="card service" aria-labelledby="service">
      <h2 id="service">{t('service.title')}</h2>
      <table class="sample service-table">
        <caption class="sr">{t('service.caption')}</caption>
        <thead><tr><th scope="col">{t('service.what')}</th><th scope="col" class="n">{t('service.promised')}</th><th scope="col" class="n">{t('service.measured')}</th></tr></thead>
        <tbody>{serviceRows(s).map((r) => (
          <tr key={r.key}><th scope="row">{t(`service.${r.key}`)}</th><td class="n" data-head={t('service.promised')}>{r.promised || <span class="quiet-text">{t('service.nothing')}</span>}</td>
            <td class="n" data-head={t('service.measured')}>{r.measured ? <span class="says">{r.kept !== null && <StatusMark mark={r.kept ? 'ok' : 'fail'} />}{r.measured}{r.kept !== null && <span class="sr"> {t(r.kept ? 'service.kept' : 'service.broken')}</span>}</span> : <span class="quiet-text">{t('service.notYet')}</span>}</td></tr>
        ))}</tbody>
      </table>
      <div class="card-text">
        <p class="quiet-text">{since !== undefined ? t('service.since', { date: fullDate(since), n: s.measured.requests }) : t('service.none')}</p>
        {p?.capacity ? <p>{t('service.capacityIs', { n: p.capacity })}</p> : null}
        {p?.notice ? <p>{t('service.noticeIs', { n: p.notice })}</p> : null}
        {pick(p?.versioning).text && <p lang={pick(p?.versioning).lang}>{pick(p?.versioning).text}</p>}
        {pick(p?.use).text && <p lang={pick(p?.use).lang}>{pick(p?.use).text}</p>}
        {contact?.email ? <p><a href={`mailto:${contact.email}`}>{t('service.ask', { name: contact.name || contact.email })}</a></p> : contact?.url ? <p><a href={contact.url} rel="noreferrer">{t('service.ask', { name: contact.name || contact.url })}</a></p> : null}
        <p><a href={`/api/datasets/${encodeURIComponent(slug)}/service`}>{t('service.machine')}</a></p>
        {steward && <Change slug={slug} s={s} done={got.again} />}
      </div>
    </section>
  );
}

const figures = ['availability', 'latency', 'freshness', 'capacity', 'notice'] as const;

function Change({ slug, s, done }: { slug: string; s: ServiceState; done: () => void }) {
  const here = useSignal(lang);
  const [failed, setFailed] = useState('');
  const p = s.promised ?? {};
  const send = async (form: HTMLFormElement): Promise<void> => {
    const f = new FormData(form);
    const of = (k: string): string => String(f.get(k) ?? '').trim();
    const body: Record<string, unknown> = { support: { ...p.support, name: of('name'), email: of('email') }, use: { ...p.use, [here]: of('use') }, versioning: { ...p.versioning, [here]: of('versioning') } };
    for (const k of figures) if (of(k)) body[k] = Number(of(k));
    for (const k of ['use', 'versioning']) body[k] = Object.fromEntries(Object.entries(body[k] as Names).filter(([, v]) => v));
    setFailed('');
    try {
      await request(`/api/datasets/${encodeURIComponent(slug)}/service`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      answer(t('service.saved'));
      done();
    } catch (e) { setFailed(why(e)); }
  };
  return (
    <details class="service-change">
      <summary>{t('service.change')}</summary>
      <form onSubmit={(e) => { e.preventDefault(); void send(e.currentTarget); }}>
        {failed && <p class="field-error" role="alert"><StatusMark mark="fail" />{failed}</p>}
        {figures.map((k) => <div class="field" key={k}><label for={`service-${k}`}>{t(`service.in.${k}`)}</label><input id={`service-${k}`} name={k} type="number" min="0" max={k === 'availability' ? '100' : undefined} step={k === 'availability' ? '0.001' : '1'} defaultValue={p[k] === undefined ? '' : String(p[k])} /></div>)}
        <div class="field"><label for="service-name">{t('service.in.name')}</label><input id="service-name" name="name" type="text" maxLength={200} defaultValue={p.support?.name ?? ''} /></div>
        <div class="field"><label for="service-email">{t('service.in.email')}</label><input id="service-email" name="email" type="email" maxLength={200} defaultValue={p.support?.email ?? ''} /></div>
        <div class="field"><label for="service-use">{t('service.in.use')}</label><textarea id="service-use" name="use" rows={3} defaultValue={p.use?.[here] ?? ''} /></div>
        <div class="field"><label for="service-versioning">{t('service.in.versioning')}</label><textarea id="service-versioning" name="versioning" rows={2} defaultValue={p.versioning?.[here] ?? ''} /></div>
        <button type="submit" class="button">{t('service.save')}</button>
      </form>
    </details>
  );
}
