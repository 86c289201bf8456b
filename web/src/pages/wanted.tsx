// The board of data that people ask for and that is not there yet.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, longPatience, request } from '../app/api';
import { city } from '../app/city';
import { dayMs, isSteward, post, wishMarks, type Wish, type Wished, type WishState } from '../app/desk';
import { fullDate } from '../app/format';
import { lang, t } from '../app/lang';
import { answer } from '../app/news';
import { to } from '../app/route';
import { useSignal } from '../app/signal';
import { DeskNav, windowTitle } from '../ui/desknav';
import { StatusMark } from '../ui/marks';
import { Note, Skeleton, useAnswer } from '../ui/parts';
import { why } from '../ui/text';

const states: WishState[] = ['listed', 'planned', 'met', 'declined', 'hidden'];

export function WantedPage() {
  const here = useSignal(lang);
  const c = useSignal(city)!;
  const steward = isSteward(c);
  useEffect(() => { document.title = windowTitle(t('desk.wanted')); }, [here]);
  const board = useAnswer(async (s) => (await get<{ wanted: Wish[] }>('/api/wanted', s)).wanted, []);
  const inbox = useAnswer(async (s) => (steward ? (await get<{ wanted: Wished[] }>('/api/desk/wanted', s)).wanted : []), [steward]);
  const again = (): void => { board.again(); inbox.again(); };
  return (
    <main id="main" class="page wanted" tabIndex={-1}>
      <DeskNav />
      <h1 tabIndex={-1}>{t('desk.wanted')}</h1>
      <p class="lead">{t('wish.lead')}</p>
      <div class="columns">
        <div class="main-column">
          {board.error ? <Note mark="fail" tone="fail" title={t('reg.failed', { why: why(board.error) })} />
            : board.loading ? <div class="card"><Skeleton label={t('page.loading', { city: t('desk.wanted') })} rows={5} /></div>
            : board.value!.length === 0 ? <Note title={t('wish.none')} />
            : <ul class="card wish-list">{board.value!.map((w) => (
              <li key={w.id}>
                <h2 lang={w.lang}>{w.title}</h2>
                <p class="says"><StatusMark mark={wishMarks[w.state]} />{t(`wish.${w.state}`)}</p>
                {w.text && <p lang={w.lang}>{w.text}</p>}
                {w.answer && <p><strong>{t('wish.answer')}</strong>{here === 'fr' ? '\u202f: ' : ': '}{w.answer}</p>}
                {w.dataset && <p><a href={to(`/id/dataset/${w.dataset}`)}>{t('wish.toData')}</a></p>}
                <p class="facts"><span>{w.id}</span><span>{t('wish.asked', { date: fullDate(dayMs(w.asked)) })}</span></p>
              </li>
            ))}</ul>}
          {steward && inbox.value && inbox.value.length > 0 && <section><h2 class="apart">{t('wish.steward')}</h2>{inbox.value.map((w) => <Moderate key={`${w.id}${w.state}${w.from ? 1 : 0}`} w={w} again={again} />)}</section>}
        </div>
        <div class="aside-column"><AskFor again={again} /></div>
      </div>
    </main>
  );
}

function AskFor({ again }: { again: () => void }) {
  const here = useSignal(lang);
  const [f, set] = useState({ title: '', text: '', name: '', email: '', website: '' });
  const [wrong, setWrong] = useState('');
  const [thanks, setThanks] = useState('');
  const [busy, setBusy] = useState(false);
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => { if (thanks || wrong) note.current?.focus(); }, [thanks, wrong]);
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    if (busy) return;
    setThanks('');
    if (!f.title.trim()) { setWrong(t('wish.needTitle')); return; }
    setWrong(''); setBusy(true);
    try {
      const { id } = await post<{ id: string }>('/api/wanted', { ...f, lang: here });
      setThanks(t('wish.thanks', { id }));
      set({ title: '', text: '', name: '', email: '', website: '' });
      again();
    } catch (err) { setWrong(t('ask.failed', { why: why(err) })); } finally { setBusy(false); }
  };
  return (
    <form class="card step" onSubmit={(e) => void submit(e)} noValidate>
      <h2>{t('wish.form')}</h2>
      {(thanks || wrong) && <div ref={note} tabIndex={-1}>{thanks ? <p class="note note-ok" role="status"><StatusMark mark="ok" /><span>{thanks}</span></p> : wrong ? <p class="note note-fail" role="alert"><StatusMark mark="fail" /><span>{wrong}</span></p> : null}</div>}
      <div class="field"><label for="wish-title">{t('wish.title')}</label><input id="wish-title" required aria-invalid={wrong && !f.title.trim() ? true : undefined} value={f.title} onInput={(e) => set({ ...f, title: e.currentTarget.value })} /></div>
      <div class="field"><label for="wish-text">{t('wish.text')}</label><textarea id="wish-text" rows={4} value={f.text} onInput={(e) => set({ ...f, text: e.currentTarget.value })} /></div>
      <div class="field"><label for="wish-name">{t('wish.optName')}</label><input id="wish-name" autocomplete="name" value={f.name} onInput={(e) => set({ ...f, name: e.currentTarget.value })} /></div>
      <div class="field"><label for="wish-email">{t('wish.optEmail')}</label><input id="wish-email" type="email" autocomplete="email" value={f.email} onInput={(e) => set({ ...f, email: e.currentTarget.value })} /></div>
      <div class="trap" aria-hidden="true"><label for="wish-website">{t('ask.website')}</label><input id="wish-website" tabIndex={-1} autocomplete="off" value={f.website} onInput={(e) => set({ ...f, website: e.currentTarget.value })} /></div>
      <p class="quiet-text">{t('wish.private')}</p>
      <button type="submit" class="button primary" aria-disabled={busy}>{t('wish.submit')}</button>
    </form>
  );
}

/** One wish as it came in, with what the board is to say of it. */
function Moderate({ w, again }: { w: Wished; again: () => void }) {
  const [f, set] = useState<{ state: WishState; title: string; text: string; answer: string; dataset: string }>({ state: w.state === 'new' ? 'listed' : w.state, title: w.title, text: w.text ?? '', answer: w.answer ?? '', dataset: w.dataset ?? '' });
  const [failed, setFailed] = useState('');
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setFailed('');
    try { await work(); answer(t('file.done', { what: w.id })); again(); } catch (e) { setFailed(t('file.failed', { why: why(e) })); }
  };
  const who = [w.from?.name, w.from?.email].filter(Boolean).join(', ');
  const field = (k: 'title' | 'text' | 'answer' | 'dataset', label: string, rows = 0) => <div class="field"><label for={`${k}-${w.id}`}>{label}</label>{rows ? <textarea id={`${k}-${w.id}`} rows={rows} value={f[k]} onInput={(e) => set({ ...f, [k]: e.currentTarget.value })} /> : <input id={`${k}-${w.id}`} value={f[k]} onInput={(e) => set({ ...f, [k]: e.currentTarget.value })} />}</div>;
  return (
    <details class="card moderate" open={w.state === 'new'}>
      <summary><StatusMark mark={wishMarks[w.state]} /><span><strong lang={w.lang}>{w.title}</strong> <span class="quiet-text">{w.id}, {t(`wish.${w.state}`)}</span></span></summary>
      <form class="step" onSubmit={(e) => { e.preventDefault(); void run(() => post(`/api/desk/wanted/${w.id}/reply`, f)); }}>
        {failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
        {(w.words || w.wrote) && <blockquote lang={w.lang}><p>{w.wrote}</p><p>{w.words}</p></blockquote>}
        {who && <p class="quiet-text">{t('wish.from', { who })}</p>}
        <div class="field short"><label for={`state-${w.id}`}>{t('wish.state')}</label><select id={`state-${w.id}`} value={f.state} onChange={(e) => set({ ...f, state: e.currentTarget.value as WishState })}>{states.map((s) => <option key={s} value={s}>{t(`wish.${s}`)}</option>)}</select></div>
        {field('title', t('wish.public'))}{field('text', t('wish.publicText'), 2)}{field('answer', t('wish.answer'), 2)}{field('dataset', t('wish.slug'))}
        <div class="actions"><button type="submit" class="button">{t('wish.save')}</button>{(w.from || w.words) && <button type="button" class="button danger" onClick={() => void run(() => request(`/api/desk/wanted/${w.id}/requester`, { method: 'DELETE' }, longPatience))}>{t('wish.forget')}</button>}</div>
      </form>
    </details>
  );
}
