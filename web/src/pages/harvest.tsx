// The steward's list of catalogues that are harvested: how each fared, what
// its publisher can mend, and the next step.
import { useEffect, useState } from 'preact/hooks';
import { city } from '../app/city';
import { slugOf } from '../app/files';
import { bytes, instant, number } from '../app/format';
import { kinds, put, remove, reports, sources, start, type Draft, type Finding, type PreviewLine, type Report, type Source } from '../app/harvest';
import { lang, languages, pick, t, type Key } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { WorkNav } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { why } from '../ui/text';
import type { Mark } from '../live/model';

const marks: Record<Finding['level'], Mark> = { error: 'fail', warning: 'attention', notice: 'none' };
const total = (r: Report): number => Object.values(r.byCode).reduce((a, n) => a + n, 0);

export function Harvest() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const [list, setList] = useState<Source[]>();
  const [error, setError] = useState<unknown>();
  const [failed, setFailed] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => { document.title = [t('harv.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);
  // While a source is being read the list is asked for again and again.
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let busy: string[] = [];
    const ask = async (): Promise<void> => {
      try {
        const got = await sources(stop.signal);
        for (const s of got) if (busy.includes(s.slug) && !s.running) { answer(t('harv.ended', { name: s.name })); setTurn((n) => n + 1); }
        busy = got.filter((s) => s.running).map((s) => s.slug);
        setList(got); setError(undefined);
        if (busy.length) timer = setTimeout(() => void ask(), 1500);
      } catch (e) { if (!stop.signal.aborted) setError(e); }
    };
    void ask();
    return () => { stop.abort(); clearTimeout(timer); };
  }, [c.account?.name, turn]);
  const act = async (s: { slug: string; name: string }, what: () => Promise<void>, said: Key): Promise<void> => {
    setFailed('');
    try { await what(); answer(t(said, { name: s.name })); setTurn((n) => n + 1); } catch (e) { setFailed(why(e)); }
  };
  const chosen = list?.find((s) => s.slug === p.query.get('source'));
  return (
    <main id="main" class="page harvest" tabIndex={-1}>
      <WorkNav />
      <h1 tabIndex={-1}>{t('harv.title')}</h1>
      <p class="lead">{t('harv.lead')}</p>
      {failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
      {error ? <Note mark="fail" tone="fail" title={t('harv.failed', { why: why(error) })}><a href={to('/login', { next: '/harvest' })}>{t('account.signIn')}</a></Note>
        : !list ? <div class="card"><Skeleton label={t('page.loading', { city: t('harv.title') })} rows={4} /></div>
        : list.length === 0 ? <Note title={t('harv.none')}>{t('harv.noneHelp')}</Note>
        : (
          <div class="card stock-scroll" tabIndex={0} role="region" aria-label={t('harv.title')}>
            <table class="stock harvest-table">
              <thead><tr><th scope="col">{t('harv.source')}</th><th scope="col">{t('harv.state')}</th><th scope="col">{t('harv.brought')}</th><th scope="col">{t('harv.findings')}</th><th scope="col">{t('harv.next')}</th></tr></thead>
              <tbody>{list.map((s) => <Row key={s.slug} s={s} act={act} />)}</tbody>
            </table>
          </div>
        )}
      {chosen && <ReportCard key={chosen.slug} s={chosen} turn={turn} act={act} />}
      {!error && list && <Add taken={list.map((s) => s.slug)} done={(s) => { go(withQuery({ source: s.slug }), 'replace'); answer(t('harv.started', { name: s.name })); setTurn((n) => n + 1); }} />}
    </main>
  );
}

type Act = (s: { slug: string; name: string }, what: () => Promise<void>, said: Key) => Promise<void>;

function Row({ s, act }: { s: Source; act: Act }) {
  const r = s.last;
  const n = r ? total(r) : 0;
  const [sure, setSure] = useState(false);
  const of = <span class="sr">: {s.name}</span>;
  return (
    <tr>
      <th scope="row"><a href={withQuery({ source: s.slug })}>{s.name}</a><span class="sub">{t(`harv.kind.${s.kind}` as Key)}</span></th>
      <td data-head={t('harv.state')}>{s.running ? <span class="says"><StatusMark mark="none" />{t('harv.running', { n: s.running.counts.seen })}</span>
        : !r ? <span class="says"><StatusMark mark="unknown" />{t('harv.never')}</span>
        : <><span class="says"><StatusMark mark={r.state === 'done' ? 'ok' : 'fail'} />{t(r.state === 'done' ? 'harv.done' : 'harv.cut')}</span><span class="sub">{r.dry ? t('harv.dry') + ', ' : ''}{r.ended ? instant(Date.parse(r.ended)) : ''}</span></>}</td>
      <td data-head={t('harv.brought')}>{r ? <Counts r={r} /> : '\u2013'}</td>
      <td data-head={t('harv.findings')}>{!r ? '\u2013' : n ? <a href={withQuery({ source: s.slug })}>{t('harv.found', { n })}<span class="sr">: {s.name}</span></a> : <span class="says"><StatusMark mark="ok" />{t('harv.clean')}</span>}</td>
      <td data-head={t('harv.next')}>
        {sure ? <span class="actions ask" role="group" aria-label={t('harv.removeSure', { name: s.name })}><span>{t('harv.removeSure', { name: s.name })}</span><button type="button" class="button" onClick={() => void act(s, () => remove(s.slug), 'harv.removed')}>{t('harv.remove')}{of}</button><button type="button" class="button" onClick={() => setSure(false)}>{t('harv.keep')}{of}</button></span>
          : <span class="harvest-actions"><button type="button" class="button" aria-disabled={!!s.running} onClick={() => !s.running && void act(s, () => start(s.slug, 'dry-run'), 'harv.started')}>{t('harv.try')}{of}</button><button type="button" class="button" aria-disabled={!!s.running} onClick={() => !s.running && void act(s, () => start(s.slug, 'run'), 'harv.started')}>{t('harv.run')}{of}</button><button type="button" class="link" aria-disabled={!!s.running} onClick={() => !s.running && setSure(true)}>{t('harv.remove')}{of}</button></span>}
      </td>
    </tr>
  );
}

function Counts({ r }: { r: Report }) {
  const k = r.counts;
  const said = ([['harv.new', k.new], ['harv.altered', k.altered], ['harv.same', k.same], ['harv.gone', k.gone], ['harv.refused', k.refused]] as [Key, number][]).filter(([, n]) => n > 0);
  return <>{said.length ? said.map(([key, n]) => t(key, { n: number(n) })).join(', ') : '0'}</>;
}

function ReportCard({ s, turn, act }: { s: Source; turn: number; act: Act }) {
  const got = useAnswer((signal) => reports(s.slug, signal), [s.slug, turn]);
  const r = got.value?.[0];
  const more = r ? total(r) - r.findings.length : 0;
  return (
    <section class="card harvest-report" aria-labelledby="report">
      <div class="card-head"><h2 id="report">{t('harv.reportOf', { name: s.name })}</h2><a href={`/api/harvest/sources/${encodeURIComponent(s.slug)}/reports`}>{t('harv.json')}</a></div>
      {got.error ? <Note mark="fail" tone="fail" title={t('harv.failed', { why: why(got.error) })} />
        : got.loading ? <Skeleton label={t('page.loading', { city: t('harv.report') })} rows={4} />
        : !r ? <p class="card-text">{t('harv.reportNone')}</p>
        : (
          <div class="card-text">
            <p class="says"><StatusMark mark={r.state === 'done' ? 'ok' : 'fail'} /><span>{t(r.state === 'done' ? 'harv.done' : 'harv.cut')}{r.dry && <>, {t('harv.dry')}</>}. <Counts r={r} />.</span></p>
            <p class="quiet-text">{t('harv.reportAt', { when: r.ended ? instant(Date.parse(r.ended)) : '', n: r.pages, size: bytes(r.bytes) })}</p>
            {r.byCode['vanish-held'] && <p><button type="button" class="button" onClick={() => void act(s, () => start(s.slug, 'run', true), 'harv.started')}>{t('harv.runAll')}</button></p>}
            {r.findings.length > 0 && (
              <div class="stock-scroll" tabIndex={0} role="region" aria-label={t('harv.findings')}>
                <table class="stock finding-table">
                  <thead><tr><th scope="col">{t('harv.where')}</th><th scope="col">{t('harv.what')}</th><th scope="col">{t('harv.mend')}</th></tr></thead>
                  <tbody>{r.findings.map((f, i) => { const what = pick(f.what); const mend = pick(f.mend); return <tr key={i}><th scope="row">{/^https?:\/\//.test(f.where) ? <a href={f.where} rel="noreferrer">{f.where}</a> : f.where}</th><td data-head={t('harv.what')}><span class="says"><StatusMark mark={marks[f.level]} /><span><span class="sr">{t(`harv.${f.level}` as Key)}: </span><span lang={what.lang}>{what.text}</span></span></span></td><td data-head={t('harv.mend')} lang={mend.lang}>{mend.text}</td></tr>; })}</tbody>
                </table>
              </div>
            )}
            {more > 0 && <p class="quiet-text">{t('harv.more', { n: more })}</p>}
            <Preview r={r} />
          </div>
        )}
    </section>
  );
}

function Preview({ r }: { r: Report }) {
  const parts = ([['harv.isNew', r.preview.new], ['harv.isAltered', r.preview.altered], ['harv.isGone', r.preview.gone]] as [Key, PreviewLine[] | undefined][]).filter(([, l]) => l?.length);
  if (!parts.length) return null;
  return (
    <>
      <h3>{t(r.dry ? 'harv.wouldBe' : 'harv.preview')}</h3>
      {parts.map(([key, lines]) => (
        <details key={key} class="lacks"><summary>{t(key)} ({number(lines!.length)})</summary><ul>{lines!.map((l) => { const title = pick(l.title); const text = title.text || Object.values(l.title)[0] || l.iri; return <li key={l.slug}>{r.dry && key === 'harv.isNew' ? <span lang={title.lang}>{text}</span> : <a href={to(`/id/record/${l.slug}`)} lang={title.lang}>{text}</a>}</li>; })}</ul></details>
      ))}
    </>
  );
}

function Add({ taken, done }: { taken: string[]; done: (s: Draft) => void }) {
  const [draft, set] = useState<Draft>({ slug: '', name: '', kind: 'rdf', url: '', language: '', every: 0 });
  const [failed, setFailed] = useState('');
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true); setFailed('');
    let slug = slugOf(draft.name).slice(0, 50).replace(/-+$/, '') || 'source';
    for (let n = 2; taken.includes(slug); n++) slug = `${slug.replace(/-\d+$/, '')}-${n}`;
    const s = { ...draft, slug };
    try { await put(s); await start(slug, 'dry-run'); set({ slug: '', name: '', kind: 'rdf', url: '', language: '', every: 0 }); done(s); } catch (e) { setFailed(why(e)); } finally { setBusy(false); }
  };
  return (
    <form class="card step" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
      <h2>{t('harv.add')}</h2>
      {failed && <div role="alert"><Note mark="fail" tone="fail" title={t('harv.saveFailed', { why: failed })} /></div>}
      <div class="two">
        <div class="field"><label for="harv-name">{t('harv.name')}</label><input id="harv-name" required value={draft.name} onInput={(e) => set({ ...draft, name: e.currentTarget.value })} /></div>
        <div class="field"><label for="harv-kind">{t('harv.kind')}</label><select id="harv-kind" value={draft.kind} onChange={(e) => set({ ...draft, kind: e.currentTarget.value as Draft['kind'] })}>{kinds.map((k) => <option key={k} value={k}>{t(`harv.kind.${k}` as Key)}</option>)}</select></div>
      </div>
      <div class="field"><label for="harv-url">{t('harv.url')}</label><input id="harv-url" type="url" required value={draft.url} aria-describedby="harv-url-help" onInput={(e) => set({ ...draft, url: e.currentTarget.value })} /><p id="harv-url-help" class="quiet-text">{t('harv.urlHelp')}</p></div>
      <div class="two">
        <div class="field"><label for="harv-lang">{t('harv.language')}</label><select id="harv-lang" value={draft.language} onChange={(e) => set({ ...draft, language: e.currentTarget.value })}><option value="">{t('harv.languageNone')}</option>{languages.map((l) => <option key={l} value={l}>{l.toUpperCase()}</option>)}</select></div>
        <div class="field"><label for="harv-every">{t('harv.every')}</label><select id="harv-every" value={String(draft.every)} onChange={(e) => set({ ...draft, every: Number(e.currentTarget.value) })}><option value="0">{t('harv.byHand')}</option><option value="86400">{t('harv.daily')}</option><option value="604800">{t('harv.weekly')}</option></select></div>
      </div>
      <button type="submit" class="button primary" aria-disabled={busy}>{t('harv.save')}</button>
    </form>
  );
}
