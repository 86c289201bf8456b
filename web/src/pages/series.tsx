// Series: datasets that belong together, and for stewards the form that makes one.
import { useEffect, useState } from 'preact/hooks';
import { Failure, get, request } from '../app/api';
import { city } from '../app/city';
import { inventory, type Member, type SeriesOf } from '../app/datasets';
import { slugOf } from '../app/files';
import { fullDate } from '../app/format';
import { lang, languages, pick, t, type Names } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to } from '../app/route';
import { useSignal } from '../app/signal';
import { WorkNav } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, SyntheticTag, useAnswer } from '../ui/parts';
import { why } from '../ui/text';
import { curating } from './setparts';

const at = (slug: string): string => `/api/series/${encodeURIComponent(slug)}`;

export function SeriesList() {
  const c = useSignal(city)!;
  const here = useSignal(lang);
  const got = useAnswer(async (signal) => (await get<{ series: SeriesOf[] }>('/api/series', signal)).series, []);
  useEffect(() => { document.title = [t('ser.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);
  return (
    <main id="main" class="page series-page" tabIndex={-1}>
      <WorkNav />
      <h1 tabIndex={-1}>{t('ser.title')}</h1>
      <p class="lead">{t('ser.lead')}</p>
      {got.error ? <Note mark="fail" tone="fail" title={t('ser.failed', { why: why(got.error) })} />
        : !got.value ? <div class="card"><Skeleton label={t('panel.loading')} rows={4} /></div>
        : got.value.length === 0 ? <div class="card"><Note title={t('ser.none')} /></div>
        : <ul class="card series-members">{got.value.map((x) => <li key={x.slug}><a href={to(x.href)} lang={pick(x.title).lang}>{pick(x.title).text}</a><span class="quiet-text">{t('ser.of', { n: x.datasets.length })}{x.ordered && `, ${t('ser.inOrder')}`}</span></li>)}</ul>}
      {curating(c.account?.roles) && <details class="card step"><summary>{t('ser.new')}</summary><SeriesForm done={(slug) => go(to(`/id/series/${slug}`))} /></details>}
    </main>
  );
}

export function SeriesPage() {
  const c = useSignal(city)!;
  const here = useSignal(lang);
  const p = useSignal(place);
  const slug = decodeURIComponent(p.path.split('/')[3] ?? '');
  const got = useAnswer((signal) => get<SeriesOf>(at(slug), signal), [slug]);
  const x = got.value;
  const title = x ? pick(x.title) : { text: '' };
  const text = x ? pick(x.description) : { text: '' };
  useEffect(() => { document.title = [title.text || t('ser.one'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c, title.text]);
  if (got.error) {
    const gone = got.error instanceof Failure && (got.error.problem.status === 404 || got.error.problem.status === 410);
    return <main id="main" class="page series-page" tabIndex={-1}><h1 tabIndex={-1}>{gone ? t('ser.gone') : t('ser.one')}</h1>{!gone && <Note mark="fail" tone="fail" title={t('ser.failed', { why: why(got.error) })} />}<p><a href={to('/series')}>{t('ser.title')}</a></p></main>;
  }
  if (!x) return <main id="main" class="page series-page" tabIndex={-1}><h1 tabIndex={-1} class="sr">{t('ser.one')}</h1><div class="card tall"><Skeleton label={t('panel.loading')} rows={8} /></div></main>;
  return (
    <main id="main" class="page series-page dataset" tabIndex={-1}>
      <nav class="crumbs" aria-label={t('set.crumbs')}><ol><li><a href={to('/catalogue')}>{t('data.title')}</a></li><li><a href={to('/series')}>{t('ser.title')}</a></li><li aria-current="page" lang={title.lang}>{title.text}</li></ol></nav>
      <h1 tabIndex={-1} lang={title.lang}>{title.text}</h1>
      <p class="lead" lang={text.lang}>{text.text}</p>
      <p class="chips"><span class="chip-m">{t('ser.of', { n: x.datasets.length })}{x.ordered && `, ${t('ser.inOrder')}`}</span><span class="chip-m">{t('data.changed', { date: fullDate(Date.parse(x.modified)) })}</span>{c.synthetic && <SyntheticTag />}</p>
      <section class="card" aria-labelledby="members"><h2 id="members">{t('ser.datasets')}</h2>
        {x.datasets.length === 0 ? <p class="card-text quiet-text">{t('ser.needs')}</p>
          : x.ordered ? <ol class="series-members">{x.datasets.map((d) => <MemberLine key={d.slug} d={d} />)}</ol> : <ul class="series-members">{x.datasets.map((d) => <MemberLine key={d.slug} d={d} />)}</ul>}
      </section>
      <p class="machine">{t('ser.machine')} <a href={`${x.href}.ttl`}>Turtle</a> · <a href={`${x.href}.jsonld`}>JSON-LD</a> · <a href={`${x.href}.rdf`}>RDF/XML</a></p>
      {curating(c.account?.roles) && <details class="card step"><summary>{t('ser.edit')}</summary><SeriesForm old={x} done={got.again} /></details>}
    </main>
  );
}

function MemberLine({ d }: { d: Member }) {
  const title = pick(d.title);
  return <li>{d.href ? <a href={to(d.href)} lang={title.lang}>{title.text || d.slug}</a> : <span lang={title.lang}>{title.text || d.slug}</span>}{d.state && d.state !== 'published' && <span class="chip-s">{t(d.state === 'draft' ? 'stock.draft' : 'stock.withdrawn')}</span>}</li>;
}

function SeriesForm({ old, done }: { old?: SeriesOf; done: (slug: string) => void }) {
  const here = useSignal(lang);
  const [title, setTitle] = useState<Names>(old?.title ?? {});
  const [text, setText] = useState<Names>(old?.description ?? {});
  const [ordered, setOrdered] = useState(old?.ordered ?? false);
  const [members, setMembers] = useState<string[]>(old?.datasets.map((d) => d.slug) ?? []);
  const [failed, setFailed] = useState('');
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  const sets = useAnswer(inventory, []);
  const slug = old?.slug ?? slugOf(title.en || title.fr || title.nl || '');
  const nameOf = (s: string): string => pick(sets.value?.find((d) => d.slug === s)?.typed.title).text || s;
  const move = (i: number, by: number): void => { const list = [...members]; const [x] = list.splice(i, 1); list.splice(i + by, 0, x!); setMembers(list); };
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (busy) return;
    setBusy(true); setFailed('');
    try { await work(); } catch (e) { setFailed(e instanceof Failure && e.problem.detail ? e.problem.detail : why(e)); } finally { setBusy(false); }
  };
  const keep = (): Promise<void> => run(async () => {
    await request(at(slug || 'series'), { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ title, description: text, ordered, datasets: members }) });
    answer(t('ser.saved', { name: pick(title).text }));
    done(slug);
  });
  const withdraw = (): Promise<void> => run(async () => { await request(at(slug), { method: 'DELETE' }); go(to('/series')); });
  return (
    <form class="step-form" onSubmit={(e) => { e.preventDefault(); void keep(); }} noValidate>
      {failed && <p class="field-error" role="alert"><StatusMark mark="fail" /><span lang="en">{failed}</span></p>}
      {languages.map((l) => <div class="field" key={l}><label for={`s-title-${l}`}>{t('edit.titleIn', { lang: l.toUpperCase() })}</label><input id={`s-title-${l}`} lang={l} value={title[l] ?? ''} onInput={(e) => setTitle({ ...title, [l]: e.currentTarget.value })} /></div>)}
      {languages.map((l) => <div class="field" key={l}><label for={`s-text-${l}`}>{t('edit.textIn', { lang: l.toUpperCase() })}</label><textarea id={`s-text-${l}`} lang={l} rows={2} value={text[l] ?? ''} onInput={(e) => setText({ ...text, [l]: e.currentTarget.value })} /></div>)}
      <label class="check"><input type="checkbox" checked={ordered} onChange={(e) => setOrdered(e.currentTarget.checked)} /><span>{t('ser.ordered')}</span></label>
      {members.length > 0 && <ol class="series-members">{members.map((s, i) => <li key={s}><span>{nameOf(s)}</span>
        <button type="button" class="quiet" aria-disabled={i === 0} onClick={() => { if (i > 0) move(i, -1); }}>{t('ser.up')}<span class="sr">: {nameOf(s)}</span></button>
        <button type="button" class="quiet" aria-disabled={i === members.length - 1} onClick={() => { if (i < members.length - 1) move(i, 1); }}>{t('ser.down')}<span class="sr">: {nameOf(s)}</span></button>
        <button type="button" class="quiet" onClick={() => setMembers(members.filter((x) => x !== s))}>{t('edit.remove')}<span class="sr">: {nameOf(s)}</span></button></li>)}</ol>}
      <div class="field short"><label for="s-add">{t('ser.add')}</label><select id="s-add" value="" onChange={(e) => { const v = e.currentTarget.value; if (v) setMembers([...members, v]); e.currentTarget.value = ''; }}><option value="">{t('edit.choose')}</option>{(sets.value ?? []).filter((d) => d.state !== 'withdrawn' && !members.includes(d.slug)).map((d) => <option key={d.slug} value={d.slug} lang={here}>{nameOf(d.slug)}</option>)}</select></div>
      <p class="quiet-text">{t('ser.needs')}</p>
      <div class="actions"><button type="submit" class="button primary" aria-disabled={busy}>{t('ser.save')}</button>{old && !sure && <button type="button" class="button danger" onClick={() => setSure(true)}>{t('ser.withdraw')}</button>}</div>
      {sure && <div class="note note-attention" role="alert"><StatusMark mark="attention" /><div><p>{t('ser.sure', { name: pick(title).text })}</p><div class="actions ask"><button type="button" class="button danger" onClick={() => void withdraw()}>{t('ser.yes')}</button><button type="button" class="button" onClick={() => setSure(false)}>{t('ser.no')}</button></div></div></div>}
    </form>
  );
}
