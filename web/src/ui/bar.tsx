// The bar on top (and the tab bar of phones): where one is, in which language,
// as whom.
import { useEffect, useRef, useState } from 'preact/hooks';
import { city, loadCity } from '../app/city';
import { lang, languages, t, type Lang } from '../app/lang';
import { place, to, withQuery } from '../app/route';
import { setTheme, theme } from '../app/theme';
import { useSignal } from '../app/signal';
import { request } from '../app/api';
import { Belfry, Icon, type IconName } from './icons';
import { InboxLink } from './inbox';
import { SyntheticTag } from './parts';
import { knownKey } from './text';

const names: Record<Lang, string> = { fr: 'Français', nl: 'Nederlands', en: 'English' };

interface Stop { path: string; key: 'nav.map' | 'nav.data' | 'nav.api'; icon: IconName; on: (p: string) => boolean }
const stops: Stop[] = [
  { path: '/map', key: 'nav.map', icon: 'map', on: (p) => p === '/' || p === '/map' },
  { path: '/catalogue', key: 'nav.data', icon: 'database', on: (p) => p === '/catalogue' || p.startsWith('/inventory') || p === '/publish' || p === '/describe' || p === '/information-point' || p === '/duties' || p === '/series' || p.startsWith('/id/series/') || p.startsWith('/id/dataset/') || p.startsWith('/id/record/') || p === '/harvest' || /^\/(requests|registers|wanted|desk)(\/|$)/.test(p) },
  { path: '/api', key: 'nav.api', icon: 'terminal', on: () => false },
];

export function Languages() {
  const now = useSignal(lang);
  useSignal(place);
  return (
    <ul class="languages" aria-label={t('nav.languages')}>
      {languages.map((l) => (
        <li key={l}><a href={withQuery({ lang: l }) + location.hash} lang={l} hreflang={l} aria-current={l === now ? 'true' : undefined} aria-label={`${l.toUpperCase()}, ${names[l]}`}>{l.toUpperCase()}</a></li>
      ))}
    </ul>
  );
}

export function ThemeButton({ withText = false }: { withText?: boolean }) {
  const now = useSignal(theme);
  const label = t(now === 'dark' ? 'theme.toLight' : 'theme.toDark');
  return (
    <button type="button" class={withText ? 'quiet' : 'icon-button plain'} aria-label={withText ? undefined : label} data-tip={withText ? undefined : label} data-side="bottom" onClick={() => {
      const next = now === 'dark' ? 'light' : 'dark';
      setTheme(next);
      if (place.get().query.get('theme')) history.replaceState(null, '', withQuery({ theme: next }) + location.hash);
    }}>
      <Icon name={now === 'dark' ? 'sun' : 'moon'} />{withText && label}
    </button>
  );
}

export async function signOut(): Promise<void> {
  try { await request('/api/session', { method: 'DELETE' }); } catch { /* gone already is as good */ }
  await loadCity();
}

export function AccountMenu() {
  const c = useSignal(city);
  const [open, set] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const away = (e: Event): void => { if (!box.current?.contains(e.target as Node)) set(false); };
    const esc = (e: KeyboardEvent): void => { if (e.key === 'Escape') { e.stopPropagation(); set(false); box.current?.querySelector('button')?.focus(); } };
    document.addEventListener('pointerdown', away);
    document.addEventListener('keydown', esc, true);
    return () => { document.removeEventListener('pointerdown', away); document.removeEventListener('keydown', esc, true); };
  }, [open]);
  const a = c?.account;
  if (!a) return <a class="button" href={to('/login')}>{t('account.signIn')}</a>;
  return (
    <div class="account" ref={box}>
      <button type="button" class="button" aria-expanded={open} aria-label={t('account.open', { name: a.name })} onClick={() => set(!open)}><Icon name="user" /><span>{a.name}</span></button>
      {open && <div class="menu"><AccountText />{a.anonymous ? <a class="button" href={to('/login')} onClick={() => set(false)}>{t('account.signIn')}</a> : <button type="button" class="button" onClick={() => { set(false); void signOut(); }}>{t('account.signOut')}</button>}</div>}
    </div>
  );
}

export function AccountText() {
  const a = useSignal(city)?.account;
  if (!a) return null;
  const roles = (a.roles ?? []).map((r) => { const k = knownKey(`role.${r}`); return k ? t(k) : r; });
  return (
    <>
      <p>{a.anonymous ? t('account.local') : t('account.signedIn', { name: a.name })}</p>
      <dl class="pairs"><dt>{t('login.account')}</dt><dd>{a.name}</dd><dt>{t('account.roles')}</dt><dd>{roles.join(', ') || '\u2013'}</dd></dl>
    </>
  );
}

export function Bar() {
  const c = useSignal(city);
  const p = useSignal(place);
  useSignal(lang);
  return (
    <header class="bar">
      <a class="home" href={to('/map')} aria-label={t('nav.home', { name: 'beffroi' })}><Belfry /><span class="product">beffroi</span></a>
      {c && <span class="city">{c.name}</span>}
      {c?.synthetic && <SyntheticTag />}
      <nav aria-label={t('nav.label')}>
        <ul class="places">{stops.map((s) => <li key={s.path}><a href={s.path === '/api' ? '/api' : to(s.path)} aria-current={s.on(p.path) ? 'page' : undefined}>{t(s.key)}</a></li>)}</ul>
      </nav>
      <div class="bar-end"><Languages /><ThemeButton /><InboxLink /><AccountMenu /></div>
    </header>
  );
}

/** Phones: the same places at the bottom, within reach of a thumb. */
export function TabBar() {
  const p = useSignal(place);
  useSignal(lang);
  const c = useSignal(city);
  const [more, set] = useState(false);
  useEffect(() => set(false), [p]);
  return (
    <>
      {more && (
        <div class="more-sheet" role="group" aria-label={t('nav.more')} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); set(false); } }}>
          <Languages />
          <ThemeButton withText />
          {c?.account && <div class="more-account"><AccountText /></div>}
          <InboxLink />
          {!c?.account || c.account.anonymous ? <a class="button" href={to('/login')}>{t('account.signIn')}</a> : <button type="button" class="button" onClick={() => void signOut()}>{t('account.signOut')}</button>}
        </div>
      )}
      <nav class="tabbar" aria-label={t('nav.label')}>
        <ul>
          {stops.map((s) => <li key={s.path}><a href={s.path === '/api' ? '/api' : to(s.path)} aria-current={s.on(p.path) ? 'page' : undefined}><Icon name={s.icon} size={20} /><span>{t(s.key)}</span></a></li>)}
          <li><button type="button" aria-expanded={more} onClick={() => set(!more)}><Icon name="ellipsis" size={20} /><span>{t('nav.more')}</span></button></li>
        </ul>
      </nav>
    </>
  );
}
