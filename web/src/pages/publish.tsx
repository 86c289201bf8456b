// From a file to a published dataset: choose it, check what was read in it,
// say what only people know, publish.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, type Problem } from '../app/api';
import { city } from '../app/city';
import { describe, inspect, kinds, publish, roles, send, slugOf, systems, typeOfFile, type FileAnswer, type FileColumn, type Inspection } from '../app/files';
import { frequencyText, themeText } from '../app/datasets';
import { number } from '../app/format';
import { lang, languages, pick, t, type Key, type Lang } from '../app/lang';
import { answer } from '../app/news';
import { go, to } from '../app/route';
import { useSignal } from '../app/signal';
import { StatusMark } from '../ui/marks';
import { Note } from '../ui/parts';
import { why } from '../ui/text';

const themes = ['AGRI', 'ECON', 'EDUC', 'ENER', 'ENVI', 'GOVE', 'HEAL', 'INTR', 'JUST', 'REGI', 'SOCI', 'TECH', 'TRAN'];
const frequencies = ['IRREG', 'DAILY', 'WEEKLY', 'MONTHLY', 'ANNUAL', 'UNKNOWN'];
const licences: [string, string][] = [['LO_2_0', 'Licence Ouverte 2.0'], ['CC_BY_4_0', 'CC BY 4.0'], ['CC0', 'CC0 1.0'], ['ODBL', 'ODbL 1.0']];

type Texts = Record<Lang, string>;
const none = (): Texts => ({ fr: '', nl: '', en: '' });

export function Publish() {
  const c = useSignal(city)!;
  const here = useSignal(lang);
  const [file, setFile] = useState<File>();
  const [seen, setSeen] = useState<Inspection>();
  const [columns, setColumns] = useState<FileColumn[]>([]);
  const [epsg, setEPSG] = useState(0);
  const [type, setType] = useState('');
  const [tried, setTried] = useState<FileAnswer>();
  const [title, setTitle] = useState<Texts>(none());
  const [text, setText] = useState<Texts>(none());
  const [rest, setRest] = useState({ license: 'LO_2_0', publisher: c.name, contact: '', email: '', theme: '', frequency: 'IRREG' });
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const [exists, setExists] = useState<Problem['existing']>();
  const asked = useRef<HTMLDivElement>(null);
  const error = useRef<HTMLDivElement>(null);
  useEffect(() => { document.title = [t('pub.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);
  useEffect(() => { if (exists) asked.current?.focus(); }, [exists]);
  useEffect(() => { if (failed) error.current?.focus(); }, [failed]);

  const slug = slugOf(title.en || title.fr || title.nl);
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true); setFailed('');
    try { await work(); } catch (e) {
      // What exists is asked about: nothing of it has been touched.
      if (e instanceof Failure && e.problem.status === 409 && e.problem.existing) setExists(e.problem.existing);
      else setFailed(why(e));
    } finally { setBusy(false); }
  };
  const choose = (f: File | undefined): void => {
    if (!f) return;
    void run(async () => {
      setFile(f); setSeen(undefined); setTried(undefined);
      const x = await inspect(f);
      setSeen(x); setColumns(x.columns); setEPSG(x.epsg ?? 0); setType(typeOfFile(f.name));
      answer(t('pub.read', { n: x.rows }));
    });
  };
  const change = (i: number, part: Partial<FileColumn>): void => { setTried(undefined); setColumns(columns.map((x, j) => j === i ? { ...x, ...part } : x)); };
  const attempt = (): Promise<void> => run(async () => { setTried(await send(slug || 'draft', file!, { type, columns, epsg, dryRun: true, skip: false })); });
  const lacks = [...languages.flatMap((l) => [title[l].trim() ? '' : `${t('lack.title')} (${l.toUpperCase()})`, text[l].trim() ? '' : `${t('lack.description')} (${l.toUpperCase()})`]),
    rest.publisher.trim() ? '' : t('lack.publisher'), rest.contact.trim() && rest.email.trim() ? '' : t('lack.contact'), rest.theme ? '' : t('lack.theme')].filter(Boolean);
  const finish = (): Promise<void> => run(async () => {
    const done = await send(slug, file!, { type, columns, epsg, dryRun: false, skip: (tried?.bad ?? 0) > 0 });
    await describe(slug, { title, description: text, license: rest.license, publisher: { name: rest.publisher }, contact: { name: rest.contact, email: rest.email }, themes: [rest.theme], frequency: rest.frequency, selection: done.selection });
    await publish(slug);
    answer(t('stock.published', { name: title[here] }));
    go(to(`/id/dataset/${slug}`));
  });
  const replace = (): Promise<void> => run(async () => {
    const old = exists!;
    await send(old.slug, file!, { type, columns, epsg, dryRun: false, skip: (tried?.bad ?? 0) > 0, replace: true });
    answer(t('pub.replaced', { name: pick(old.title).text || old.slug }));
    go(to(old.state === 'published' ? `/id/dataset/${old.slug}` : `/inventory/${old.slug}/edit`));
  });
  const retitle = (): void => { setExists(undefined); requestAnimationFrame(() => document.getElementById(`title-${title.en ? 'en' : here}`)?.focus()); };
  const set = (k: keyof typeof rest) => (e: { currentTarget: { value: string } }): void => setRest({ ...rest, [k]: e.currentTarget.value });
  const metres = columns.some((x) => x.role === 'x');
  return (
    <main id="main" class="page publish" tabIndex={-1}>
      <h1 tabIndex={-1}>{t('pub.title')}</h1>
      <p class="lead">{t('pub.lead')}</p>
      {failed && <div ref={error} tabIndex={-1} role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
      <section class="card step">
        <h2>1. {t('pub.file')}</h2>
        <div class="field"><label for="file">{t('pub.choose')}</label><input id="file" type="file" accept=".csv,.tsv,.txt,.xlsx,.geojson,.json" onChange={(e) => choose(e.currentTarget.files?.[0])} /></div>
        {busy && !seen && <p role="status">{t('pub.reading')}</p>}
        {seen && <p class="says"><StatusMark mark="ok" />{t('pub.found', { kind: seen.kind.toUpperCase(), n: seen.rows })}{seen.encoding ? ` ${t('pub.how', { encoding: seen.encoding, delimiter: seen.delimiter === '\t' ? 'tab' : seen.delimiter ?? '' })}` : ''}</p>}
      </section>
      {seen && (
        <section class="card step">
          <h2>2. {t('pub.check')}</h2>
          <div class="field short"><label for="type">{t('pub.type')}</label><input id="type" value={type} onInput={(e) => { setTried(undefined); setType(e.currentTarget.value); }} aria-describedby="type-help" /><p class="quiet-text" id="type-help">{t('pub.typeHelp')}</p></div>
          <div class="stock-scroll" tabIndex={0} role="region" aria-label={t('pub.check')}>
            <table class="stock columns-table">
              <thead><tr><th scope="col">{t('pub.column')}</th><th scope="col">{t('pub.role')}</th><th scope="col">{t('pub.name')}</th><th scope="col">{t('pub.kind')}</th><th scope="col">{t('pub.examples')}</th></tr></thead>
              <tbody>{columns.map((x, i) => (
                <tr key={x.head}>
                  <th scope="row">{x.head}{x.unit && <span class="sub">{x.unit}</span>}</th>
                  <td data-head={t('pub.role')}><select aria-label={`${t('pub.role')}: ${x.head}`} value={x.role} onChange={(e) => change(i, { role: e.currentTarget.value })}>{roles.map((r) => <option key={r} value={r}>{t(`role.${r === 'id' ? 'key' : r}` as Key)}</option>)}</select></td>
                  <td data-head={t('pub.name')}>{x.role === 'attribute' ? <input aria-label={`${t('pub.name')}: ${x.head}`} value={x.term} onInput={(e) => change(i, { term: e.currentTarget.value })} /> : '\u2013'}</td>
                  <td data-head={t('pub.kind')}>{x.role === 'attribute' ? <select aria-label={`${t('pub.kind')}: ${x.head}`} value={x.type} onChange={(e) => change(i, { type: e.currentTarget.value })}>{kinds.map((k) => <option key={k} value={k}>{t(`kind.${k}` as Key)}</option>)}</select> : '\u2013'}</td>
                  <td data-head={t('pub.examples')}>{(x.examples ?? []).map((v) => v.slice(0, 40)).join(' · ') || '\u2013'}{x.empty ? <span class="sub">{t('pub.empty', { n: x.empty })}</span> : null}</td>
                </tr>
              ))}</tbody>
            </table>
          </div>
          {metres && <div class="field short"><label for="epsg">{t('pub.epsg')}</label><select id="epsg" value={epsg} onChange={(e) => { setTried(undefined); setEPSG(Number(e.currentTarget.value)); }}><option value={0}>{'\u2013'}</option>{systems.map((s) => <option key={s} value={s}>EPSG:{s}</option>)}</select></div>}
          <button type="button" class="button" aria-disabled={busy} onClick={() => void attempt()}>{t('pub.try')}</button>
          {tried && (tried.bad === 0
            ? <p class="says" role="status"><StatusMark mark="ok" />{t('pub.allGood', { n: tried.entities })}</p>
            : <div role="status"><p class="says"><StatusMark mark="attention" />{t('pub.someBad', { n: tried.bad, good: number(tried.entities) })}</p><ul class="faults">{(tried.faults ?? []).slice(0, 10).map((f, i) => <li key={i}>{t('pub.line', { n: f.line })}{f.column ? `, ${f.column}` : ''}: <span lang="en">{f.text}</span></li>)}</ul></div>)}
          {tried?.first && <details><summary>{t('pub.first')}</summary><pre class="first">{JSON.stringify(tried.first, null, 1)}</pre></details>}
        </section>
      )}
      {seen && tried && tried.entities > 0 && (
        <form class="card step" onSubmit={(e) => { e.preventDefault(); if (!lacks.length && !busy && !exists) void finish(); }} noValidate>
          <h2>3. {t('pub.describe')}</h2>
          {languages.map((l) => <div class="field" key={l}><label for={`title-${l}`}>{t('pub.titleIn', { lang: l.toUpperCase() })}</label><input id={`title-${l}`} lang={l} value={title[l]} onInput={(e) => { setExists(undefined); setTitle({ ...title, [l]: e.currentTarget.value }); }} /></div>)}
          {slug && <p class="quiet-text">{t('pub.address')} <code>/id/dataset/{slug}</code></p>}
          {languages.map((l) => <div class="field" key={l}><label for={`text-${l}`}>{t('pub.textIn', { lang: l.toUpperCase() })}</label><textarea id={`text-${l}`} lang={l} rows={2} value={text[l]} onInput={(e) => setText({ ...text, [l]: e.currentTarget.value })} /></div>)}
          <div class="two">
            <div class="field"><label for="licence">{t('lack.licence')}</label><select id="licence" value={rest.license} onChange={set('license')}>{licences.map(([k, v]) => <option key={k} value={k}>{v}</option>)}</select></div>
            <div class="field"><label for="theme">{t('data.theme')}</label><select id="theme" value={rest.theme} onChange={set('theme')}><option value="">{'\u2013'}</option>{themes.map((x) => <option key={x} value={x}>{themeText(x)}</option>)}</select></div>
            <div class="field"><label for="frequency">{t('lack.frequency')}</label><select id="frequency" value={rest.frequency} onChange={set('frequency')}>{frequencies.map((x) => <option key={x} value={x}>{frequencyText(x)}</option>)}</select></div>
            <div class="field"><label for="publisher">{t('data.publisher')}</label><input id="publisher" value={rest.publisher} onInput={set('publisher')} /></div>
            <div class="field"><label for="contact">{t('lack.contact')}</label><input id="contact" autocomplete="off" value={rest.contact} onInput={set('contact')} /></div>
            <div class="field"><label for="email">{t('pub.email')}</label><input id="email" type="email" autocomplete="off" value={rest.email} onInput={set('email')} /></div>
          </div>
          {lacks.length > 0 && <p class="says" role="status"><StatusMark mark="attention" /><span>{t('pub.lacks', { what: lacks.join(', ') })}</span></p>}
          {exists && <div class="note note-attention" ref={asked} tabIndex={-1} role="alert"><StatusMark mark="attention" /><div>
            <p><strong>{t('pub.exists')}</strong></p>
            <p>{t(exists.file ? 'pub.existsFile' : 'pub.existsOther', { name: pick(exists.title).text || exists.slug })}</p>
            <div class="actions ask">{exists.file && <button type="button" class="button" aria-disabled={busy} onClick={() => { if (!busy) void replace(); }}>{t('pub.replace', { name: pick(exists.title).text || exists.slug })}</button>}<button type="button" class="button" onClick={retitle}>{t('pub.otherTitle')}</button></div>
          </div></div>}
          <button type="submit" class="button primary" aria-disabled={busy || lacks.length > 0 || exists !== undefined}>{t('pub.publish')}</button>
        </form>
      )}
    </main>
  );
}
