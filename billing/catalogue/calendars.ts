/**
 * Serving calendars as people keep them: a week's pattern, and days that are not as the week says. They may change at any time, since
 * schools close at short notice; what was invoiced stays, and later shares of a period are counted by the calendar of that moment.
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { parseDay } from '../../core/days.js';
import { inTransaction } from '../../core/transaction.js';
import { printable } from '../../scoring/request.js';
import type { CatalogueDeps } from './plan.js';

export const Day = Type.String({
  format: 'date',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  description: 'Day of the Indian calendar.',
});

/** @throws AppError `bad-input` for a day that no calendar has. */
export function dayIn(text: string, field: string): number {
  const day = parseDay(text);
  if (day !== null) return day;
  throw new AppError('bad-input', 'invalid-request', `${field}: ${text} is no day; write YYYY-MM-DD`);
}

export const CalendarBody = Type.Object(
  {
    name: printable(120, 'For people.'),
    week: Type.String({ pattern: '^[01]{7}$', description: 'Sunday first; 1 is served.' }),
    exceptions: Type.Optional(
      Type.Array(Type.Object({ day: Day, isServed: Type.Boolean() }, { additionalProperties: false }), {
        maxItems: 1000,
        description: 'All of them: they take the place of those before.',
      }),
    ),
  },
  { additionalProperties: false },
);
type CalendarBody = Static<typeof CalendarBody>;

export const CalendarView = Type.Object({
  calendarId: Type.String(),
  name: Type.String(),
  week: Type.String(),
  exceptions: Type.Array(Type.Object({ day: Type.String(), isServed: Type.Boolean() })),
});
type CalendarView = Static<typeof CalendarView>;

/** Whole, in place of what there was: repeating it changes nothing. */
export function putCalendar(
  { pool, clock }: CatalogueDeps,
  calendarId: string,
  { name, week, exceptions = [] }: CalendarBody,
): Promise<CalendarView> {
  for (const { day } of exceptions) dayIn(day, 'exceptions');
  return inTransaction(pool, async (client) => {
    await client.query(
      `INSERT INTO serving_calendars (calendar_id, name, week, created_at, changed_at)
       VALUES ($1, $2, $3, to_timestamp($4 / 1000.0), to_timestamp($4 / 1000.0))
       ON CONFLICT (calendar_id) DO UPDATE SET name = $2, week = $3, changed_at = to_timestamp($4 / 1000.0)`,
      [calendarId, name, week, clock.now()],
    );
    await client.query('DELETE FROM serving_exceptions WHERE calendar_id = $1', [calendarId]);
    await client.query(
      `INSERT INTO serving_exceptions (calendar_id, on_day, is_served)
       SELECT $1, day, bool_or("isServed") FROM json_to_recordset($2) AS row(day date, "isServed" boolean) GROUP BY day`,
      [calendarId, JSON.stringify(exceptions)],
    );
    return readCalendar(client, calendarId);
  });
}

/** @throws AppError `calendar-not-found`. */
export async function readCalendar(db: Pool | PoolClient, calendarId: string): Promise<CalendarView> {
  const { rows } = await db.query<{ name: string; week: string; exceptions: CalendarView['exceptions'] }>(
    `SELECT name, week, (SELECT coalesce(json_agg(json_build_object('day', on_day, 'isServed', is_served) ORDER BY on_day), '[]')
       FROM serving_exceptions e WHERE e.calendar_id = c.calendar_id) AS exceptions
     FROM serving_calendars c WHERE calendar_id = $1`,
    [calendarId],
  );
  const [row] = rows;
  if (row === undefined)
    throw new AppError('not-found', 'calendar-not-found', `there is no calendar ${calendarId}`);
  return { calendarId, ...row };
}
