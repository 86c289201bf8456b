// The city's clock. It may run faster than the wall's and is set by the
// server; every age on the page is counted on it.
export interface Clock {
  /** Milliseconds since the epoch, in the city. */
  now(): number;
  set(cityMs: number): void;
  speed: number;
}

/** A clock that goes on by itself between two settings; tick gives elapsed real milliseconds. */
export function newClock(tick: () => number = () => performance.now(), start = Date.now()): Clock {
  let base = start;
  let at = tick();
  return {
    speed: 1,
    now() { return base + (tick() - at) * this.speed; },
    set(cityMs) { base = cityMs; at = tick(); },
  };
}

export const clock = newClock();
