// Whether the reader asked for less movement.
export const still = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
