// What the server says about the city it holds, and who is asking.
import type { Names } from './lang';
import { signal } from './signal';
import { get } from './api';
import { clock } from './clock';
import { setZone } from './format';

export type SymbolKind = 'bike' | 'vehicle' | 'air' | 'parking' | 'counter' | 'noise' | 'weather' | 'generic';
const symbols = new Set<string>(['bike', 'vehicle', 'air', 'parking', 'counter', 'noise', 'weather', 'generic']);

export interface Layer {
  id: string; type: string; typeIri: string; names: Names; count: number; symbol: SymbolKind;
  /** Short name of the attribute that the mark shows. */
  primary: string;
  /** Seconds between two readings, as promised; 0 when nothing was. */
  period: number;
}
export interface Account { name: string; roles: string[]; anonymous: boolean }
export interface City {
  name: string; synthetic: boolean; timeZone: string; center: [number, number]; bounds: [number, number, number, number];
  speed: number; now: string; version: string; account: Account | null; layers: Layer[];
}

export const city = signal<City | undefined>(undefined);
export const cityError = signal<unknown>(undefined);

export async function loadCity(): Promise<void> {
  try {
    const c = await get<City>('/api/city');
    setZone(c.timeZone || 'UTC');
    clock.speed = c.speed || 1;
    clock.set(Date.parse(c.now));
    cityError.set(undefined);
    // A symbol that this page does not know yet is drawn as a thing among things.
    city.set({ ...c, layers: (c.layers ?? []).map((l) => ({ ...l, symbol: symbols.has(l.symbol) ? l.symbol : 'generic' })) });
  } catch (e) {
    // A page that has a city keeps it: a failed refresh is no news.
    if (!city.get()) cityError.set(e);
  }
}

/** A layer for a type that nobody described: where such things are and what they are called. */
export function undescribed(type: string): Layer {
  const short = type.split(/[/#:]/).filter(Boolean).pop() ?? type;
  return { id: `type-${short.toLowerCase()}`, type, typeIri: type, names: { en: short, fr: short, nl: short }, count: 0, symbol: 'generic', primary: '', period: 0 };
}
