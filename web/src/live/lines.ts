// The colour of each bus line, as its route declares it: a vehicle on the map
// has the colour of the line that it runs on.
import { get } from '../app/api';

const colours = new Map<string, string>();

export const colourOf = (line: string): string | undefined => colours.get(line);

interface Route { shortRouteCode?: unknown; routeColor?: unknown }

export function takeRoutes(routes: Route[]): void {
  for (const r of routes) if (typeof r.routeColor === 'string' && (typeof r.shortRouteCode === 'string' || typeof r.shortRouteCode === 'number')) colours.set(String(r.shortRouteCode), r.routeColor);
}

/** Reads the routes once; without them lines take colours by their numbers. */
export async function loadLines(): Promise<void> {
  takeRoutes(await get<Route[]>('/ngsi-ld/v1/entities?type=PublicTransportRoute&attrs=shortRouteCode,routeColor&options=keyValues&limit=500'));
}
