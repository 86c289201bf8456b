// A value that screens can watch. Small on purpose: get, set, subscribe, and a
// hook that redraws one component when the value changes.
import { useEffect, useState } from 'preact/hooks';

export interface Signal<T> {
  get(): T;
  set(next: T): void;
  subscribe(fn: (v: T) => void): () => void;
}

export function signal<T>(first: T): Signal<T> {
  let value = first;
  const watchers = new Set<(v: T) => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const fn of [...watchers]) fn(next);
    },
    subscribe(fn) {
      watchers.add(fn);
      return () => { watchers.delete(fn); };
    },
  };
}

export function useSignal<T>(s: Signal<T>): T {
  const [v, set] = useState<{ v: T }>(() => ({ v: s.get() }));
  useEffect(() => {
    set((old) => (Object.is(old.v, s.get()) ? old : { v: s.get() }));
    return s.subscribe((next) => set({ v: next }));
  }, [s]);
  return v.v;
}
