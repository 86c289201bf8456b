// What the server says about the city it holds, and who is asking.
import type { Names } from './lang';
import { signal } from './signal';
import { get } from './api';
import { clock } from './clock';
import { setZone } from './format';

export type SymbolKind = 'bike' | 'vehicle' | 'air' | 'parking' | 'counter' | 'generic';

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
    city.set({ ...c, layers: c.layers ?? [] });
  } catch (e) {
    cityError.set(e);
  }
}
