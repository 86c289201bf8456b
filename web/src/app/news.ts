// The one polite live region of the page: at most one message in five seconds,
// the newest wins.
import { signal } from './signal';

export const news = signal('');
let last = -Infinity;
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  clearTimeout(timer);
  const wait = Math.max(0, 5000 - (performance.now() - last));
  timer = setTimeout(() => {
    last = performance.now();
    news.set(news.get() === text ? `${text}\u00a0` : text);
  }, wait);
}

/** For answers to what the reader has just done (moving along a chart, going from thing to thing): at most once a second. */
export function answer(text: string): void {
  clearTimeout(timer);
  timer = setTimeout(() => { last = performance.now(); news.set(text); }, 250);
}

// A short visible notice, for what the eye should see as well.
export const toast = signal<string>('');
let gone: ReturnType<typeof setTimeout> | undefined;
export function show(text: string): void {
  toast.set(text);
  answer(text);
  clearTimeout(gone);
  gone = setTimeout(() => toast.set(''), 4000);
}
