// Places that belong together, beside one another: those of the local
// information point, and those of a steward's work on datasets.
import { city } from '../app/city';
import { isSteward } from '../app/desk';
import { t, type Key } from '../app/lang';
import { place, to } from '../app/route';
import { useSignal } from '../app/signal';

const stops: [string, Key][] = [['/requests/new', 'desk.ask'], ['/wanted', 'desk.wanted'], ['/registers', 'desk.registers'], ['/desk', 'desk.desk']];

const work: [string, Key][] = [['/inventory', 'stock.title'], ['/duties', 'law.title'], ['/harvest', 'harv.short'], ['/series', 'ser.title'], ['/desk', 'desk.desk']];

export function DeskNav() {
  const c = useSignal(city);
  return <Stops name={t('desk.nav')} stops={stops.filter(([path]) => path !== '/desk' || c && isSteward(c))} />;
}

/** The places of a steward's work; nothing for others. */
export function WorkNav() {
  const c = useSignal(city);
  return c && isSteward(c) ? <Stops name={t('law.where')} stops={work} /> : null;
}

function Stops({ name, stops: seen }: { name: string; stops: [string, Key][] }) {
  const p = useSignal(place);
  return (
    <nav class="desk-nav" aria-label={name}>
      <ul>{seen.map(([path, key]) => <li key={path}><a href={to(path)} aria-current={p.path === path ? 'page' : undefined}>{t(key)}</a></li>)}</ul>
    </nav>
  );
}

/** What a page of the desk is called in the window. */
export function windowTitle(title: string): string {
  const c = city.get();
  return [title, c?.name, c?.synthetic ? t('synthetic') : '', 'beffroi'].filter(Boolean).join(' \u00b7 ');
}
