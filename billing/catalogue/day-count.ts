/**
 * How the days of a period are counted for given terms: by the calendar, by the serving calendar that they name, or not at all. The
 * calendar is read as it is at the moment, for the period alone.
 */
import type { PoolClient } from 'pg';
import { formatDay, parseDay } from '../../core/days.js';
import { assert } from '../../core/errors.js';
import { calendarDays, servingDays } from './serving-days.js';
import type { DayCount } from './serving-days.js';
import type { Terms } from './terms.js';

/** As the terms count; null where parts of a period are neither charged nor credited. */
export async function readDayCount(
  client: PoolClient,
  { proration, calendarId }: Pick<Terms, 'proration' | 'calendarId'>,
  fromDay: number,
  toDay: number,
): Promise<DayCount | null> {
  if (proration === 'none') return null;
  if (proration === 'calendar-days' || calendarId === null) return calendarDays;
  const { rows } = await client.query<{ week: string; on_day: string | null; is_served: boolean | null }>(
    `SELECT c.week, e.on_day, e.is_served FROM serving_calendars c
     LEFT JOIN serving_exceptions e ON e.calendar_id = c.calendar_id AND e.on_day >= $2 AND e.on_day < $3
     WHERE c.calendar_id = $1`,
    [calendarId, formatDay(fromDay), formatDay(toDay)],
  );
  const exceptions = rows.flatMap(({ on_day: on, is_served: served }): [number, boolean][] => {
    const day = on === null ? null : parseDay(on);
    return day === null || served === null ? [] : [[day, served]];
  });
  const week = rows[0]?.week;
  assert(week !== undefined, 'terms name a calendar that there is');
  return servingDays({ week, exceptions: new Map(exceptions) });
}
