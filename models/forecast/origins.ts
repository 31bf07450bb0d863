/**
 * Rolling origins inside the history (Tashman 2000): ends of shorter histories from which a whole horizon is known. They
 * decide weights and widths of intervals; what comes after the history is never seen.
 */

/** More cost time and overlap; ten give each step a usable spread of errors. */
const MOST_ORIGINS = 10;
/** Shortest history that is worth a forecast, besides two seasons where there are so many. */
const LEAST_HISTORY = 8;

/** Lengths of the histories, ascending; empty for a series that is too short. */
export function originsOf(n: number, h: number, season: number): number[] {
  const last = n - h;
  const least = Math.min(
    Math.max(LEAST_HISTORY, 2 * season, Math.min(2 * h, n / 4)),
    Math.max(LEAST_HISTORY, n / 2),
  );
  const room = last - Math.ceil(least);
  if (room < 0) return [];
  const stride = Math.max(1, Math.min(Math.ceil(h / 2), Math.floor(room / (MOST_ORIGINS - 1))));
  const origins: number[] = [];
  for (let end = last; end >= least && origins.length < MOST_ORIGINS; end -= stride) origins.push(end);
  return origins.reverse();
}

/** Do the horizons of two origins share a step? Errors of one are then no honest judge of the other. False for no origin, -1. */
export function overlaps(origins: readonly number[], h: number, one: number, other: number): boolean {
  return other >= 0 && Math.abs(origins[one]! - origins[other]!) < h;
}
