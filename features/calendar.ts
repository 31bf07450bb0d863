/** Calendar of an instant in Asia/Kolkata, which has been UTC+05:30 without change since 1945. Plain arithmetic. */
export const IST_OFFSET_MS = 5.5 * 3_600_000;
const DAY_MS = 86_400_000;

/** Hour of the day with its fraction, [0, 24). */
export function hourInIst(atMs: number): number {
  const local = atMs + IST_OFFSET_MS;
  return (((local % DAY_MS) + DAY_MS) % DAY_MS) / 3_600_000;
}

/** Monday 0 … Sunday 6. The epoch was a Thursday. */
export function weekdayInIst(atMs: number): number {
  return (((Math.floor((atMs + IST_OFFSET_MS) / DAY_MS) + 3) % 7) + 7) % 7;
}

/** Day of the month, 1-31, by the civil-from-days algorithm (Hinnant 2013). */
export function monthDayInIst(atMs: number): number {
  const days = Math.floor((atMs + IST_OFFSET_MS) / DAY_MS) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
}

/** `YYYY-MM-DD`. */
export function istDay(atMs: number): string {
  return new Date(atMs + IST_OFFSET_MS).toISOString().slice(0, 10);
}
