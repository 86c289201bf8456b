// The places of the local information point, beside one another.
import { city } from '../app/city';
import { isSteward } from '../app/desk';
import { t, type Key } from '../app/lang';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';

const stops: [string, Key][] = [['/requests/new', 'desk.ask'], ['/wanted', 'desk.wanted'], ['/registers', 'desk.registers'], ['/desk', 'desk.desk']];

export function DeskNav() {
  const p = useSignal(place);
  const c = useSignal(city);
  const seen = stops.filter(([path]) => path !== '/desk' || c && isSteward(c));
  return (
    <nav class="desk-nav" aria-label={t('desk.nav')}>
      <ul>{seen.map(([path, key]) => <li key={path}><a href={to(path)} aria-current={p.path === path ? 'page' : undefined}>{t(key)}</a></li>)}</ul>
    </nav>
  );
}

/** What a page of the desk is called in the window. */
export function windowTitle(title: string): string {
  const c = city.get();
  return [title, c?.name, c?.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 ');
}
