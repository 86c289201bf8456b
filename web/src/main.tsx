// Starts the page: language, theme, city, then the page of the address.
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { city, cityError, loadCity } from './app/city';
import { isLang, lang, t } from './app/lang';
import { fonts } from './app/fonts';
import { news, toast } from './app/news';
import { listen, place, to } from './app/route';
import { useSignal } from './app/signal';
import { setTheme, theme } from './app/theme';
import { Ask, Follow } from './pages/ask';
import { Catalogue } from './pages/catalogue';
import { DatasetPage } from './pages/dataset';
import { Editor } from './pages/editor';
import { SeriesList, SeriesPage } from './pages/series';
import { BoardPage } from './pages/board';
import { Duties } from './pages/duties';
import { Harvest } from './pages/harvest';
import { Inbox } from './pages/inbox';
import { Desk } from './pages/desk';
import { File } from './pages/file';
import { Inventory } from './pages/inventory';
import { InformationPoint } from './pages/point';
import { Publish } from './pages/publish';
import { RecordPage } from './pages/record';
import { Login } from './pages/login';
import { Registers } from './pages/registers';
import { WantedPage } from './pages/wanted';
import { MapPage } from './pages/map';
import { Bar, TabBar } from './ui/bar';
import { Note, Skeleton, usePhone } from './ui/parts';
import { why } from './ui/text';
import { Failure } from './app/api';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/map.css';
import './styles/pages.css';
import './styles/desk.css';
import './styles/editor.css';
import './styles/law.css';
import './styles/harvest.css';
import 'uplot/dist/uPlot.min.css';

const root = document.documentElement;
theme.set(root.dataset['theme'] === 'dark' ? 'dark' : 'light');
if (isLang(root.lang)) lang.set(root.lang);
lang.subscribe((l) => { root.lang = l; try { localStorage.setItem('beffroi.lang', l); } catch { /* the address keeps it */ } });
// Language and theme follow the address.
place.subscribe((p) => {
  const l = p.query.get('lang');
  if (isLang(l)) lang.set(l);
  const s = p.query.get('theme');
  if (s === 'light' || s === 'dark') { if (s !== theme.get()) setTheme(s); }
});
listen();
if (place.get().path === '/' || place.get().path === '/map') {
  // What the map needs is asked for at once, beside the city itself.
  void import('./map/map');
  void fonts();
}

function Body() {
  const p = useSignal(place);
  const c = useSignal(city);
  const error = useSignal(cityError);
  const path = p.path;
  if (!c) {
    const signIn = error instanceof Failure && (error.problem.status === 401 || error.problem.status === 403);
    if (path === '/login' || signIn) return <Login />;
    return (
      <main id="main" class="page" tabIndex={-1}>
        <h1 class="sr" tabIndex={-1}>beffroi</h1>
        {error ? <Note mark="fail" tone="fail" title={t('page.cityFailed', { why: why(error) })}><button type="button" class="link" onClick={() => void loadCity()}>{t('data.retry')}</button> {error instanceof Failure && error.problem.traceId && <code>{t('page.trace', { id: error.problem.traceId })}</code>}</Note> : <Skeleton label={t('page.loading', { city: 'beffroi' })} rows={3} />}
      </main>
    );
  }
  if (path === '/' || path === '/map') return <MapPage key="map" />;
  if (path === '/catalogue') return <Catalogue />;
  if (path.startsWith('/id/dataset/')) return <DatasetPage />;
  if (path === '/inventory') return <Inventory />;
  if (path === '/duties') return <BoardPage />;
  if (path === '/series') return <SeriesList />;
  if (path.startsWith('/id/series/')) return <SeriesPage key={path} />;
  if (path === '/describe' || /^\/inventory\/[^/]+\/edit$/.test(path)) return <Editor key={path} />;
  if (path.startsWith('/inventory/')) return <Duties />;
  if (path === '/publish') return <Publish />;
  if (path === '/inbox') return <Inbox />;
  if (path === '/harvest') return <Harvest />;
  if (path.startsWith('/id/record/')) return <RecordPage key={path} />;
  if (path === '/information-point') return <InformationPoint />;
  if (path === '/requests/new') return <Ask />;
  if (path.startsWith('/requests/')) return <Follow key={path} />;
  if (path === '/registers') return <Registers />;
  if (path === '/wanted') return <WantedPage />;
  if (path === '/desk') return <Desk />;
  if (path.startsWith('/desk/')) return <File key={path} />;
  if (path === '/login') return <Login />;
  return <NotFound />;
}

function NotFound() {
  useEffect(() => { document.title = `${t('page.notFound')} \u00b7 beffroi`; });
  return <main id="main" class="page" tabIndex={-1}><h1 tabIndex={-1}>{t('page.notFound')}</h1><p class="lead">{t('page.notFoundHelp')}</p><p><a href={to('/map')}>{t('nav.map')}</a> · <a href={to('/catalogue')}>{t('nav.data')}</a></p></main>;
}

function App() {
  useSignal(lang);
  const message = useSignal(news);
  const note = useSignal(toast);
  const phone = usePhone();
  const p = useSignal(place);
  const onMap = p.path === '/' || p.path === '/map';
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>{t('nav.skip')}</a>
      {!phone && <Bar />}
      {phone && !onMap && <PhoneHead />}
      <Body />
      {phone && <TabBar />}
      <p class="sr" role="status" aria-live="polite">{message}</p>
      {note && <p class="toast" aria-hidden="true">{note}</p>}
    </>
  );
}

function PhoneHead() {
  const c = useSignal(city);
  return <header class="phone-head"><a class="home" href={to('/map')} aria-label={t('nav.home', { name: c?.name ?? 'beffroi' })}><span class="product">{c?.name ?? 'beffroi'}</span></a></header>;
}

render(<App />, document.getElementById('app')!);
void loadCity();
