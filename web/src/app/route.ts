// Where the reader is: path, query and hash of the address, and nothing else
// holds that state. Links are real; a click on one of ours stays in the page.
import { signal } from './signal';

export interface Place { path: string; query: URLSearchParams }

function read(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(read());

/** Leaves out what has its default value, keeps the order stable, and does not encode what a reader can read. */
export function queryText(q: URLSearchParams): string {
  const s = q.toString().replace(/%3A/gi, ':').replace(/%2C/gi, ',').replace(/%2F/gi, '/');
  return s ? `?${s}` : '';
}

/** The current address with some query members changed; null takes one out. */
export function withQuery(change: Record<string, string | null>, path = place.get().path): string {
  const q = new URLSearchParams(path === place.get().path ? place.get().query : keep(place.get().query));
  for (const [k, v] of Object.entries(change)) {
    if (v === null || v === '') q.delete(k);
    else q.set(k, v);
  }
  return path + queryText(q);
}

/** Members that follow the reader from page to page. */
function keep(q: URLSearchParams): URLSearchParams {
  const out = new URLSearchParams();
  for (const k of ['lang', 'theme']) {
    const v = q.get(k);
    if (v) out.set(k, v);
  }
  return out;
}

/** Address of another page: path plus language and theme when they are in the present one. */
export function to(path: string, extra: Record<string, string> = {}): string {
  const [base = '/', rest] = path.split('?');
  const q = keep(place.get().query);
  for (const [k, v] of new URLSearchParams(rest ?? '')) q.set(k, v);
  for (const [k, v] of Object.entries(extra)) q.set(k, v);
  return base + queryText(q);
}

export function go(address: string, how: 'push' | 'replace' = 'push'): void {
  const hash = address.includes('#') || address.split('?')[0] !== location.pathname ? '' : location.hash;
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', address + hash);
  place.set(read());
}

const ours = [/^\/$/, /^\/map$/, /^\/catalogue$/, /^\/inventory(\/[^/]+(\/edit)?)?$/, /^\/describe$/, /^\/duties$/, /^\/series$/, /^\/id\/series\/[^/]+$/, /^\/publish$/, /^\/inbox$/, /^\/information-point$/, /^\/harvest$/, /^\/id\/record\/[^/.]+$/, /^\/id\/dataset\/[^/]+$/, /^\/login$/, /^\/requests\/[^/]+$/, /^\/registers$/, /^\/wanted$/, /^\/desk(\/[^/]+)?$/];
export const isOurs = (path: string): boolean => ours.some((r) => r.test(path));

export function listen(): void {
  addEventListener('popstate', () => place.set(read()));
  document.addEventListener('click', (e) => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    const a = (e.target as Element | null)?.closest?.('a');
    if (!a || a.target || a.hasAttribute('download') || a.origin !== location.origin || !isOurs(a.pathname)) return;
    if (a.getAttribute('href')?.startsWith('#')) return;
    e.preventDefault();
    const samePage = a.pathname === location.pathname;
    go(a.pathname + a.search + a.hash);
    if (!samePage) {
      scrollTo(0, 0);
      // A new page is announced by moving focus to its heading.
      requestAnimationFrame(() => document.querySelector<HTMLElement>('h1')?.focus());
    }
  });
}
