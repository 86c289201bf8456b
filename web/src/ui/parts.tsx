// Small parts that every page uses.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../app/lang';
import { Icon, type IconName } from './icons';
import { StatusMark } from './marks';
import type { Mark } from '../live/model';

export function SyntheticTag() {
  return <span class="synthetic" title={t('synthetic.why')}>{t('synthetic')}</span>;
}

export interface Choice<T extends string> { value: T; text: string }
/** Two or three views of one thing, always visible. */
export function Segmented<T extends string>({ label, choices, value, onChange }: { label: string; choices: Choice<T>[]; value: T; onChange: (v: T) => void }) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {choices.map((c) => <button type="button" key={c.value} aria-pressed={c.value === value} onClick={() => onChange(c.value)}>{c.text}</button>)}
    </div>
  );
}

/** A button that shows only an icon: it has a name and a tooltip, on hover and on focus. */
export function IconButton({ icon, label, onClick, pressed, side = 'left', class: cls = '', size, keys }: { icon: IconName; label: string; onClick: () => void; pressed?: boolean; side?: 'left' | 'bottom' | 'none'; class?: string; size?: number; keys?: string }) {
  return (
    <button type="button" class={`icon-button ${cls}`} aria-label={label} aria-pressed={pressed} aria-keyshortcuts={keys} onClick={onClick} data-tip={side === 'none' ? undefined : label} data-side={side}>
      <Icon name={icon} size={size} />
    </button>
  );
}

/** Empty, failed or waiting: in the place of the content, saying what, why and what to do. */
export function Note({ mark = 'none', title, children, tone = 'none' }: { mark?: Mark; title: ComponentChildren; children?: ComponentChildren; tone?: Mark }) {
  return (
    <div class={`note note-${tone}`}>
      <StatusMark mark={mark} />
      <p><strong>{title}</strong> {children}</p>
    </div>
  );
}

/** Grey bars in the size of what will come, after 400 ms. */
export function Skeleton({ rows = 3, label }: { rows?: number; label: string }) {
  const [on, set] = useState(false);
  useEffect(() => { const id = setTimeout(() => set(true), 400); return () => clearTimeout(id); }, []);
  return (
    <div class={`skeleton ${on ? 'on' : ''}`} role="status">
      <span class="sr">{label}</span>
      {Array.from({ length: rows }, (_, i) => <span key={i} class="bar" />)}
    </div>
  );
}

/** Redraws once a second while mounted. */
export function useSecond(): number {
  const [n, set] = useState(0);
  useEffect(() => { const id = setInterval(() => set((v) => v + 1), 1000); return () => clearInterval(id); }, []);
  return n;
}

let touched = false;
for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => { touched = true; }, { once: true, capture: true });

/** Takes focus when it appears, unless the page has only just been opened; gives it back when it goes. */
export function useFocusHome<T extends HTMLElement>(dep: unknown): { current: T | null } {
  const ref = useRef<T>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    if (touched) ref.current?.focus({ preventScroll: true });
    return () => {
      requestAnimationFrame(() => {
        if (!document.activeElement || document.activeElement === document.body) {
          if (before && before !== document.body && before.isConnected) before.focus({ preventScroll: true });
          else document.querySelector<HTMLElement>('.maplibregl-canvas')?.focus({ preventScroll: true });
        }
      });
    };
  }, [dep]);
  return ref;
}

export function useMedia(query: string): boolean {
  const [on, set] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const m = matchMedia(query);
    const fn = (): void => set(m.matches);
    fn();
    m.addEventListener('change', fn);
    return () => m.removeEventListener('change', fn);
  }, [query]);
  return on;
}
export const usePhone = (): boolean => useMedia('(max-width: 699px)');

/** One asynchronous answer: what it is, or why it failed. */
export interface Answer<T> { value?: T; error?: unknown; loading: boolean }
export function useAnswer<T>(load: (signal: AbortSignal) => Promise<T>, deps: unknown[]): Answer<T> & { again: () => void } {
  const [state, set] = useState<Answer<T>>({ loading: true });
  const [turn, next] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    set({ loading: true });
    load(stop.signal).then((value) => { if (!stop.signal.aborted) set({ value, loading: false }); }, (error: unknown) => { if (!stop.signal.aborted) set({ error, loading: false }); });
    return () => stop.abort();
  }, [...deps, turn]);
  return { ...state, again: () => next((n) => n + 1) };
}
