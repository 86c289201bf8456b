// The inbox: what the reader is to be told, each with the place to act.
import { useEffect, useState } from 'preact/hooks';
import { city } from '../app/city';
import { instant } from '../app/format';
import { inbox, mark, type Notice } from '../app/inbox';
import { lang, pick, t } from '../app/lang';
import { answer } from '../app/news';
import { go, place, to, withQuery } from '../app/route';
import { useSignal } from '../app/signal';
import { StatusMark } from '../ui/marks';
import { Note, Segmented, Skeleton, useAnswer } from '../ui/parts';
import { knownKey, why } from '../ui/text';
import type { Mark } from '../live/model';

const marks: Record<Notice['severity'], Mark> = { urgent: 'fail', attention: 'attention', info: 'none' };

export function Inbox() {
  const c = useSignal(city)!;
  const p = useSignal(place);
  const here = useSignal(lang);
  const past = p.query.get('state') === 'past';
  const [failed, setFailed] = useState('');
  useEffect(() => { document.title = [t('inbox.title'), c.name, c.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 '); }, [here, c]);
  const got = useAnswer((signal) => inbox(signal), [c.account?.name]);
  const all = got.value?.notices ?? [];
  const shown = all.filter((n) => (n.state === 'open') !== past);
  const act = async (n: Notice, how: 'read' | 'done'): Promise<void> => {
    setFailed('');
    try {
      await mark(n.name, how);
      if (how === 'done') answer(t('inbox.wasDone', { what: pick(n.title).text }));
      got.again();
    } catch (e) { setFailed(why(e)); }
  };
  return (
    <main id="main" class="page inbox" tabIndex={-1}>
      <h1 tabIndex={-1}>{t('inbox.title')}</h1>
      <p class="lead">{t('inbox.lead')}</p>
      <Segmented label={t('inbox.which')} choices={[{ value: 'open', text: t('inbox.open') }, { value: 'past', text: t('inbox.past') }]} value={past ? 'past' : 'open'} onChange={(v) => go(withQuery({ state: v === 'past' ? 'past' : null }), 'replace')} />
      {failed && <div role="alert"><Note mark="fail" tone="fail" title={failed} /></div>}
      {got.error ? <Note mark="fail" tone="fail" title={t('inbox.failed', { why: why(got.error) })}><a href={to('/login', { next: '/inbox' })}>{t('account.signIn')}</a></Note>
        : !got.value ? <div class="card"><Skeleton label={t('page.loading', { city: t('inbox.title') })} rows={5} /></div>
        : shown.length === 0 ? <Note mark="ok" title={t(past ? 'inbox.noPast' : 'inbox.none')} />
        : <ul class="card notices">{shown.map((n) => <Line key={n.name} n={n} act={act} />)}</ul>}
    </main>
  );
}

function Line({ n, act }: { n: Notice; act: (n: Notice, how: 'read' | 'done') => Promise<void> }) {
  const title = pick(n.title);
  const text = pick(n.text);
  const topic = knownKey(`inbox.topic.${n.topic}`);
  return (
    <li class={n.read || n.state !== 'open' ? '' : 'unread'}>
      <h2><StatusMark mark={n.state === 'open' ? marks[n.severity] : 'ok'} /><span class="sr">{t(n.state === 'open' ? `inbox.${n.severity}` : `inbox.${n.state}`)}: </span><a href={to(n.href)} lang={title.lang} onClick={() => { if (!n.read && n.state === 'open') void act(n, 'read'); }}>{title.text}</a>{!n.read && n.state === 'open' && <span class="chip-s">{t('inbox.new')}</span>}</h2>
      {text.text && <p lang={text.lang}>{text.text}</p>}
      <p class="facts"><span>{topic ? t(topic) : n.topic}</span><span>{t('inbox.at', { when: instant(Date.parse(n.at)) })}</span>{n.due && <span>{t('inbox.due', { when: instant(Date.parse(n.due)) })}</span>}{n.state !== 'open' && n.closed && <span>{t(n.state === 'done' && n.by ? 'inbox.doneBy' : 'inbox.settledAt', { when: instant(Date.parse(n.closed)), who: n.by ?? '' })}</span>}</p>
      {n.state === 'open' && <p class="notice-actions"><button type="button" class="button" onClick={() => void act(n, 'done')}>{t('inbox.done.do')}<span class="sr">: {title.text}</span></button>{!n.read && <button type="button" class="button" onClick={() => void act(n, 'read')}>{t('inbox.read.do')}<span class="sr">: {title.text}</span></button>}</p>}
    </li>
  );
}
