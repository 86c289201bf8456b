// The live connection: one event stream, resumed by the browser with the last
// event's id, kept as a table of entities that screens read.
import { clock } from '../app/clock';
import { signal } from '../app/signal';

export interface Entity {
  id: string; type: string; lon: number; lat: number;
  /** Instant of the reading as written by the source. */
  at?: string;
  p: Record<string, unknown>;
  /** Milliseconds since the epoch of `at`. */
  ms?: number;
}

export type Link = 'connecting' | 'open' | 'lost';

interface Batch { entities?: Entity[]; deleted?: string[] }

export interface Live {
  entities: Map<string, Entity>;
  link: ReturnType<typeof signal<Link>>;
  /** Since when (city ms) the connection has been lost. */
  lostAt: number | undefined;
  /** Counts every applied batch; watch it to redraw. */
  version: ReturnType<typeof signal<number>>;
  paused: ReturnType<typeof signal<number | undefined>>;
  onChange(fn: (ids: string[], whole: boolean) => void): () => void;
  open(address: string): void;
  close(): void;
  pause(): void;
  resume(): void;
  /** For tests and the stream: takes in one event. */
  apply(kind: 'state' | 'change' | 'resync', batch: Batch): void;
}

type Opener = (address: string) => EventSource;

export function newLive(opener: Opener = (a) => new EventSource(a), now: () => number = () => clock.now()): Live {
  const watchers = new Set<(ids: string[], whole: boolean) => void>();
  let source: EventSource | undefined;
  let fresh = false; // the next state replaces everything instead of adding
  let retry: ReturnType<typeof setTimeout> | undefined;
  let held: [('state' | 'change' | 'resync'), Batch][] = [];
  let tries = 0;

  const live: Live = {
    entities: new Map(),
    link: signal<Link>('connecting'),
    lostAt: undefined,
    version: signal(0),
    paused: signal<number | undefined>(undefined),
    onChange(fn) { watchers.add(fn); return () => { watchers.delete(fn); }; },
    open(address) {
      live.close();
      fresh = true;
      connect(address);
    },
    close() {
      clearTimeout(retry);
      source?.close();
      source = undefined;
    },
    pause() { if (live.paused.get() === undefined) live.paused.set(now()); },
    resume() {
      live.paused.set(undefined);
      const todo = held;
      held = [];
      for (const [k, b] of todo) live.apply(k, b);
    },
    apply(kind, batch) {
      if (live.paused.get() !== undefined) {
        if (kind === 'resync' || kind === 'state') held = held.filter(([k]) => k === 'state' && kind === 'state');
        held.push([kind, batch]);
        if (held.length > 5000) held.splice(0, held.length - 5000);
        return;
      }
      if (kind === 'resync') { fresh = true; return; }
      const whole = kind === 'state' && fresh;
      if (whole) { live.entities.clear(); fresh = false; }
      const ids: string[] = [];
      for (const e of batch.entities ?? []) {
        if (!Number.isFinite(e.lon) || !Number.isFinite(e.lat)) continue;
        const ms = e.at ? Date.parse(e.at) : NaN;
        e.ms = Number.isNaN(ms) ? undefined : ms;
        live.entities.set(e.id, e);
        ids.push(e.id);
      }
      for (const id of batch.deleted ?? []) if (live.entities.delete(id)) ids.push(id);
      live.version.set(live.version.get() + 1);
      for (const fn of [...watchers]) fn(ids, whole);
    },
  };

  function connect(address: string): void {
    const es = opener(address);
    source = es;
    const json = (ev: Event): Batch => JSON.parse((ev as MessageEvent<string>).data || '{}') as Batch;
    es.onopen = () => { tries = 0; live.lostAt = undefined; live.link.set('open'); };
    es.addEventListener('state', (ev) => live.apply('state', json(ev)));
    es.addEventListener('change', (ev) => live.apply('change', json(ev)));
    es.addEventListener('resync', () => live.apply('resync', {}));
    es.addEventListener('clock', (ev) => {
      const c = json(ev) as { now?: string; speed?: number };
      if (c.speed) clock.speed = c.speed;
      if (c.now) clock.set(Date.parse(c.now));
    });
    es.onerror = () => {
      if (source !== es) return;
      if (live.lostAt === undefined) live.lostAt = now();
      live.link.set('lost');
      // The browser tries again by itself unless the answer was an error page; then it is up to us.
      if (es.readyState === 2) {
        tries++;
        fresh = true;
        retry = setTimeout(() => { if (source === es) connect(address); }, Math.min(30_000, 1000 * 2 ** Math.min(tries, 5)));
      }
    };
  }
  return live;
}

export const live = newLive();
