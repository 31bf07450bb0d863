/** A revenue forecast as the job leaves it: a platform of two schools and two plans, with forecasts old enough to be judged. */
import type { ForecastReport, ForecastSpan } from '../../reporting/forecast-report.js';

const DAY_MS = 86_400_000;
const AS_OF_ON = '2026-05-18';

export function forecastReport(fields: Partial<ForecastReport> = {}): ForecastReport {
  return {
    asOfOn: AS_OF_ON,
    madeAt: Date.parse(AS_OF_ON) + DAY_MS / 8,
    currency: 'INR',
    kindOf: 'category',
    spans: [
      ...spansOf('platform', 'all', 10),
      ...spansOf('counterparty', 'school_1', 6),
      ...spansOf('counterparty', 'school_2', 4),
      ...spansOf('kind', 'lunch', 7),
      ...spansOf('kind', 'breakfast', 3),
    ],
    parts: [
      { name: 'Theta', weight: 0.6 },
      { name: 'damped', weight: 0.4 },
    ],
    bottomUp: {
      weight: 0.83,
      spans: (['thirteen-weeks', 'quarter'] as const).map((span) => ({
        span,
        topDown: 12_600_000_00,
        bottomUp: 12_400_000_00,
        contracted: 8_000_000_00,
        recovery: 400_000_00,
        new: 1_000_000_00,
        oneOff: 3_000_000_00,
      })),
      trials: [
        {
          fromOn: dayAt(-13),
          topDown: 11_700_000_00,
          bottomUp: 12_900_000_00,
          blend: 12_800_000_00,
          actual: 13_000_000_00,
        },
      ],
    },
    rehearsals: [{ fromOn: dayAt(-13), mean: 12_800_000_00, naive: 11_500_000_00, actual: 13_000_000_00 }],
    recent: Array.from({ length: 30 }, (_, w) => ({ fromOn: dayAt(w - 30), actual: amount(10, w - 30) })),
    accuracy: (['platform', 'counterparty'] as const).map((level) => ({
      level,
      span: 'thirteen-weeks',
      scored: 40,
      fromDays: 40,
      bias: -0.021,
      medianApe: 0.034,
      naiveMedianApe: 0.088,
      coverage80: 0.81,
      coverage95: 0.94,
      within5: 0.71,
      committed: 12,
      committedWithin5: 0.97,
    })),
    past: [-14, -15].map((weeks) => ({
      ...spansOf('platform', 'all', 10).at(-2)!,
      asOfOn: dayAt(weeks),
      fromOn: dayAt(weeks),
      untilOn: dayAt(weeks + 13),
      actual: 12_400_000_00,
    })),
    alarms: ['Forecasts were 12.0 % too high.'],
    ...fields,
  };
}

function spansOf(level: ForecastSpan['level'], member: string, size: number): ForecastSpan[] {
  const head = { level, member, realised: 0, committed: false };
  const weeks = Array.from({ length: 13 }, (_, t) => ({
    ...head,
    span: 'week' as const,
    fromOn: dayAt(t),
    untilOn: dayAt(t + 1),
    ...amounts(amount(size, t), 0.12),
  }));
  const total = weeks.reduce((sum, { mean }) => sum + mean, 0);
  return [
    ...weeks,
    { ...head, span: 'thirteen-weeks', fromOn: dayAt(0), untilOn: dayAt(13), ...amounts(total, 0.07) },
    {
      ...head,
      span: 'quarter',
      fromOn: '2026-04-01',
      untilOn: '2026-07-01',
      ...amounts(total, 0.03),
      realised: Math.round(total / 2),
      committed: true,
    },
  ];
}

function amounts(
  mean: number,
  share: number,
): Pick<ForecastSpan, 'mean' | 'low80' | 'high80' | 'low95' | 'high95' | 'naive'> {
  const at = (factor: number): number => Math.round(mean * factor);
  return {
    mean,
    low80: at(1 - share),
    high80: at(1 + share),
    low95: at(1 - 2 * share),
    high95: at(1 + 2 * share),
    naive: at(0.93),
  };
}

function amount(size: number, week: number): number {
  return Math.round(size * 100_000_00 * (1 + week / 100) * (1 + 0.1 * Math.sin(week)));
}

function dayAt(weeks: number): string {
  return new Date(Date.parse(AS_OF_ON) + 7 * weeks * DAY_MS).toISOString().slice(0, 10);
}
