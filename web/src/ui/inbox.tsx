// The way to the inbox, with the number of notices that nobody has read.
import { useEffect } from 'preact/hooks';
import { city } from '../app/city';
import { inbox, unread } from '../app/inbox';
import { lang, t } from '../app/lang';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';

const every = 60_000;

export function InboxLink() {
  const account = useSignal(city)?.account;
  const p = useSignal(place);
  const n = useSignal(unread);
  useSignal(lang);
  useEffect(() => {
    if (!account) return;
    const ask = (): void => { if (!document.hidden) void inbox().catch(() => undefined); };
    ask();
    const timer = setInterval(ask, every);
    return () => clearInterval(timer);
  }, [account?.name]);
  if (!account) return null;
  return <a class="button inbox-link" href={to('/inbox')} aria-current={p.path === '/inbox' ? 'page' : undefined}>{t('inbox.short')}{n > 0 && <span class="badge"><span aria-hidden="true">{n > 99 ? '99+' : n}</span><span class="sr"> {t('inbox.unread', { n })}</span></span>}</a>;
}
