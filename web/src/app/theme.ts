// Light or dark, set on <html> by boot.js before the first paint and changed here.
import { signal } from './signal';

export type Theme = 'light' | 'dark';
export const theme = signal<Theme>('light');

export function setTheme(next: Theme): void {
  document.documentElement.dataset['theme'] = next;
  try { localStorage.setItem('beffroi.theme', next); } catch { /* storage refused: the address keeps it */ }
  theme.set(next);
}
